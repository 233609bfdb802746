import { BLANK, byteClasses, CR, DATA, DELIMITER, LF, LINE_FEED, NUL, QUOTE, RETURN, TAB } from './byte-classes.ts'
import type { FaultError } from './csv-fault.ts'
import type { CsvFormat } from './csv-format.ts'
import type { SourceUnit } from './encodings.ts'
import { AFTER_QUOTE_NEXT, CARRIAGE_RETURN_NEXT, NUL_NEXT, STRAY_QUOTE_NEXT, UNCLOSED_NEXT } from './scanner-hints.ts'

/** How a field was written. Only `ESCAPED` holds doubled quotes that stand for one. */
export const PLAIN = 0
export const QUOTED = 1
export const ESCAPED = 2

export interface ScanOptions {
  readonly format: Pick<CsvFormat, 'delimiter' | 'quote' | 'lineEnd' | 'trim' | 'recordBytes'>
  /** Records of more fields are refused. */
  readonly mostFields: number
  /** How many bytes of the file a character of the decoded text was. */
  readonly unit: SourceUnit
  /** Bytes of the file before the first record. */
  readonly firstByte: number
  readonly firstLine: number
  readonly fail: FaultError
}

/**
 * Walks the records of UTF-8 text given in chunks cut anywhere. After `next()` returned true, field i is `data[start[i] … end[i]]`, written as `kind[i]` says;
 * quotes around it are left out. Valid until the next `push`. Nothing but the record at hand and the last chunk is held. Throws what `fail` makes
 * for text that is no CSV; never guesses what a broken record means.
 */
export class RecordScanner {
  data: Buffer = Buffer.alloc(1, LF)
  readonly start: Int32Array
  readonly end: Int32Array
  readonly kind: Uint8Array
  /** Fields of the record at hand. */
  count = 0
  recordStart = 0
  /** Where the record's content ends; its line end comes after. */
  recordEnd = 0
  /** Of the record at hand, from 1. */
  record = 0
  line: number
  /** Records that ended in CRLF, and in LF or CR alone. */
  pairs = 0
  singles = 0
  readonly #options: ScanOptions
  readonly #plain: Uint8Array
  readonly #quoted: Uint8Array
  readonly #quote: number
  #length = 0
  #next = 0
  #nextLine: number
  #lines = 0
  #needed = 0
  #isLast = false
  #base: number

