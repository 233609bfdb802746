const view = new DataView(new ArrayBuffer(8))

/** The next float4 up or down; infinite past the largest. */
export function float4Neighbour(single: number, isUp: boolean): number {
  view.setFloat32(0, single)
  if (single === 0) view.setInt32(0, isUp ? 1 : -2_147_483_647)
  else view.setInt32(0, view.getInt32(0) + (isUp === single > 0 ? 1 : -1))
  return view.getFloat32(0)
}

/** The next float8 up or down; infinite past the largest. Not for zero. */
export function float8Neighbour(double: number, isUp: boolean): number {
  view.setFloat64(0, double)
  view.setBigInt64(0, view.getBigInt64(0) + (isUp === double > 0 ? 1n : -1n))
  return view.getFloat64(0)
}

/** The float4 nearest to a decimal number, rounded once: going through a double would round twice. */
export function roundedToFloat4(decimal: string): number {
  const double = Number(decimal)
  const single = Math.fround(double)
  if (single === double || !Number.isFinite(single)) return single
  const other = float4Neighbour(single, double > single)
  // Only when the double lies in the middle of two float4 can the first rounding have decided the second.
  if ((single + other) / 2 !== double) return single
  const side = compareDecimal(decimal, double)
  if (side === 0) return single
  return side > 0 === other > single ? other : single
}

/** Sign of decimal − double, exact. */
function compareDecimal(decimal: string, double: number): number {
  const [digits, power] = scaled(decimal)
  let shift = 0
  let exact = double
  while (!Number.isInteger(exact)) {
    exact *= 2
    shift++
  }
  // decimal = digits × 10^power, double = exact / 2^shift; both multiplied until they are whole.
  const left = digits * 2n ** BigInt(shift) * 10n ** BigInt(Math.max(0, power))
  const right = BigInt(exact) * 10n ** BigInt(Math.max(0, -power))
  return left === right ? 0 : left > right ? 1 : -1
}

/** A decimal as digits × 10^power. */
function scaled(decimal: string): readonly [bigint, number] {
  const [mantissa = '', exponent = '0'] = decimal.trim().toLowerCase().split('e')
  const point = mantissa.indexOf('.')
  const places = point < 0 ? 0 : mantissa.length - point - 1
  return [BigInt(mantissa.replace('.', '').replace(/^\+/, '')), Number(exponent) - places]
}
