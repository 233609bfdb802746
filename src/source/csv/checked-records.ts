import type { RehouseError } from '../../errors.ts'
import type { FaultError, RecordPlace } from './csv-fault.ts'
import { type CsvFormat, MOST_COLUMNS } from './csv-format.ts'
import { sourceUnit } from './encodings.ts'
import { PLAIN, RecordScanner } from './record-scanner.ts'

/** What was passed over. */
export interface Passed {
  blankLines: number
  repeatedHeaders: number
  shortRows: number
}

export interface RecordShape {
  readonly format: CsvFormat
  readonly columns: number
  /** Where the first record begins. */
  readonly firstByte: number
  readonly fail: FaultError
}

/**
 * The rows of one file: the header is taken off, every row has as many fields as there are columns, and what is neither a row nor harmless ends it with an error.
 * Blank lines at the end are harmless; elsewhere they, repeated headers and short rows are only where the format says they are tolerated.
 */
export class CheckedRecords {
  readonly scanner: RecordScanner
  readonly passed: Passed = { blankLines: 0, repeatedHeaders: 0, shortRows: 0 }
  /** Rows so far. */
  rows = 0
  readonly #shape: RecordShape
  readonly #fields: number
  #header: Buffer | null = null
  #isHeaderDue: boolean
  /** A blank line that is harmless only if no record follows. */
  #blank: RecordPlace | null = null

  constructor(shape: RecordShape) {
    this.#shape = shape
    this.#fields = shape.columns + (shape.format.trailing ? 1 : 0)
    this.#isHeaderDue = shape.format.header
    this.scanner = new RecordScanner({
      format: shape.format,
      mostFields: MOST_COLUMNS + 1,
      unit: sourceUnit(shape.format.encoding),
      firstByte: shape.firstByte,
      firstLine: shape.format.skip > 0 ? 2 : 1,
      fail: shape.fail,
    })
  }

  /** True when a row stands ready in `scanner`; its first `columns` fields are the row. */
  next(): boolean {
    const { scanner } = this
    while (scanner.next()) {
      const { data, recordStart } = scanner
      const isOdd = scanner.count !== this.#fields || this.#blank !== null || this.#isHeaderDue || data[recordStart] === 0xef
      const isHeaderLike = this.#header !== null && scanner.recordEnd - recordStart === this.#header.length
      if (!isOdd && !isHeaderLike && !this.#shape.format.trailing) {
        this.rows++
        return true
      }
      if (this.#isRow()) {
        this.rows++
        return true
      }
    }
    return false
  }

  /** Looks closely. False: not a row, and harmless. */
  #isRow(): boolean {
    const { scanner } = this
    if (this.#isHeaderDue) {
      this.#isHeaderDue = false
      this.#header = Buffer.from(scanner.data.subarray(scanner.recordStart, scanner.recordEnd))
      return false
    }
    const isBlank = scanner.count === 1 && this.#shape.columns > 1 && scanner.recordStart === scanner.recordEnd
    if (isBlank) return this.#passBlank()
    if (this.#blank !== null) throw this.#blankInside(this.#blank)
    if (this.#startsWithMark() && !(this.#tolerates('repeated_header') && this.#isHeaderAgain(MARK_BYTES)))
      throw this.#fault('expected a byte order mark at the beginning of the file only, got another', JOINED_NEXT)
    if (this.#isHeaderAgain(0) || this.#startsWithMark()) return this.#passHeader()
    if (scanner.count !== this.#fields) return this.#fillShort()
    if (this.#shape.format.trailing && !this.#isEmpty(this.#shape.columns)) {
      throw this.#fault(`expected nothing after the last delimiter, as in the other records, got a field`, RAGGED_NEXT)
    }
    return true
  }

  #passBlank(): false {
    this.passed.blankLines++
    if (!this.#tolerates('blank_lines')) this.#blank ??= this.#place()
    return false
  }

  #startsWithMark(): boolean {
    const { data, recordStart } = this.scanner
    return data[recordStart] === 0xef && data[recordStart + 1] === 0xbb && data[recordStart + 2] === 0xbf
  }

  /** `skipped`: bytes of the record that stand before it. */
  #isHeaderAgain(skipped: number): boolean {
    const { data, recordStart, recordEnd } = this.scanner
    return this.#header !== null && this.#header.length > 0 && this.#header.equals(data.subarray(recordStart + skipped, recordEnd))
  }

  #passHeader(): false {
    if (!this.#tolerates('repeated_header')) throw this.#fault('expected the header once, got it again', JOINED_NEXT)
    this.passed.repeatedHeaders++
    return false
  }

  #fillShort(): true {
    const { scanner } = this
    const { columns, format } = this.#shape
    if (scanner.count > columns || !this.#tolerates('short_rows')) {
      const got = scanner.count > MOST_COLUMNS ? 'more' : String(scanner.count)
      const trailing = format.trailing ? ` and a delimiter at the end` : ''
      throw this.#fault(`expected ${columns} fields${trailing}, got ${got}`, RAGGED_NEXT)
    }
    this.passed.shortRows++
    for (let i = scanner.count; i < columns; i++) {
      scanner.start[i] = scanner.recordEnd
      scanner.end[i] = scanner.recordEnd
      scanner.kind[i] = PLAIN
    }
    return true
  }

  #isEmpty(field: number): boolean {
    return this.scanner.start[field] === this.scanner.end[field] && this.scanner.kind[field] === PLAIN
  }

  #tolerates(what: CsvFormat['tolerate'][number]): boolean {
    return this.#shape.format.tolerate.includes(what)
  }

  #place(): RecordPlace {
    const { scanner } = this
    return { record: scanner.record, line: scanner.line, byte: scanner.byteAt(scanner.recordStart) }
  }

  #fault(message: string, next: string): RehouseError {
    return this.#shape.fail({ message, next, ...this.#place() })
  }

  #blankInside(place: RecordPlace): RehouseError {
    return this.#shape.fail({
      message: 'expected blank lines at the end of the file only, got one before a record',
      next: BLANK_NEXT,
      ...place,
    })
  }

  /** The error of one field of the row at hand. */
  fieldFault(field: number, told: { readonly message: string; readonly next: string; readonly column: string }): RehouseError {
    return this.#shape.fail({ ...told, ...this.fieldPlace(field) })
  }

  /** Where a field of the row at hand begins. */
  fieldPlace(field: number): RecordPlace {
    const { scanner } = this
    const start = scanner.start[field] as number
    return { record: scanner.record, line: scanner.lineAt(start), byte: scanner.byteAt(start) }
  }

  /** Where the row at hand begins. */
  get place(): RecordPlace {
    return this.#place()
  }
}

const MARK_BYTES = 3
const RAGGED_NEXT =
  'Check the quotes of this record and the one before; where values at the end may be missing, say so: ?tolerate=short_rows.'
const BLANK_NEXT = 'Look whether a value with line ends stands there unquoted; if the lines mean nothing, say so: ?tolerate=blank_lines.'
const JOINED_NEXT =
  'Files seem to have been joined: take the repeated lines out; repeated headers alone are passed over with ?tolerate=repeated_header.'
