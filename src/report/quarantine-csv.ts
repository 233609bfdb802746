import type { QuarantineResult } from '../model/results.ts'
import { keyArgument } from './shell-words.ts'

type Row = QuarantineResult['rows'][number]

const COLUMNS: readonly (readonly [string, (row: Row) => string | null])[] = [
  ['entity', row => row.entity],
  ['tenant', row => row.tenant],
  ['key', row => keyArgument(row.key)],
  ['code', row => row.code],
  ['column', row => row.column],
  ['value_masked', row => row.value_masked],
  ['detail', row => row.detail],
  ['part', row => row.part],
  ['batch', row => row.batch],
  ['first_run', row => row.first_run],
  ['last_run', row => row.last_run],
]

/** RFC 4180: CRLF after every record, header first. A field that a spreadsheet would compute is led by an apostrophe (negative numbers are not); absent values are empty. A composite key is itself CSV, as `--legacy` takes it. */
export function quarantineCsv(rows: readonly Row[]): string {
  return [COLUMNS.map(([name]) => name), ...rows.map(row => COLUMNS.map(([, read]) => read(row) ?? ''))]
    .map(fields => `${fields.map(csvField).join(',')}\r\n`)
    .join('')
}

/** What makes a spreadsheet take a field for a formula: its first character, full width or not, also after blanks that imports strip. */
const FORMULA = /^[\t\r\n ]*[=+\-@＝＋－＠]|^[\t\r]/
/** A negative number computes to itself, and a key must stay what it was. */
const NUMBER = /^-\d+(\.\d+)?$/

export function csvField(text: string): string {
  const harmless = FORMULA.test(text) && !NUMBER.test(text) ? `'${text}` : text
  return /[",\r\n]/.test(harmless) || harmless !== text ? `"${harmless.replaceAll('"', '""')}"` : harmless
}
