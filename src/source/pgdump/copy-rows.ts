import { isUtf8 } from 'node:buffer'
import { TupleWriter } from '../../base/tuple-writer.ts'
import { isStorableText } from '../../cast/text-form.ts'
import { ByteWindow } from './byte-window.ts'
import { BadValue, FieldProbe, type Output, type RowPlan, writeDefault } from './row-plan.ts'

/** Rows of a block that cannot be read: which, and where in its text. */
export class RowError extends Error {
  /** From 1. */
  readonly row: number
  readonly at: number
  readonly column: string | null

  constructor(message: string, place: { readonly row: number; readonly at: number; readonly column?: string }) {
    super(message)
    this.row = place.row
    this.at = place.at
    this.column = place.column ?? null
  }
}

const TAB = 9
const NEWLINE = 10
const RETURN = 13
const BACKSLASH = 92
const LETTER_N = 78
/** A tuple counts its fields in an int16, and a table of PostgreSQL has no more columns than this. */
const MOST_FIELDS = 1600
/** Half of what a server’s own lines are limited to: what is read is held twice for a moment. */
const MOST_LINE_BYTES = 1 << 29
const CHUNK_BYTES = 1 << 17

/** Lines of COPY’s text format into tuples. States of the lines’ ends: not known before the first, then `\n` or `\r\n` for all. */
export class CopyRows {
  readonly #plan: RowPlan
  readonly #window = new ByteWindow()
  readonly #probe = new FieldProbe()
  readonly #start: Int32Array
  readonly #end: Int32Array
  /** 1: the field holds a backslash. */
  readonly #escaped: Uint8Array
  #out = new TupleWriter(CHUNK_BYTES + 4096)
  #scratch: Buffer = Buffer.alloc(256)
  #at = 0
  #isEnded = false
  #lineEnd: 'unknown' | 'newline' | 'return' = 'unknown'
  /** Rows read, those passed over among them. */
  rows = 0
  /** The row whose key is `after` was met. */
  isPast: boolean

  constructor(plan: RowPlan, options: { readonly isPast: boolean }) {
    this.#plan = plan
    this.isPast = options.isPast
    this.#start = new Int32Array(plan.fields)
    this.#end = new Int32Array(plan.fields)
    this.#escaped = new Uint8Array(plan.fields)
  }

  /** The `\.` after the last row was met. */
  get isEnded(): boolean {
    return this.#isEnded
  }

