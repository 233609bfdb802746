/** Finds the end of one SQL statement in bytes that may come in pieces, the way psql does. Bytes of 128 and more are letters, so that every encoding that extends ASCII byte by byte will do. */

const QUOTE = 0x27
const DOUBLE = 0x22
const DOLLAR = 0x24
const BACKSLASH = 0x5c
const NEWLINE = 10
/** A tag of a dollar quote is a name. */
const MOST_TAG_BYTES = 256

type Mode = 'plain' | 'string' | 'escapes' | 'name' | 'dollar' | 'line' | 'block'

export class StatementLexer {
  hasStandardStrings = true
  /** Where the scan stopped: at the semicolon or backslash found, or where it goes on when more bytes are there. */
  at = 0
  /** Nothing but blanks and comments so far. */
  isEmpty = true
  #mode: Mode = 'plain'
  #tag: Buffer = Buffer.alloc(0)
  #comments = 0
  #parens = 0
  #begins = 0
  #words = ''
  #wordCount = 0

  /** Still within quotes or a comment that must be closed. */
  get isQuoted(): boolean {
    return this.#mode !== 'plain' && this.#mode !== 'line'
  }

  reset(): void {
    this.isEmpty = true
    this.#mode = 'plain'
    this.#parens = 0
    this.#begins = 0
    this.#words = ''
    this.#wordCount = 0
  }

  /** `end`: a semicolon; `meta`: a backslash where a meta-command begins; null: all was read without an end. */
  scan(data: Buffer, from: number, isLast: boolean): 'end' | 'meta' | null {
    this.at = from
    this.#isWaiting = false
    while (this.at < data.length && !this.#isWaiting) {
      const found = this.#mode === 'plain' ? this.#plain(data, isLast) : this.#quoted(data, isLast)
      if (found !== null) return found
    }
    return null
  }

  /** More bytes are needed to know what stands at `at`. */
  #isWaiting = false

