import { isCivilDate } from '../cast/calendar.ts'

/** What a text shows of itself, one test each. No test keeps or returns any of it. */

/** UTF-8 read as Windows-1252 and stored so: `Ã¤`, `â€™`; or letters that were lost for good (U+FFFD). */
const MOJIBAKE =
  /[\u00c2\u00c3][\u0080-\u00bf\u0152\u0153\u0160\u0161\u0178\u017d\u017e\u0192\u02c6\u02dc\u2013\u2014\u2018-\u201a\u201c-\u201e\u2020-\u2022\u2026\u2030\u2039\u203a\u20ac\u2122]|\u00e2\u20ac|\u00e2\u201a\u00ac|\u00e2\u0080|\ufffd/

export function isMojibake(text: string): boolean {
  return MOJIBAKE.test(text)
}

export function isInteger(text: string): boolean {
  return /^[+-]?\d{1,19}$/.test(text)
}

export function isDecimal(text: string): boolean {
  return /^[+-]?(?:\d+\.?\d*|\.\d+)$/.test(text)
}

const TRUTHS = new Set('0 1 t f y n j true false yes no ja nein oui non on off'.split(' '))

export function isTruth(text: string): boolean {
  return text.length <= 5 && TRUTHS.has(text.toLowerCase())
}

export function isUuid(text: string): boolean {
  return /^\{?[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}\}?$/i.test(text)
}

const ISO = /^(\d{4})-(\d{1,2})-(\d{1,2})(?:[T ]\d{1,2}:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)?)?$/
const DOTTED = /^(\d{1,2})\.(\d{1,2})\.(\d{4})(?: \d{1,2}:\d\d(?::\d\d)?)?$/
const SLASHED = /^(\d{1,2})\/(\d{1,2})\/(\d{4})(?: \d{1,2}:\d\d(?::\d\d)?)?$/

/** `no`: not written like a date. `impossible`: written like one, which no calendar has. Of `1/2/2020` either reading may be meant. */
export function dateReading(text: string): 'no' | 'possible' | 'impossible' {
  if (text.length < 8 || text.length > 40) return 'no'
  const iso = ISO.exec(text)
  if (iso) return verdict(iso[1], iso[2], iso[3])
  const dotted = DOTTED.exec(text)
  if (dotted) return verdict(dotted[3], dotted[2], dotted[1])
  const slashed = SLASHED.exec(text)
  if (!slashed) return 'no'
  const asUs = verdict(slashed[3], slashed[1], slashed[2])
  return asUs === 'possible' ? asUs : verdict(slashed[3], slashed[2], slashed[1])
}

function verdict(year: string | undefined, month: string | undefined, day: string | undefined): 'possible' | 'impossible' {
  const date = { year: Number(year), month: Number(month), day: Number(day) }
  return date.year > 0 && isCivilDate(date) ? 'possible' : 'impossible'
}

export type PersonalKind = 'mail' | 'phone' | 'iban' | 'national id'

/** Null: nothing of a person shows. Judged by the form alone. */
export function personalKind(text: string): PersonalKind | null {
  if (text.length < 8 || text.length > 80) return text.length >= 6 && isMail(text) ? 'mail' : null
  if (isMail(text)) return 'mail'
  if (isIban(text)) return 'iban'
  if (/^(?!000|9\d\d)\d{3}-(?!00)\d\d-(?!0000)\d{4}$/.test(text)) return 'national id'
  return isPhone(text) ? 'phone' : null
}

function isMail(text: string): boolean {
  return text.includes('@') && /^\s*[^\s@]+@[^\s@.]+(?:\.[^\s@.]+)+\s*$/.test(text)
}

/** With a plus, brackets or separators: a run of digits alone is anything. */
function isPhone(text: string): boolean {
  if (!/^(?:\+|00|\(?0?\d)[\d\s()/.-]{6,24}$/.test(text) || !/[+()\s/-]/.test(text) || dateReading(text.trim()) !== 'no') return false
  if (isDecimal(text)) return false
  const digits = text.replace(/\D/g, '').length
  const isGrouped =
    /^\(?\d{2,5}\)?[ /-]\d{2,}(?:[ -]\d{2,})*$/.test(text) &&
    (text.startsWith('(') || /^0[1-9]/.test(text) || /^\d{3}-\d{3}-\d{4}$/.test(text))
  return digits >= 7 && digits <= 15 && (text.startsWith('+') || /^00[1-9]/.test(text) || isGrouped)
}

function isIban(text: string): boolean {
  if (!/^[A-Za-z]{2}\d\d/.test(text)) return false
  const bare = text.replaceAll(' ', '').toUpperCase()
  if (!/^[A-Z]{2}\d{2}[A-Z0-9]{11,30}$/.test(bare)) return false
  let rest = 0
  for (const sign of bare.slice(4) + bare.slice(0, 4)) {
    const value = Number.parseInt(sign, 36)
    rest = (value > 9 ? rest * 100 + value : rest * 10 + value) % 97
  }
  return rest === 1
}

const CREDENTIAL =
  /^(?:\$2[abxy]?\$\d\d\$|\$argon2|\$pbkdf2|\$[156]\$|\{S?SHA\d*\}|pbkdf2_sha|scrypt:|AKIA[0-9A-Z]{16}$|gh[pousr]_[A-Za-z0-9]{36}|eyJ[\w-]{8,}\.eyJ|-----BEGIN [A-Z ]*PRIVATE KEY)/

/** Hashes of passwords, keys and tokens that are known by how they begin. */
export function isCredential(text: string): boolean {
  return text.length >= 16 && CREDENTIAL.test(text)
}
