import { RehouseError } from '../../errors.ts'
import { faultsOf } from './csv-fault.ts'
import { type CsvFormat, DEFAULT_RECORD_BYTES, type FormatWish, firstRecordByte, type LineEnd } from './csv-format.ts'
import { byteOrderMark, type EncodingName, sourceUnit } from './encodings.ts'
import { fileBytes } from './file-bytes.ts'
import { headerOf } from './read-header.ts'
import type { RelationFile } from './relation-files.ts'
import { type Sample, type SampleRecord, type SampleRecords, sampleRecords } from './sample-records.ts'
import { NUL_NEXT } from './scanner-hints.ts'
import { decoderOf, type OnBadText } from './text-decoder.ts'

/** How a file is written, found by looking at its beginning; what was declared is taken as it is. */
export interface Detected {
  readonly format: CsvFormat
  /** Bytes of the byte order mark. */
  readonly markBytes: number
  readonly names: readonly string[]
}

const SAMPLE_BYTES = 512 * 1024
/** Longer than any first letter of UTF-16. */
const FIRST_BYTES = 4
const DELIMITERS = [',', ';', '\t', '|']
const EXCEL_HINT = /^sep=(.)(\r\n|\n|\r)/

export async function detectFormat(file: RelationFile, wish: FormatWish, declared: readonly string[] | null): Promise<Detected> {
  const { head, isWhole } = await readHead(file)
  const mark = byteOrderMark(head)
  const encoding = chosenEncoding(file, wish, mark?.encoding)
  if (encoding === 'utf-8') refuseNul(file, head)
  const markBytes = mark?.length ?? 0
  const decoding = decoderOf(encoding, { firstByte: markBytes, onBad: badText(file, wish) })
  const text = decoding.push(head.subarray(markBytes))
  const hint = EXCEL_HINT.exec(text.toString('latin1', 0, 8))
  const skip = hint?.[0].length ?? 0
  const sample = {
    text: text.subarray(skip),
    isWhole,
    unit: sourceUnit(encoding),
    firstByte: firstRecordByte({ encoding, skip }, markBytes),
    fail: faultsOf(file.place, file.table),
  }
  const said = wish.delimiter ?? (file.isTabbed ? '\t' : undefined) ?? hint?.[1]
  const quote = wish.quote ?? quoteOf(sample, said === undefined ? DELIMITERS : [said])
  const lineEnd = lineEndOf(sample.text, quote)
  const base = { encoding, quote, lineEnd, trim: wish.trim ?? false, recordBytes: wish.recordBytes ?? DEFAULT_RECORD_BYTES, skip }
  const delimiter = said ?? chosenDelimiter({ file, sample, base })
  const { records, fault } = sampleRecords(sample, { ...base, delimiter })
  if (records.length === 0 && fault !== null) throw fault
  if (records.length === 0 && !isWhole) throw noEnd(file)
  const header = headerOf(file, { records, header: wish.header, declared })
  const format = { ...base, delimiter, header: header.isHeader, trailing: header.trailing, tolerate: wish.tolerate ?? [] }
  return { format, markBytes, names: header.names }
}

/** UTF-16 without a byte order mark shows by its zeros before it shows by anything else. */
function refuseNul(file: RelationFile, head: Buffer): void {
  const at = head.subarray(0, FIRST_BYTES).indexOf(0)
  if (at >= 0)
    throw faultsOf(file.place, file.table)({ message: 'expected text, got a NUL byte', next: NUL_NEXT, record: 1, line: 1, byte: at })
}

function noEnd(file: RelationFile): RehouseError {
  return new RehouseError(
    'SOURCE_INVALID',
    `expected the end of the first record within ${SAMPLE_BYTES} bytes, got none (record 1, line 1, byte 0)`,
    {
      where: { file: file.place, table: file.table, line: 1 },
      next: 'Check that this is a CSV file, and its quotes and line ends.',
    },
  )
}

async function readHead(file: RelationFile): Promise<{ readonly head: Buffer; readonly isWhole: boolean }> {
  const parts: Buffer[] = []
  let length = 0
  for await (const chunk of fileBytes(file, { expected: null })) {
    parts.push(Buffer.from(chunk))
    length += chunk.length
    if (length >= SAMPLE_BYTES) return { head: Buffer.concat(parts), isWhole: false }
  }
  return { head: Buffer.concat(parts), isWhole: true }
}

