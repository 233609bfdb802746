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
