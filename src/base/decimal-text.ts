/**
 * Exact arithmetic on decimal numbers in canonical text: what PostgreSQL's numeric prints ('1.50' keeps its scale; 'NaN', 'Infinity', '-Infinity').
 * NaN equals itself and is above everything, as in PostgreSQL. A result that numeric could not hold throws RangeError.
 */

export const MOST_WHOLE_DIGITS = 131_072
export const MOST_SCALE = 16_383

const NUMBER = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d{1,9}))?$/
const SPECIAL: Readonly<Record<string, string>> = {
  nan: 'NaN',
  inf: 'Infinity',
  infinity: 'Infinity',
  '+inf': 'Infinity',
  '+infinity': 'Infinity',
  '-inf': '-Infinity',
  '-infinity': '-Infinity',
}

/** Reads a number as numeric's input function does (sign, digits, point, exponent, NaN, infinities; no blanks around); null for any other text. */
export function canonicalDecimal(text: string): string | null {
  const special = SPECIAL[text.toLowerCase()]
  if (special !== undefined) return special
  const match = NUMBER.exec(text)
  const [, sign = '', whole = '', fraction = '', power = '0'] = match ?? []
  if (!match || whole + fraction === '') return null
  const exponent = Number(power)
  const digits = (whole + fraction).replace(/^0+/, '')
  const scale = Math.max(0, fraction.length - exponent)
  if (scale > MOST_SCALE || digits.length - fraction.length + exponent > MOST_WHOLE_DIGITS) throw tooLarge()
  const units = digits + (exponent > fraction.length && digits !== '' ? '0'.repeat(exponent - fraction.length) : '')
  return written({ isNegative: sign === '-', digits: units, scale })
}

/** Negative, zero or positive as a is below, equal to or above b; scale does not count (1.50 = 1.5). */
export function compareDecimals(a: string, b: string): number {
  if (a === b) return 0
  const rank = rankOf(a) - rankOf(b)
  if (rank !== 0 || rankOf(a) !== FINITE) return rank
  const isNegative = a.startsWith('-')
  if (isNegative !== b.startsWith('-')) return isNegative ? -1 : 1
  return isNegative ? compareMagnitudes(b.slice(1), a.slice(1)) : compareMagnitudes(a, b)
}

export function addDecimals(a: string, b: string): string {
  if (isSpecial(a) || isSpecial(b)) return addSpecials(a, b)
  const x = parse(a)
  const y = parse(b)
  const scale = Math.max(x.scale, y.scale)
  return print(x.units * power10(scale - x.scale) + y.units * power10(scale - y.scale), scale)
}

export function subtractDecimals(a: string, b: string): string {
  return addDecimals(a, negateDecimal(b))
}

export function multiplyDecimals(a: string, b: string): string {
  if (isSpecial(a) || isSpecial(b)) return multiplySpecials(a, b)
  const x = parse(a)
  const y = parse(b)
  const product = print(x.units * y.units, x.scale + y.scale)
  return x.scale + y.scale > MOST_SCALE ? roundDecimal(product, MOST_SCALE) : product
}

export function negateDecimal(a: string): string {
  if (a === 'NaN') return a
  if (a.startsWith('-')) return a.slice(1)
  return isZero(a) ? a : `-${a}`
}

/** To `scale` digits after the point, half away from zero; the scale is then exactly that. */
export function roundDecimal(a: string, scale: number): string {
  if (isSpecial(a)) return a
  const { units, scale: had } = parse(a)
  if (had <= scale) return print(units * power10(scale - had), scale)
  const unit = power10(had - scale)
  const away = units < 0n ? -unit : unit
  return print((2n * units + away) / (2n * unit), scale)
}

export function isSpecial(a: string): boolean {
  return rankOf(a) !== FINITE
}

const FINITE = 1

function rankOf(a: string): number {
  if (a === 'NaN') return 3
  if (a === 'Infinity') return 2
  return a === '-Infinity' ? 0 : FINITE
}

function isZero(a: string): boolean {
  return /^-?[0.]+$/.test(a)
}

/** Both without sign. */
function compareMagnitudes(a: string, b: string): number {
  const pointA = pointOf(a)
  const pointB = pointOf(b)
  if (pointA !== pointB) return pointA - pointB
  const most = Math.max(a.length, b.length)
  for (let i = 0; i < most; i++) {
    if (i === pointA) continue
    const difference = (i < a.length ? a.charCodeAt(i) : ZERO) - (i < b.length ? b.charCodeAt(i) : ZERO)
    if (difference !== 0) return difference
  }
  return 0
}

const ZERO = 48

function pointOf(a: string): number {
  const point = a.indexOf('.')
  return point === -1 ? a.length : point
}

interface Decimal {
  readonly units: bigint
  readonly scale: number
}

function parse(a: string): Decimal {
  const point = a.indexOf('.')
  return point === -1
    ? { units: BigInt(a), scale: 0 }
    : { units: BigInt(a.slice(0, point) + a.slice(point + 1)), scale: a.length - point - 1 }
}

function print(units: bigint, scale: number): string {
  const isNegative = units < 0n
  return written({ isNegative, digits: (isNegative ? -units : units).toString(), scale })
}

function written({ isNegative, digits, scale }: { isNegative: boolean; digits: string; scale: number }): string {
  if (digits.length - scale > MOST_WHOLE_DIGITS) throw tooLarge()
  const padded = digits.padStart(scale + 1, '0')
  const sign = isNegative && /[1-9]/.test(digits) ? '-' : ''
  return scale === 0 ? sign + padded : `${sign}${padded.slice(0, -scale)}.${padded.slice(-scale)}`
}

function addSpecials(a: string, b: string): string {
  if (a === 'NaN' || b === 'NaN') return 'NaN'
  if (isSpecial(a) && isSpecial(b)) return a === b ? a : 'NaN'
  return isSpecial(a) ? a : b
}

function multiplySpecials(a: string, b: string): string {
  if (a === 'NaN' || b === 'NaN' || isZero(a) || isZero(b)) return 'NaN'
  return a.startsWith('-') === b.startsWith('-') ? 'Infinity' : '-Infinity'
}

function power10(exponent: number): bigint {
  return exponent === 0 ? 1n : 10n ** BigInt(exponent)
}

function tooLarge(): RangeError {
  return new RangeError(
    `expected a number of at most ${MOST_WHOLE_DIGITS} digits before and ${MOST_SCALE} after the point, got a larger one`,
  )
}
