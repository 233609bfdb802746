/** Exponents from which PostgreSQL writes a float in scientific notation: the digits the type always keeps. */
const FLOAT8_DIGITS = 15
const FLOAT4_DIGITS = 6

/** A float8 as PostgreSQL prints it: the shortest digits that read back as the same value. */
export function float8Text(value: number): string {
  return specialText(value) ?? arrange(value.toExponential(), FLOAT8_DIGITS)
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

function shortestFloat4(value: number): string {
  for (let digits = 0; digits < 9; digits++) {
    const text = value.toExponential(digits)
    if (Math.fround(Number(text)) === value) return text
    // Beside a power of two the nearest decimal can read back as the neighbour while the next one up does not.
    const next = stepUp(text)
    if (Math.fround(Number(next)) === value) return next
  }
  return value.toExponential(9)
}

/** The decimal one unit in its last digit further from zero. */
function stepUp(text: string): string {
  const [mantissa = '', exponent = ''] = text.split('e')
  const point = mantissa.indexOf('.')
  const places = point < 0 ? 0 : mantissa.length - point - 1
  const digits = String(BigInt(mantissa.replace('.', '')) + (mantissa.startsWith('-') ? -1n : 1n))
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
