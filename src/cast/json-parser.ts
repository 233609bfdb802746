import type { JsonLiteral } from '../model/mapping.ts'

/** Deeper documents are refused: a server’s own limit lies somewhere above, by its stack. */
const MAX_DEPTH = 1000
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y
const PLAIN = /[ !#-[\]-\uffff]*/y
const SPACE = /[ \t\n\r]*/y
const ESCAPES: Readonly<Record<string, string>> = { '"': '"', '\\': '\\', '/': '/', b: '\b', f: '\f', n: '\n', r: '\r', t: '\t' }

/** A JSON document with the digits of its numbers and every key as written; null = not a document PostgreSQL reads as jsonb (`\u0000` and half surrogate pairs included). */
export function parseJson(text: string): { readonly document: JsonLiteral } | null {
  try {
    return { document: new JsonParser(text).document() }
  } catch (error) {
    if (error instanceof NotJson) return null
    throw error
  }
}

class NotJson extends Error {}

class JsonParser {
  readonly #text: string
  #at = 0
  #depth = 0

  constructor(text: string) {
    this.#text = text
  }

  document(): JsonLiteral {
    const value = this.#value()
    this.#skip()
    if (this.#at < this.#text.length) throw new NotJson()
    return value
  }

  #skip(): void {
    SPACE.lastIndex = this.#at
    SPACE.exec(this.#text)
    this.#at = SPACE.lastIndex
  }

  #value(): JsonLiteral {
    this.#skip()
    switch (this.#text[this.#at]) {
      case '{':
        return this.#object()
      case '[':
        return this.#array()
      case '"':
        return this.#string()
      case 't':
        return this.#word('true', true)
      case 'f':
        return this.#word('false', false)
      case 'n':
        return this.#word('null', null)
      default:
        return this.#number()
    }
  }

  #word<T>(word: string, value: T): T {
    if (!this.#text.startsWith(word, this.#at)) throw new NotJson()
    this.#at += word.length
    return value
  }

  #number(): JsonLiteral {
    NUMBER.lastIndex = this.#at
    const match = NUMBER.exec(this.#text)
    if (!match) throw new NotJson()
    this.#at += match[0].length
    return { digits: match[0] }
  }

  #string(): string {
    this.#at++
    let value = ''
    for (;;) {
      PLAIN.lastIndex = this.#at
      value += PLAIN.exec(this.#text)?.[0] ?? ''
      this.#at = PLAIN.lastIndex
      const char = this.#text[this.#at++]
      if (char === '"') break
      if (char !== '\\') throw new NotJson()
      value += this.#escape()
    }
    if (!value.isWellFormed() || value.includes('\0')) throw new NotJson()
    return value
  }

  #escape(): string {
    const char = this.#text[this.#at++] ?? ''
    if (char !== 'u') {
      const meant = ESCAPES[char]
      if (meant === undefined) throw new NotJson()
      return meant
    }
    const hex = this.#text.slice(this.#at, this.#at + 4)
    if (!/^[0-9a-fA-F]{4}$/.test(hex)) throw new NotJson()
    this.#at += 4
    return String.fromCharCode(Number.parseInt(hex, 16))
  }

  #array(): JsonLiteral {
    const items: JsonLiteral[] = []
    this.#each(']', () => items.push(this.#value()))
    return items
  }

  #object(): JsonLiteral {
    const entries: (readonly [string, JsonLiteral])[] = []
    this.#each('}', () => {
      this.#skip()
      if (this.#text[this.#at] !== '"') throw new NotJson()
      const key = this.#string()
      this.#skip()
      if (this.#text[this.#at++] !== ':') throw new NotJson()
      entries.push([key, this.#value()])
    })
    return { object: entries }
  }

  #each(end: string, item: () => void): void {
    if (++this.#depth > MAX_DEPTH) throw new NotJson()
    this.#at++
    this.#skip()
    if (this.#text[this.#at] === end) this.#at++
    else {
      for (;;) {
        item()
        this.#skip()
        const char = this.#text[this.#at++]
        if (char === end) break
        if (char !== ',') throw new NotJson()
      }
    }
    this.#depth--
  }
}
