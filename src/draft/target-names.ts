import { RESERVED_WORDS } from './reserved-words.ts'

/** PostgreSQL cuts longer names without a word. */
export const MOST_NAME_BYTES = 63

/** Letters whose accent is not a mark of its own. */
const SPELLED: Readonly<Record<string, string>> = { ß: 'ss', æ: 'ae', œ: 'oe', ø: 'o', đ: 'd', ð: 'd', þ: 'th', ł: 'l', ı: 'i' }

/**
 * A legacy name in snake_case: `FirstName` → `first_name`, `HTMLBody2` → `html_body2`, `Größe` → `grosse`, `Order Details` → `order_details`.
 * Letters of other scripts stay; '' where nothing is left.
 */
export function snakeCase(name: string): string {
  return name
    .normalize('NFKD')
    .replace(/\p{M}+/gu, '')
    .replace(/(\p{Ll}|\p{N})(\p{Lu})/gu, '$1_$2')
    .replace(/(\p{Lu})(\p{Lu}\p{Ll})/gu, '$1_$2')
    .toLowerCase()
    .replace(/[ßæœøđðþłı]/g, letter => SPELLED[letter] ?? letter)
    .replace(/[^\p{L}\p{N}]+/gu, '_')
    .replace(/^_+|_+$/g, '')
    .normalize('NFC')
}

/** The same with nothing but ASCII letters, digits and `_`, beginning with a letter: what the manifest takes as the name of an entity. */
export function asciiWord(name: string, otherwise: string): string {
  const word = snakeCase(name)
    .replace(/[^a-z0-9_]+/g, '_')
    .replace(/_{2,}/g, '_')
    .replace(/^_+|_+$/g, '')
  if (word === '') return `unnamed_${otherwise}`
  return cutName(/^[a-z]/.test(word) ? word : `${otherwise}_${word}`)
}

/** Names of one kind in one place: each is given once. */
export class NameSet {
  readonly #taken = new Set<string>()

  constructor(taken: Iterable<string> = []) {
    for (const name of taken) this.#taken.add(name)
  }

  has(name: string): boolean {
    return this.#taken.has(name)
  }

  /** The name itself, or it with `_2`, `_3` … where it is taken; at most 63 bytes. */
  give(wished: string): string {
    let name = cutName(wished)
    for (let n = 2; this.#taken.has(name); n++) name = cutName(wished, `_${n}`)
    this.#taken.add(name)
    return name
  }
}

/** A name PostgreSQL takes without quotes: not reserved (`order` → `order_`), not beginning with a digit. */
export function plainName(name: string, otherwise: string): string {
  const snake = snakeCase(name)
  if (snake === '') return `unnamed_${otherwise}`
  if (RESERVED_WORDS.has(snake)) return `${snake}_`
  return /^\p{N}/u.test(snake) ? `${otherwise}_${snake}` : snake
}

/** At most 63 bytes of UTF-8 with the suffix whole; never half a character. */
export function cutName(name: string, suffix = ''): string {
  const room = MOST_NAME_BYTES - Buffer.byteLength(suffix)
  if (Buffer.byteLength(name) <= room) return name + suffix
  let cut = ''
  for (const character of name) {
    if (Buffer.byteLength(cut) + Buffer.byteLength(character) > room) break
    cut += character
  }
  return cut + suffix
}
