import { float4Neighbour, float8Neighbour, roundedToFloat4 } from './float-rounding.ts'

/** Exponents from which PostgreSQL writes a float in scientific notation: the digits the type always keeps. */
const FLOAT8_DIGITS = 15
const FLOAT4_DIGITS = 6
/** Digits looked at to tell a middle: no float4 comes this close to one without being it. */
const MARGIN = 40
/** From here on the middle between two neighbours is a whole number and can be a short decimal. */
const FLOAT8_WHOLE = 2 ** 53
const FLOAT4_WHOLE = 2 ** 24

/** A float8 as PostgreSQL prints it: the shortest digits that read back as the same value, however halves are rounded. */
export function float8Text(value: number): string {
  return specialText(value) ?? arrange(shortestFloat8(value), FLOAT8_DIGITS)
}

/** A float4 (given as the double that equals it) as PostgreSQL prints it. */
export function float4Text(value: number): string {
  return specialText(value) ?? arrange(shortestFloat4(value), FLOAT4_DIGITS)
}

function specialText(value: number): string | null {
  if (Number.isNaN(value)) return 'NaN'
  if (value === Number.POSITIVE_INFINITY) return 'Infinity'
  if (value === Number.NEGATIVE_INFINITY) return '-Infinity'
  if (value === 0) return Object.is(value, -0) ? '-0' : '0'
  return null
}

function shortestFloat8(value: number): string {
  const shortest = value.toExponential()
  if (Math.abs(value) < FLOAT8_WHOLE || !isHalfway(shortest, value, float8Neighbour)) return shortest
  for (let digits = shortest.indexOf('e') - 1; digits < 16; digits++) {
    const text = value.toExponential(digits)
    if (Number(text) === value && !isHalfway(text, value, float8Neighbour)) return text
  }
  return value.toExponential(16)
}

function shortestFloat4(value: number): string {
  const isWhole = Math.abs(value) >= FLOAT4_WHOLE
  for (let digits = 0; digits < 9; digits++) {
    const text = toEven(value.toExponential(digits), value)
    // Beside a power of two the nearest decimal can read back as the neighbour while the next one up does not.
    for (const candidate of [text, step(text, 1n)]) {
      if (roundedToFloat4(candidate) === value && !(isWhole && isHalfway(candidate, value, float4Neighbour))) return candidate
    }
  }
  return value.toExponential(9)
}

/** Whether a decimal lies exactly between the value and a neighbour, so that only the rule for halves makes it the value. For values so large that the middle is whole. */
function isHalfway(decimal: string, value: number, neighbour: (value: number, isUp: boolean) => number): boolean {
  const [mantissa = '', exponent = ''] = decimal.split('e')
  const places = mantissa.includes('.') ? mantissa.length - mantissa.indexOf('.') - 1 : 0
  if (Number(exponent) < places) return false
  const shown = BigInt(mantissa.replace('.', '')) * 10n ** BigInt(Number(exponent) - places)
  const own = BigInt(value)
  const other = neighbour(value, shown > own)
  return Number.isFinite(other) && shown !== own && 2n * shown === own + BigInt(other)
}

/** A value in the middle of two decimals goes to the even one; `toExponential` goes away from zero. */
function toEven(text: string, value: number): string {
  const digits = text.indexOf('e') - (text.startsWith('-') ? 1 : 0) - (text.includes('.') ? 1 : 0)
  const isOdd = '13579'.includes(text[text.indexOf('e') - 1] as string)
  const further = value.toExponential(digits + MARGIN)
  const isMiddle = further.slice(further.indexOf('e') - MARGIN - 1, further.indexOf('e')) === `5${'0'.repeat(MARGIN)}`
  return isOdd && isMiddle ? step(text, -1n) : text
}

/** The decimal one unit in its last digit further from zero (1) or nearer to it (−1). */
function step(text: string, direction: 1n | -1n): string {
  const [mantissa = '', exponent = ''] = text.split('e')
  const point = mantissa.indexOf('.')
  const places = point < 0 ? 0 : mantissa.length - point - 1
  const digits = String(BigInt(mantissa.replace('.', '')) + (mantissa.startsWith('-') ? -direction : direction))
  return `${digits}e${Number(exponent) - places}`
}

/** `-1.234e+5` → PostgreSQL’s choice between plain and scientific notation. */
function arrange(scientific: string, plainDigits: number): string {
  const [mantissa = '', power = '0'] = normalised(scientific)
  const sign = mantissa.startsWith('-') ? '-' : ''
  const digits = mantissa.replace('-', '').replace('.', '')
  const exponent = Number(power)
  if (exponent < -4 || exponent >= plainDigits) {
    const fraction = digits.length > 1 ? `.${digits.slice(1)}` : ''
    return `${sign}${digits[0]}${fraction}e${exponent < 0 ? '-' : '+'}${String(Math.abs(exponent)).padStart(2, '0')}`
  }
  if (exponent < 0) return `${sign}0.${'0'.repeat(-exponent - 1)}${digits}`
  if (digits.length <= exponent + 1) return sign + digits.padEnd(exponent + 1, '0')
  return `${sign}${digits.slice(0, exponent + 1)}.${digits.slice(exponent + 1)}`
}

/** One digit before the point, no zeros at the end. */
function normalised(scientific: string): readonly [string, string] {
  const [mantissa = '', power = '0'] = scientific.split('e')
  const sign = mantissa.startsWith('-') ? '-' : ''
  const digits = mantissa.replace('-', '')
  const point = digits.indexOf('.')
  const shift = (point < 0 ? digits.length : point) - 1
  const all = digits.replace('.', '').replace(/0+$/, '')
  return [`${sign}${all[0]}${all.length > 1 ? `.${all.slice(1)}` : ''}`, String(Number(power) + shift)]
}
