import { RehouseError } from '../../errors.ts'
import type { FaultError } from './csv-fault.ts'
import { type CsvFormat, MOST_COLUMNS } from './csv-format.ts'
import type { SourceUnit } from './encodings.ts'
import { ESCAPED, PLAIN, RecordScanner } from './record-scanner.ts'
import { unescaped } from './unescape.ts'

export interface SampleRecord {
  readonly fields: readonly SampleField[]
}

export interface SampleField {
  readonly text: string
  readonly isQuoted: boolean
}

/** The beginning of a file. */
export interface Sample {
  /** Decoded. */
  readonly text: Buffer
  /** It is the whole file. */
  readonly isWhole: boolean
  readonly unit: SourceUnit
  readonly firstByte: number
  readonly fail: FaultError
}

export interface SampleRecords {
  readonly records: readonly SampleRecord[]
  /** Why the next record is none; null = all is well. */
  readonly fault: RehouseError | null
}

const MOST_RECORDS = 1000

/** The first whole records of a sample, read in one way of several that are tried. */
export function sampleRecords(
  sample: Sample,
  format: Pick<CsvFormat, 'delimiter' | 'quote' | 'lineEnd' | 'trim' | 'recordBytes'>,
): SampleRecords {
  const { text, isWhole, unit, firstByte, fail } = sample
  const records: SampleRecord[] = []
  const scanner = new RecordScanner({ format, mostFields: MOST_COLUMNS + 1, unit, firstByte, firstLine: 1, fail })
  try {
    scanner.push(text)
    if (isWhole) scanner.finish()
    while (records.length < MOST_RECORDS && scanner.next()) records.push(recordOf(scanner, format.quote.charCodeAt(0)))
    return { records, fault: null }
  } catch (error) {
    if (error instanceof RehouseError) return { records, fault: error }
    throw error
  }
}

function recordOf(scanner: RecordScanner, quote: number): SampleRecord {
  const fields = Array.from({ length: scanner.count }, (_, i) => {
    const kind = scanner.kind[i] as number
    const bytes = scanner.data.subarray(scanner.start[i], scanner.end[i])
    const text = kind === ESCAPED ? unescaped(bytes, quote) : bytes
    return { text: text.toString('utf8'), isQuoted: kind !== PLAIN }
  })
  return { fields }
}