  #wait(at: number): null {
    this.at = at
    this.#isWaiting = true
    return null
  }

  #enter(mode: Mode, at: number): null {
    this.#mode = mode
    this.at = at
    return null
  }

  #plain(data: Buffer, isLast: boolean): 'end' | 'meta' | null {
    const end = data.length
    for (let i = this.at; i < end; i++) {
      const byte = data[i] as number
      if (byte <= 32) continue
      // What stands for itself needs one byte of what follows.
      if (!isLast && i + 1 === end && (byte === 0x2d || byte === 0x2f)) return this.#wait(i)
      if (byte === 0x2d && data[i + 1] === 0x2d) return this.#enter('line', i + 2)
      if (byte === 0x2f && data[i + 1] === 0x2a) {
        this.#comments = 1
        return this.#enter('block', i + 2)
      }
      if (byte === 0x3b && this.#parens === 0 && this.#begins === 0) {
        this.at = i
        return 'end'
      }
      if (byte === BACKSLASH) {
        this.at = i
        return 'meta'
      }
      this.isEmpty = false
      if (byte === QUOTE) return this.#enter(this.#hasEscapes(data, i) ? 'escapes' : 'string', i + 1)
      if (byte === DOUBLE) return this.#enter('name', i + 1)
      if (byte === 0x28) this.#parens++
      else if (byte === 0x29 && this.#parens > 0) this.#parens--
      else if (byte === DOLLAR) {
        const tag = tagAt(data, i)
        if (tag === null && !isLast) return this.#wait(i)
        if (tag !== null && tag !== 0) {
          this.#tag = Buffer.from(data.subarray(i, i + tag))
          return this.#enter('dollar', i + tag)
        }
      } else if (isLetter(byte)) {
        const next = wordEnd(data, i)
        if (next === end && !isLast && next - i < MOST_TAG_BYTES) return this.#wait(i)
        if (this.#wordCount < 4 || this.#words.startsWith('c')) this.#word(data, i, next)
        i = next - 1
      } else if (byte >= 0x30 && byte <= 0x39) {
        // A number takes the letters and dollars that follow it.
        while (i + 1 < end && isWordByte(data[i + 1] as number)) i++
      }
    }
    this.at = end
    return null
  }

  /** E'…', or a plain string where backslashes are escapes in those. */
  #hasEscapes(data: Buffer, i: number): boolean {
    const letter = (data[i - 1] ?? 0) | 0x20
    const isPrefixed = i > 0 && isLetter(data[i - 1] as number) && !isWordByte(data[i - 2] ?? 0)
    if (isPrefixed && letter === 0x65) return true
    return !this.hasStandardStrings && !(isPrefixed && (letter === 0x62 || letter === 0x78)) && data[i - 1] !== 0x26
  }

  /** `BEGIN … END` within the body of a routine holds semicolons. */
  #word(data: Buffer, start: number, end: number): void {
    const word = end - start > 9 ? '' : data.toString('latin1', start, end).toLowerCase()
    if (this.#wordCount < 4) this.#words += INITIALS[word] ?? '-'
    this.#wordCount++
    if (this.#parens !== 0 || !ROUTINE.test(this.#words)) return
    if (word === 'begin' || (word === 'case' && this.#begins > 0)) this.#begins++
    else if (word === 'end' && this.#begins > 0) this.#begins--
  }

  #quoted(data: Buffer, isLast: boolean): null {
    switch (this.#mode) {
      case 'string':
      case 'name':
        return this.#toQuote(data, isLast, this.#mode === 'name' ? DOUBLE : QUOTE)
      case 'escapes':
        return this.#toEscapedQuote(data, isLast)
      case 'dollar':
        return this.#toTag(data)
      case 'line':
        return this.#toNewline(data)
      default:
        return this.#toCommentEnd(data)
    }
  }

  #toQuote(data: Buffer, isLast: boolean, quote: number): null {
    const at = data.indexOf(quote, this.at)
    if (at < 0) return this.#goOn(data.length)
    if (at + 1 === data.length && !isLast) return this.#wait(at)
    return data[at + 1] === quote ? this.#goOn(at + 2) : this.#enter('plain', at + 1)
  }

  #toEscapedQuote(data: Buffer, isLast: boolean): null {
    for (let i = this.at; i < data.length; i++) {
      const byte = data[i]
      if (byte !== BACKSLASH && byte !== QUOTE) continue
      if (i + 1 === data.length && !isLast) return this.#wait(i)
      if (byte === QUOTE && data[i + 1] !== QUOTE) return this.#enter('plain', i + 1)
      i++
    }
    return this.#goOn(data.length)
  }

  #toTag(data: Buffer): null {
    const at = data.indexOf(this.#tag, this.at)
    if (at >= 0) return this.#enter('plain', at + this.#tag.length)
    const rest = Math.max(this.at, data.length - this.#tag.length + 1)
    return this.#wait(rest)
  }

  #toNewline(data: Buffer): null {
    const at = data.indexOf(NEWLINE, this.at)
    return at < 0 ? this.#goOn(data.length) : this.#enter('plain', at + 1)
  }

  #toCommentEnd(data: Buffer): null {
    for (let i = this.at; i < data.length; i++) {
      const byte = data[i]
      if (byte !== 0x2a && byte !== 0x2f) continue
      if (i + 1 === data.length) return this.#wait(i)
      if (byte === 0x2f && data[i + 1] === 0x2a) {
        this.#comments++
        i++
      } else if (byte === 0x2a && data[i + 1] === 0x2f) {
        i++
        if (--this.#comments === 0) return this.#enter('plain', i + 1)
      }
    }
    return this.#goOn(data.length)
  }

  #goOn(at: number): null {
    this.at = at
    return null
  }
}

/** The words a statement begins with that make a routine, one letter each. */
const INITIALS: Readonly<Record<string, string>> = { create: 'c', function: 'f', procedure: 'p', or: 'o', replace: 'r' }
const ROUTINE = /^c(or)?[fp]/

/** Length of the opening of a dollar quote at `i`; 0 = none; null = it may go on after the last byte. */
function tagAt(data: Buffer, i: number): number | null {
  // A dollar within a name or parameter number opens nothing; those are skipped as words.
  for (let at = i + 1; at < data.length && at - i < MOST_TAG_BYTES; at++) {
    const byte = data[at] as number
    if (byte === DOLLAR) return at - i + 1
    if (!isLetter(byte) && !(at > i + 1 && byte >= 0x30 && byte <= 0x39)) return 0
  }
  return data.length - i < MOST_TAG_BYTES ? null : 0
}

function isLetter(byte: number): boolean {
  return (byte >= 0x61 && byte <= 0x7a) || (byte >= 0x41 && byte <= 0x5a) || byte === 0x5f || byte >= 0x80
}

function isWordByte(byte: number): boolean {
  return isLetter(byte) || (byte >= 0x30 && byte <= 0x39) || byte === DOLLAR
}

function wordEnd(data: Buffer, start: number): number {
  let at = start + 1
  while (at < data.length && isWordByte(data[at] as number)) at++
  return at
}
