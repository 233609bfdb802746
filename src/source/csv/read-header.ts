import { didYouMean } from '../../base/did-you-mean.ts'
import { RehouseError } from '../../errors.ts'
import { MOST_COLUMNS } from './csv-format.ts'
import type { RelationFile } from './relation-files.ts'
import type { SampleRecord } from './sample-records.ts'
import { ANY_KIND, BOOL, kindsOf, TEXT_ONLY } from './value-kinds.ts'

export interface Header {
  readonly isHeader: boolean
  readonly names: readonly string[]
  /** Every record ends in one more delimiter. */
  readonly trailing: boolean
}

interface Known {
  /** The beginning of the file. */
  readonly records: readonly SampleRecord[]
  /** What was declared. */
  readonly header: boolean | undefined
  /** Names of declared columns in their order; null = none. */
  readonly declared: readonly string[] | null
}

/**
 * Column names of a file. The first record is a header if that was declared, if it holds a declared name, or if it could be one: as many different
 * names as fields, none of them a number, a date or a UUID. Without a header the declared names count, else `column1`, `column2`, …
 */
export function headerOf(file: RelationFile, { records, header, declared }: Known): Header {
  const [first, ...rest] = records
  if (first === undefined) {
    if (declared !== null && header !== true) return { isHeader: false, names: declared, trailing: false }
    throw invalid(file, 'expected a header, got an empty file', 'Take the file away, or declare its columns with `header: no`.')
  }
  const written = first.fields.map(({ text }) => text.trim())
  if (header ?? isHeaderLike(file, written, declared)) return fromHeader(file, { written, rest, declared })
  const trailing = declared !== null && endsEmpty(records, declared.length + 1)
  const names = declared ?? written.map((_, i) => `column${i + 1}`)
  if (names.length === written.length - (trailing ? 1 : 0)) return { isHeader: false, names, trailing }
  throw invalid(
    file,
    `expected ${names.length} fields, as columns are declared, got ${written.length}`,
    'Declare every column in the order of the file, or say header: yes.',
  )
}

function fromHeader(
  file: RelationFile,
  { written, rest, declared }: { written: string[]; rest: readonly SampleRecord[]; declared: Known['declared'] },
): Header {
  const isNamedShort = written.length > 1 && written.at(-1) === '' && endsEmpty(rest, written.length)
  const trailing = isNamedShort || (rest.some(record => isTrailing(record, written.length)) && endsEmpty(rest, written.length + 1))
  const names = isNamedShort ? written.slice(0, -1) : written
  refuseNames(file, names)
  for (const name of declared ?? []) {
    if (names.includes(name)) continue
    throw new RehouseError('MANIFEST_INVALID', `expected the declared column ${name} in the header, got none${didYouMean(name, names)}`, {
      where: { file: file.place, table: file.table, column: name },
      next: `The header has: ${names.slice(0, 50).join(', ')}.`,
    })
  }
  return { isHeader: true, names, trailing }
}

function isHeaderLike(file: RelationFile, written: readonly string[], declared: readonly string[] | null): boolean {
  const couldBe = written.every(name => !isTyped(name))
  if (declared === null) return couldBe
  const known = new Set(declared.map(name => name.toLowerCase()))
  if (written.some(name => known.has(name.toLowerCase()))) return true
  if (!couldBe) return false
  throw invalid(file, 'expected a first record that is a header or is none, got one that could be a header of other names', HEADER_NEXT)
}

function isTyped(text: string): boolean {
  const bytes = Buffer.from(text)
  return kindsOf(bytes, 0, bytes.length, ANY_KIND & ~BOOL) !== TEXT_ONLY
}

/** Every record that is no blank line has so many fields, the last of them empty. */
function endsEmpty(records: readonly SampleRecord[], count: number): boolean {
  return records.every(({ fields }) => {
    const last = fields.at(-1)
    const isBlank = fields.length === 1 && last?.text === ''
    return isBlank || (fields.length === count && last?.text === '' && !last.isQuoted)
  })
}

function refuseNames(file: RelationFile, names: readonly string[]): void {
  if (names.length > MOST_COLUMNS) throw invalid(file, `expected at most ${MOST_COLUMNS} columns, got more`, FORMAT_NEXT)
  const seen = new Set<string>()
  for (const [i, name] of names.entries()) {
    if (name === '') throw invalid(file, `expected a name for column ${i + 1} in the header, got none`, NAME_NEXT)
    if (seen.has(name)) throw invalid(file, `expected each name once in the header, got that of column ${i + 1} again`, NAME_NEXT)
    seen.add(name)
  }
}

const FORMAT_NEXT = 'Check delimiter and quotes; declare them in the address (?delimiter=…).'
const HEADER_NEXT = 'Say which it is in the declaration: `header: yes` or `header: no`.'
const NAME_NEXT = 'Correct the header; if the first record is no header, say so: ?header=no.'

function invalid(file: RelationFile, message: string, next: string): RehouseError {
  return new RehouseError('SOURCE_INVALID', `${message} (record 1, line 1, byte 0)`, {
    where: { file: file.place, table: file.table, line: 1 },
    next,
  })
}

function isTrailing({ fields }: SampleRecord, columns: number): boolean {
  return fields.length === columns + 1
}