  /** Decodes the whole lines among what came so far; the tuples, in buffers that are the caller’s. Throws RowError. */
  *push(chunk: Buffer): Generator<Buffer> {
    const window = this.#window
    window.push(chunk, this.#at)
    const from = this.#at - window.base
    if (this.#isEnded) {
      this.#checkRest(from)
      return
    }
    const newline = window.data.lastIndexOf(NEWLINE)
    if (newline < from) {
      if (window.data.length - from > MOST_LINE_BYTES) throw this.#error('expected a row, got a line without an end', from)
      return
    }
    this.#checkText(from, newline + 1)
    yield* this.#lines(newline + 1)
  }

  /** The rest, when nothing more comes. */
  *finish(): Generator<Buffer> {
    const rest = this.#window.end - this.#at
    if (rest > 0 && !this.#isEnded) throw this.#error('expected the end of a row, got the end of the data', this.#at - this.#window.base)
    if (this.#out.at > 0) yield this.#taken()
  }

  #taken(): Buffer {
    const bytes = this.#out.bytes()
    this.#out = new TupleWriter(CHUNK_BYTES + 4096)
    return bytes
  }

  /** UTF-8 without NUL; all at once, and line by line only to name the row. */
  #checkText(from: number, to: number): void {
    const { data } = this.#window
    const text = data.subarray(from, to)
    if (isUtf8(text) && text.indexOf(0) < 0) return
    let row = this.rows
    for (let at = from; at < to; row++) {
      const next = data.indexOf(NEWLINE, at) + 1
      const line = data.subarray(at, next)
      if (!isUtf8(line) || line.indexOf(0) >= 0)
        throw new RowError('expected text in UTF-8 without NUL, got other bytes', { row: row + 1, at: this.#window.base + at })
      at = next
    }
  }

  *#lines(to: number): Generator<Buffer> {
    const { data, base } = this.#window
    let at = this.#at - base
    while (at < to) {
      if (this.#isEnded) break
      const next = this.#split(data, at, to)
      // An escaped newline was the last one here: the line goes on.
      if (next < 0) break
      if (next > 0) this.#row(data, at)
      at = next > 0 ? next : data.indexOf(NEWLINE, at) + 1
      this.#at = base + at
      if (this.#out.at >= CHUNK_BYTES) yield this.#taken()
    }
    if (this.#isEnded) this.#checkRest(at)
  }

  /** Nothing but blank lines comes after the end mark, or it was none. */
  #checkRest(from: number): void {
    const { data, end } = this.#window
    for (let at = from; at < data.length; at++) if ((data[at] as number) > 32) throw this.#error('expected nothing after \\., got more', at)
    this.#at = end
  }

  /** Finds the fields of the line at `at`; where the next begins; −1: it is not whole; 0: it was the end mark. */
  #split(data: Buffer, from: number, to: number): number {
    const { fields } = this.#plan
    if (
      data[from] === BACKSLASH &&
      data[from + 1] === 0x2e &&
      (data[from + 2] === NEWLINE || (data[from + 2] === RETURN && data[from + 3] === NEWLINE))
    ) {
      this.#isEnded = true
      return 0
    }
    let field = 0
    let start = from
    let escaped = 0
    for (let at = from; at < to; at++) {
      const byte = data[at] as number
      if (byte > RETURN && byte !== BACKSLASH) continue
      if (byte === BACKSLASH) {
        escaped = 1
        at++
      } else if (byte === TAB || byte === NEWLINE) {
        const end = byte === NEWLINE ? this.#endOfLine(data, at, start) : at
        if (field < fields) {
          this.#start[field] = start
          this.#end[field] = end
          this.#escaped[field] = escaped
        }
        field++
        start = at + 1
        escaped = 0
        if (byte === NEWLINE) {
          if (field !== fields && !(fields === 0 && end === from))
            throw this.#error(`expected ${fields} fields in a row, got ${field}`, from)
          return at + 1
        }
        if (field > MOST_FIELDS) throw this.#error(`expected ${fields} fields in a row, got more than ${MOST_FIELDS}`, from)
      } else if (byte === RETURN && !(this.#lineEnd !== 'newline' && data[at + 1] === NEWLINE)) {
        throw this.#error('expected carriage returns to be escaped, got a bare one', from)
      }
    }
    return -1
  }

  /** Where the last field of a line ends whose newline is at `at`. */
  #endOfLine(data: Buffer, at: number, start: number): number {
    const hasReturn = at > start && data[at - 1] === RETURN && !this.#isEscaped(data, at - 1, start)
    if (this.#lineEnd === 'unknown') this.#lineEnd = hasReturn ? 'return' : 'newline'
    if (this.#lineEnd === 'return' && !hasReturn)
      throw this.#error('expected every row to end with a carriage return as the first does, got one without', start)
    return hasReturn ? at - 1 : at
  }

  #isEscaped(data: Buffer, at: number, start: number): boolean {
    let slashes = 0
    while (at - 1 - slashes >= start && data[at - 1 - slashes] === BACKSLASH) slashes++
    return slashes % 2 === 1
  }

  #row(data: Buffer, at: number): void {
    this.rows++
    for (const { field, sequence } of this.#plan.numbered) if (field < 0) sequence?.advance()
    try {
      if (!this.isPast) this.isPast = this.#isWanted(data)
      else this.#write(data)
    } catch (error) {
      if (error instanceof BadValue)
        throw new RowError(error.message, { row: this.rows, at: this.#window.base + at, column: error.column.name })
      throw error
    }
  }

  #write(data: Buffer): void {
    const { outputs } = this.#plan
    const out = this.#out
    out.fieldCount(outputs.length)
    for (let i = 0; i < outputs.length; i++) this.#field(data, outputs[i] as Output, out)
  }

  #field(data: Buffer, output: Output, out: TupleWriter): void {
    const { field } = output
    if (field < 0) {
      writeDefault(output, out)
      return
    }
    const start = this.#start[field] as number
    const end = this.#end[field] as number
    if (this.#escaped[field] === 0) {
      if (!output.read(data, start, end, out)) throw new BadValue(output.column, `${end - start} bytes that are none`)
      return
    }
    if (end - start === 2 && data[start + 1] === LETTER_N) {
      out.null()
      return
    }
    const length = this.#unescape(data, start, end)
    if (length < 0 || !output.read(this.#scratch, 0, length, out)) throw new BadValue(output.column, `${end - start} bytes that are none`)
  }

  /** Length of the text put into the scratch buffer; −1: bytes written as numbers that are no text. */
  #unescape(data: Buffer, start: number, end: number): number {
    if (this.#scratch.length < end - start) this.#scratch = Buffer.allocUnsafeSlow((end - start) * 2)
    const to = this.#scratch
    let length = 0
    let isNumbered = false
    for (let at = start; at < end; at++) {
      const byte = data[at] as number
      if (byte !== BACKSLASH) {
        to[length++] = byte
        continue
      }
      const letter = data[++at] as number
      const digits = at < end ? numberLength(data, at, end) : 0
      if (digits > 0) {
        isNumbered = true
        const isHex = letter === 0x78
        to[length++] = Number.parseInt(data.toString('latin1', isHex ? at + 1 : at, at + digits), isHex ? 16 : 8) & 0xff
        at += digits - 1
      } else if (at < end) to[length++] = ESCAPES[letter] as number
      else to[length++] = BACKSLASH
    }
    return isNumbered && !isStorableText(to, 0, length) ? -1 : length
  }

  #isWanted(data: Buffer): boolean {
    for (const part of this.#plan.after ?? []) {
      const text = this.#probe.textOf(part, out => this.#field(data, part.output, out))
      if (text !== part.wanted) return false
    }
    return true
  }

  #error(message: string, at: number): RowError {
    return new RowError(message, { row: this.rows + 1, at: this.#window.base + at })
  }
}

/** What a letter behind a backslash stands for: itself, mostly. */
const ESCAPES = new Uint8Array(256).map((_, i) => i)
for (const [letter, byte] of [
  ['b', 8],
  ['f', 12],
  ['n', 10],
  ['r', 13],
  ['t', 9],
  ['v', 11],
] as const)
  ESCAPES[letter.charCodeAt(0)] = byte

/** Bytes of `ooo` or `xhh` at `at`; 0 = neither. */
function numberLength(data: Buffer, at: number, end: number): number {
  const isHex = data[at] === 0x78
  const most = Math.min(end, at + 3)
  let to = isHex ? at + 1 : at
  const first = to
  while (to < most && isDigit(data[to] as number, isHex)) to++
  return to === first ? 0 : to - at
}

function isDigit(byte: number, isHex: boolean): boolean {
  if (!isHex) return byte >= 0x30 && byte <= 0x37
  return (byte >= 0x30 && byte <= 0x39) || ((byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x66)
}
