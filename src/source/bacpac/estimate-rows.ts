import type { ColumnForm } from './column-form.ts'
import type { ZipPart } from './zip-parts.ts'

/** Bytes a value of no fixed length is taken to have at most. */
const USUAL_BYTES = 32

/** How many rows there may be, by the bytes of the data files and of a row; null = unknown. For progress and choices only. */
export function estimateRows(forms: readonly ColumnForm[] | null, parts: readonly ZipPart[]): number | null {
  const bytes = parts.reduce((sum, part) => sum + part.bytes, 0)
  if (bytes === 0) return 0
  if (forms === null) return null
  const row = forms.reduce((sum, form) => sum + form.prefix + (form.isExact ? form.most : Math.min(form.most, USUAL_BYTES)), 0)
  return row === 0 ? null : Math.max(1, Math.round(bytes / row))
}