function chosenEncoding(file: RelationFile, { encoding }: FormatWish, marked: EncodingName | undefined): EncodingName {
  if (marked === undefined || encoding === undefined || encoding === marked) return encoding ?? marked ?? 'utf-8'
  throw new RehouseError('SOURCE_INVALID', `expected ${encoding} as declared, got the byte order mark of ${marked}`, {
    where: { file: file.place, table: file.table },
    next: `Declare encoding=${marked}, or nothing: the mark says it.`,
  })
}

/** The error for bytes that are no text of the encoding. */
export function badText(file: RelationFile, wish: FormatWish): OnBadText {
  return (byte, what) => {
    const next =
      wish.encoding === undefined
        ? 'Say what the file is written in: ?encoding=windows-1252 for files of Windows in Western Europe and America. It is not guessed: other encodings would give other letters.'
        : 'Check the declared encoding, or whether the file was cut.'
    throw new RehouseError('SOURCE_INVALID', `${what} (byte ${byte})`, { where: { file: file.place, table: file.table }, next })
  }
}

/** `'` only where no double quote is in the sample, and every record is cut alike by it. */
function quoteOf(sample: Sample, delimiters: readonly string[]): string {
  if (sample.text.includes(0x22) || !sample.text.includes(0x27)) return '"'
  const isSingle = delimiters.some(delimiter => {
    const lineEnd = lineEndOf(sample.text, "'")
    const read = sampleRecords(sample, { delimiter, quote: "'", lineEnd, trim: false, recordBytes: DEFAULT_RECORD_BYTES })
    return judge(read).share === 1 && read.records.some(({ fields }) => fields.some(({ isQuoted }) => isQuoted))
  })
  return isSingle ? "'" : '"'
}

/** CR ends lines only where no LF stands outside of quotes. */
function lineEndOf(text: Buffer, quote: string): LineEnd {
  const byte = quote === '' ? -1 : quote.charCodeAt(0)
  let isInside = false
  let hasReturn = false
  for (let i = 0; i < text.length; i++) {
    if (text[i] === byte) isInside = !isInside
    else if (isInside) continue
    else if (text[i] === 0x0a) return 'lf'
    // The line feed after the last byte of the sample may be cut off.
    else if (text[i] === 0x0d && i + 1 < text.length) hasReturn = true
  }
  return hasReturn ? 'cr' : 'lf'
}

interface Choice {
  readonly file: RelationFile
  readonly sample: Sample
  readonly base: Omit<CsvFormat, 'delimiter' | 'header' | 'trailing' | 'tolerate'>
}

/** The one delimiter that cuts every record of the sample alike; where none does, the only one the first record holds. */
function chosenDelimiter({ file, sample, base }: Choice): string {
  const tried = DELIMITERS.map(delimiter => ({ delimiter, ...judge(sampleRecords(sample, { ...base, delimiter })) }))
  const useful = tried.filter(({ fields }) => fields > 1)
  if (useful.length === 0) return ','
  const even = useful.filter(({ share }) => share === 1)
  const best = even.length > 0 ? even : useful
  if (best.length === 1) return best[0]?.delimiter ?? ','
  const most = Math.max(...best.map(({ share }) => share))
  const leading = best.filter(({ share }) => share === most)
  if (most < 1 && leading.length === 1) return leading[0]?.delimiter ?? ','
  const shown = best.map(({ delimiter }) => (delimiter === '\t' ? 'tab' : delimiter)).join(' and ')
  throw new RehouseError('SOURCE_INVALID', `expected one delimiter, got records that ${shown} cut alike`, {
    where: { file: file.place, table: file.table },
    next: 'Say which it is: ?delimiter=; (or , | tab) in the address, or `delimiter` in the declaration.',
  })
}

/** Fields of the first record, and the share of records that have as many (one more for a delimiter at the end). */
function judge({ records, fault }: SampleRecords): { readonly fields: number; readonly share: number } {
  const fields = records[0]?.fields.length ?? 0
  const full = records.filter(record => record.fields.length > 1 || fields <= 1 || record.fields[0]?.text !== '')
  const even = full.filter(record => record.fields.length === fields || isTrailing(record, fields)).length
  return { fields, share: fault !== null ? even / (full.length + 1) : even / Math.max(full.length, 1) }
}

function isTrailing({ fields }: SampleRecord, expected: number): boolean {
  return fields.length === expected + 1 && fields.at(-1)?.text === ''
}