  constructor(options: ScanOptions) {
    this.#options = options
    const { delimiter, quote, lineEnd } = options.format
    this.start = new Int32Array(options.mostFields + 1)
    this.end = new Int32Array(options.mostFields + 1)
    this.kind = new Uint8Array(options.mostFields + 1)
    this.#quote = quote === '' ? -1 : quote.charCodeAt(0)
    this.#plain = byteClasses([
      [delimiter.charCodeAt(0), DELIMITER],
      [LF, LINE_FEED],
      [CR, RETURN],
      [this.#quote, QUOTE],
      [0, NUL],
    ])
    // A line feed is also what stands behind the last byte, so the loop over a quoted field stops at it whatever ends lines.
    this.#quoted = byteClasses([
      [LF, LINE_FEED],
      [CR, lineEnd === 'cr' ? RETURN : DATA],
      [this.#quote, QUOTE],
      [0, NUL],
    ])
    this.line = options.firstLine
    this.#nextLine = options.firstLine
    this.#base = options.firstByte
  }

  /** Appends what came next. */
  push(chunk: Uint8Array): void {
    const from = this.#next
    const rest = this.#length - from
    const length = rest + chunk.length
    this.#base += this.#width(0, from)
    if (this.data.length <= length) this.#grow(from, length)
    else if (from > 0) this.data.copyWithin(0, from, this.#length)
    this.data.set(chunk, rest)
    this.data[length] = LF
    this.#length = length
    this.#next = 0
    this.recordStart = 0
  }

  #grow(from: number, length: number): void {
    const data = Buffer.allocUnsafeSlow(Math.max(length + 1, this.data.length * 2))
    this.data.copy(data, 0, from, this.#length)
    this.data = data
  }

  /** Nothing comes any more: what is left is the last record. */
  finish(): void {
    this.#isLast = true
  }

  /** True when a whole record stands ready. */
  next(): boolean {
    const { data, start, end, kind } = this
    const limit = this.#length
    const plain = this.#plain
    const quote = this.#quote
    let at = this.#next
    if (at >= limit || (limit - at < this.#needed && !this.#isLast)) return false
    const first = at
    this.#begin(at)
    const most = start.length - 1
    let count = 0
    for (;;) {
      if (this.#options.format.trim) at = this.#skipBlanks(at)
      let i = at
      if (data[i] === quote && i < limit) {
        i = this.#endOfQuoted(i, count)
        if (i < 0) return false
      } else {
        while (plain[data[i] as number] === DATA) i++
        start[count] = at
        end[count] = i
        kind[count] = PLAIN
        if (this.#options.format.trim) this.#trimEnd(count)
      }
      count++
      if (i >= limit && !this.#isLast) return this.#needMore(first)
      const found = i >= limit ? LINE_FEED : (plain[data[i] as number] as number)
      if (found === DELIMITER) {
        if (count > most) throw this.#tooMany(at)
        at = i + 1
        continue
      }
      if (found !== LINE_FEED && !this.#isLineEnd(found, i)) return this.#needMore(first)
      this.count = count
      return this.#endRecord(i, found)
    }
  }

  #begin(at: number): void {
    this.#needed = 0
    this.#lines = 0
    this.recordStart = at
    this.record++
    this.line = this.#nextLine
  }

  /** The record ends at `at` in LF, CRLF, CR, or with the text. */
  #endRecord(at: number, found: number): true {
    const isPair = found === RETURN && this.data[at + 1] === LF && at + 1 < this.#length
    this.recordEnd = at
    this.#next = at + (isPair ? 2 : 1)
    this.#nextLine = this.line + this.#lines + 1
    if (at - this.recordStart > this.#options.format.recordBytes) throw this.#tooLong(this.recordStart)
    if (isPair) this.pairs++
    else if (at < this.#length) this.singles++
    return true
  }

  /** Whether the byte at `at`, which is neither data nor delimiter nor LF, ends a record. False: the next byte is needed to tell. Throws where it may not stand. */
  #isLineEnd(found: number, at: number): boolean {
    if (found === RETURN) {
      if (at + 1 >= this.#length && !this.#isLast) return false
      if (this.#options.format.lineEnd === 'cr' || (this.data[at + 1] === LF && at + 1 < this.#length)) return true
      throw this.#fault(at, 'expected a line feed after a carriage return, got another character', CARRIAGE_RETURN_NEXT)
    }
    if (found === NUL) throw this.#nulFault(at)
    if (found === QUOTE) throw this.#fault(at, 'expected no quote inside a field that is not quoted, got one', STRAY_QUOTE_NEXT)
    throw this.#fault(at, 'expected a delimiter or the end of the line after a closing quote, got another character', AFTER_QUOTE_NEXT)
  }

  /** Index after the closing quote of the field opened at `open`; -1: more bytes are needed. */
  #endOfQuoted(open: number, field: number): number {
    const { data } = this
    const limit = this.#length
    const classes = this.#quoted
    const quote = this.#quote
    let kind = QUOTED
    let i = open + 1
    for (;;) {
      while (classes[data[i] as number] === DATA) i++
      if (i >= limit) return this.#unclosed(open)
      const found = classes[data[i] as number]
      if (found === NUL) throw this.#nulFault(i)
      if (found !== QUOTE) {
        if (this.#options.format.lineEnd === 'lf' || found === RETURN) this.#lines++
        i++
      } else if (data[i + 1] === quote && i + 1 < limit) {
        kind = ESCAPED
        i += 2
      } else break
    }
    this.start[field] = open + 1
    this.end[field] = i
    this.kind[field] = kind
    i++
    if (this.#options.format.trim) i = this.#skipBlanks(i)
    if (i < limit && this.#plain[data[i] as number] === DATA) {
      throw this.#fault(i, 'expected a delimiter or the end of the line after a closing quote, got another character', AFTER_QUOTE_NEXT)
    }
    if (i < limit && this.#plain[data[i] as number] === QUOTE) {
      throw this.#fault(i, 'expected a delimiter or the end of the line after a closing quote, got a quote', AFTER_QUOTE_NEXT)
    }
    return i
  }

  #unclosed(open: number): -1 {
    if (this.#isLast) throw this.#fault(open, 'expected a closing quote before the end of the file, got none', UNCLOSED_NEXT)
    if (this.#length - open > this.#options.format.recordBytes) {
      throw this.#fault(open, `expected a closing quote within ${this.#options.format.recordBytes} bytes, got none`, UNCLOSED_NEXT)
    }
    this.#needMore(this.recordStart)
    return -1
  }

  #skipBlanks(from: number): number {
    let at = from
    const tab = this.#plain[TAB] === DATA ? TAB : BLANK
    while ((this.data[at] === BLANK || this.data[at] === tab) && at < this.#length) at++
    return at
  }

  #trimEnd(field: number): void {
    const from = this.start[field] as number
    let to = this.end[field] as number
    while (to > from && (this.data[to - 1] === BLANK || this.data[to - 1] === TAB)) to--
    this.end[field] = to
  }

  /** The record goes on beyond what is here. It is begun anew once there is twice as much, so that a long one costs its length twice and not for each chunk. */
  #needMore(first: number): false {
    const held = this.#length - first
    if (held > this.#options.format.recordBytes) throw this.#tooLong(first)
    this.#needed = held * 2
    this.record--
    return false
  }

  #width(from: number, to: number): number {
    const { unit } = this.#options
    return unit.bytesOf(this.data, from, to)
  }

  /** The byte of the file that `data[at]` was. */
  byteAt(at: number): number {
    return this.#base + this.#width(0, at)
  }

  #tooMany(at: number): Error {
    const most = this.start.length - 1
    return this.#fault(
      at,
      `expected at most ${most} fields in a record, got more`,
      'Check delimiter and quotes; declare them in the address (?delimiter=…).',
    )
  }

  #tooLong(at: number): Error {
    const { recordBytes } = this.#options.format
    return this.#fault(at, `expected a record of at most ${recordBytes} bytes, got a longer one`, UNCLOSED_NEXT)
  }

  #nulFault(at: number): Error {
    return this.#fault(at, 'expected text, got a NUL byte', NUL_NEXT)
  }

  #fault(at: number, message: string, next: string): Error {
    return this.#options.fail({ message, next, record: this.record, line: this.lineAt(at), byte: this.byteAt(at) })
  }

  /** The line `data[at]` of the record at hand is on. */
  lineAt(at: number): number {
    const lineEnd = this.#options.format.lineEnd === 'cr' ? CR : LF
    let line = this.line
    for (let i = this.recordStart; i < at; i++) if (this.data[i] === lineEnd) line++
    return line
  }
}
