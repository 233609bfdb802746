import { RehouseError } from '../../errors.ts'
import type { ColumnForm } from './column-form.ts'
import { invalidFile } from './file-errors.ts'
import { readTable, type TableData } from './read-table.ts'
import { compileRows } from './row-program.ts'

/** Rows that fit by chance do not go on for that long. */
const TRIED_ROWS = 1000
/** The length before a char that has one. */
const LENGTH_BYTES = 2

/**
 * How the rows of a table with a column of `mayHaveLength` lie: as its first rows can be read. Rejects with SOURCE_INVALID where they can be read either way, and with what is wrong
 * where they can be read neither way.
 */
export async function settleLengths(forms: readonly ColumnForm[], data: TableData, signal: AbortSignal): Promise<readonly ColumnForm[]> {
  if (!forms.some(form => form.mayHaveLength)) return forms
  const longer = forms.map(form => (form.mayHaveLength ? ({ ...form, prefix: LENGTH_BYTES, isExact: false } as const) : form))
  const [without, within] = [await misfit(forms, data, signal), await misfit(longer, data, signal)]
  if (without === null && within === null && data.parts.some(part => part.bytes > 0))
    throw invalidFile('expected rows that can be read in one way, got some that could have lengths before their char columns or not', {
      file: data.zip.path,
      table: data.label,
    })
  if (without !== null && within !== null) throw without
  return within === null ? longer : forms
}

/** What is wrong with the first rows read in that way; null = nothing. */
async function misfit(forms: readonly ColumnForm[], data: TableData, signal: AbortSignal): Promise<RehouseError | null> {
  try {
    let read = 0
    const rows = compileRows(forms, [])
    for await (const _ of readTable(data, (input, out) => rows(input, out) && ++read > 0, { signal, onEnd: () => undefined }))
      if (read >= TRIED_ROWS) break
    return null
  } catch (error) {
    if (error instanceof RehouseError && error.code === 'SOURCE_INVALID') return error
    throw error
  }
}
