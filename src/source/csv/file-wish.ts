import { didYouMean } from '../../base/did-you-mean.ts'
import { type FormatWish, MOST_RECORD_BYTES, TOLERATED, type Tolerated } from './csv-format.ts'
import { encodingNamed } from './encodings.ts'

/**
 * What can be said of a file, in the address and in the declaration alike: name → how its text is read. Each throws RangeError saying what was expected.
 */
export const FORMAT_WORDS: Readonly<Record<string, (text: string) => FormatWish>> = {
  delimiter: text => ({ delimiter: delimiterNamed(text) }),
  quote: text => ({ quote: quoteNamed(text) }),
  encoding: text => ({ encoding: encodingNamed(text) }),
  header: text => ({ header: yesOrNo('header', text) }),
  null: text => ({ nulls: [text] }),
  types: text => ({ text: typesNamed(text) }),
  trim: text => ({ trim: yesOrNo('trim', text) }),
  tolerate: text => ({ tolerate: text.split(',').map(toleratedNamed) }),
  record_limit: text => ({ recordBytes: bytesNamed(text) }),
}

const DELIMITER_NAMES: Readonly<Record<string, string>> = { tab: '\t', '\\t': '\t', comma: ',', semicolon: ';', pipe: '|', blank: ' ' }

function delimiterNamed(text: string): string {
  const character = DELIMITER_NAMES[text.toLowerCase()] ?? text
  if (isOneCharacter(character) && !/[\r\n"a-z0-9.-]/i.test(character)) return character
  throw new RangeError(
    `expected one ASCII character that is no letter, digit, point, hyphen, quote or line end as delimiter, or tab, got ${JSON.stringify(text)}`,
  )
}

function quoteNamed(text: string): string {
  if (text === '' || text.toLowerCase() === 'none') return ''
  if (isOneCharacter(text) && !/[\r\n\t ,;|a-z0-9.-]/i.test(text)) return text
  throw new RangeError(`expected one ASCII character as quote, or none, got ${JSON.stringify(text)}`)
}

function isOneCharacter(text: string): boolean {
  return text.length === 1 && text > '\0' && text < '\x7f'
}

export function yesOrNo(name: string, text: string): boolean {
  const word = text.trim().toLowerCase()
  if (['yes', 'true', 'on'].includes(word)) return true
  if (['no', 'false', 'off'].includes(word)) return false
  throw new RangeError(`expected yes or no as ${name}, got ${JSON.stringify(text)}`)
}

function typesNamed(text: string): boolean {
  if (text === 'text') return true
  if (text === 'inferred') return false
  throw new RangeError(`expected text or inferred as types, got ${JSON.stringify(text)}`)
}

function toleratedNamed(text: string): Tolerated {
  const word = text.trim()
  const found = TOLERATED.find(known => known === word)
  if (found !== undefined) return found
  throw new RangeError(`expected ${TOLERATED.join(', ')} to tolerate, got ${JSON.stringify(word)}${didYouMean(word, TOLERATED)}`)
}

const UNITS: Readonly<Record<string, number>> = { '': 1, kb: 1024, mb: 1024 ** 2, gb: 1024 ** 3 }

function bytesNamed(text: string): number {
  const match = /^(\d{1,12})\s*(kb|mb|gb)?$/i.exec(text.trim())
  const bytes = Number(match?.[1] ?? Number.NaN) * (UNITS[match?.[2]?.toLowerCase() ?? ''] ?? 1)
  if (bytes >= 1 && bytes <= MOST_RECORD_BYTES) return bytes
  throw new RangeError(`expected a record_limit of 1 to ${MOST_RECORD_BYTES} bytes (64MB), got ${JSON.stringify(text)}`)
}

/** Two characters that would mean two things. Throws RangeError. */
export function refuseClash({ delimiter, quote }: FormatWish): void {
  if (delimiter !== undefined && delimiter === quote)
    throw new RangeError('expected delimiter and quote to differ, got one character for both')
}
