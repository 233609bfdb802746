import { ByteWindow } from './byte-window.ts'
import { StatementLexer } from './statement-lexer.ts'

/**
 * Takes a psql script apart: statements, meta-commands, comments between them, rows of COPY. States: between statements (`#start` null), within one, within the rows of a COPY (`beginCopy`, left
 * at `\.`). Offsets are bytes from the beginning. Quoting, nesting and `BEGIN ATOMIC` bodies end statements exactly where psql ends them.
 */
export type ScriptPiece =
  | { readonly kind: 'statement' | 'meta' | 'comment'; readonly start: number; readonly end: number }
  | { readonly kind: 'rows'; readonly start: number; readonly end: number; readonly rows: number }

/** A script that does not go on as it must. */
export class ScriptError extends Error {
  readonly at: number
  /** Rows of the COPY under way. */
  readonly rows: number | null

  constructor(message: string, place: { readonly at: number; readonly rows?: number }) {
    super(message)
    this.at = place.at
    this.rows = place.rows ?? null
  }
}

/** A statement longer than this is taken for one whose end is lost. */
const MOST_STATEMENT_BYTES = 1 << 27
const NEWLINE = 10
const RETURN = 13
const BACKSLASH = 92
const END_MARK = Buffer.from('\n\\.')

export class ScriptScanner {
  readonly #window = new ByteWindow()
  readonly #lexer = new StatementLexer()
  #start: number | null = null
  #at = 0
  #isEnded = false
  #copyStart: number | null = null
  #rows = 0
  #isLineStart = false
  /** Backslashes just before `#at`. */
  #slashes = 0

  /** `standard_conforming_strings`. */
  set hasStandardStrings(value: boolean) {
    this.#lexer.hasStandardStrings = value
  }

  push(chunk: Buffer): void {
    this.#window.push(chunk, Math.min(this.#at, this.#start ?? this.#at))
  }

  /** Nothing more will come. */
  end(): void {
    this.#isEnded = true
  }

  /** Bytes of the piece just returned; valid until the next `push`. */
  bytes(piece: { readonly start: number; readonly end: number }): Buffer {
    return this.#window.data.subarray(piece.start - this.#window.base, piece.end - this.#window.base)
  }

  /** What follows are rows, from the line after the statement just returned. */
  beginCopy(): void {
    this.#copyStart = -1
    this.#rows = 0
  }

  /** The next piece; null: more bytes are needed, or all is done. Throws ScriptError. */
  next(): ScriptPiece | null {
    if (this.#copyStart !== null) return this.#nextRows()
    const { data, base } = this.#window
    if (this.#start === null) {
      const piece = this.#between(data, base)
      if (piece !== undefined) return piece
    }
    return this.#statement(data, base)
  }

  /** Skips blanks; a comment or meta-command is a piece; undefined: a statement begins. */
  #between(data: Buffer, base: number): ScriptPiece | null | undefined {
    let i = this.#at - base
    while (i < data.length && isBlank(data[i] as number)) i++
    this.#at = base + i
    if (i === data.length) return null
    const isComment = data[i] === 0x2d && data[i + 1] === 0x2d
    if (isComment || data[i] === BACKSLASH) return this.#line(isComment ? 'comment' : 'meta', i)
    if (data[i] === 0x2d && i + 1 === data.length && !this.#isEnded) return null
    this.#start = this.#at
    this.#lexer.reset()
    return undefined
  }

  #line(kind: 'comment' | 'meta', i: number): ScriptPiece | null {
    const { data, base } = this.#window
    const newline = data.indexOf(NEWLINE, i)
    if (newline < 0 && !this.#isEnded) return this.#tooLong(base + i)
    const end = newline < 0 ? data.length : newline
    this.#at = base + end
    return { kind, start: base + i, end: base + (data[end - 1] === RETURN ? end - 1 : end) }
  }

  #statement(data: Buffer, base: number): ScriptPiece | null {
    const start = this.#start ?? this.#at
    const found = this.#lexer.scan(data, this.#at - base, this.#isEnded)
    this.#at = base + this.#lexer.at
    if (found === null && !this.#isEnded) return this.#tooLong(start)
    if (found === null && this.#lexer.isQuoted)
      throw new ScriptError('expected the end of a quoted text or comment, got the end of the file', { at: start })
    const end = this.#at
    this.#start = null
    if (found === 'end') this.#at++
    if (this.#lexer.isEmpty) return found === null ? null : this.next()
    if (found === null) throw new ScriptError('expected the end of a statement (;), got the end of the file', { at: start })
    return { kind: 'statement', start, end }
  }

  #tooLong(start: number): null {
    if (this.#window.end - start > MOST_STATEMENT_BYTES)
      throw new ScriptError(`expected the end of a statement within ${MOST_STATEMENT_BYTES} bytes, got none`, { at: start })
    return null
  }

  #nextRows(): ScriptPiece | null {
    const { data, base } = this.#window
    if (this.#copyStart === -1) {
      const newline = data.indexOf(NEWLINE, this.#at - base)
      if (newline < 0) return this.#missing(data.length)
      this.#at = base + newline + 1
      this.#copyStart = this.#at
      this.#isLineStart = true
      this.#slashes = 0
    }
    const from = this.#at - base
    if (this.#isLineStart && data.length - from < 2 && !this.#isEnded) return null
    const isHere = this.#isLineStart && data[from] === BACKSLASH && data[from + 1] === 0x2e
    const mark = isHere ? from - 1 : data.indexOf(END_MARK, from)
    const isFound = isHere || mark >= 0
    // What may be the beginning of a mark is looked at again.
    const to = isFound ? mark + 1 : Math.max(from, this.#isEnded ? data.length : data.length - 2)
    this.#rows += this.#lines(from, to)
    this.#at = base + to
    this.#isLineStart = isFound || (this.#isLineStart && to === from)
    return isFound ? this.#endOfRows(to) : this.#missing(to)
  }

  /** Ends of lines: a newline after an odd number of backslashes is data. */
  #lines(from: number, to: number): number {
    const { data } = this.#window
    let lines = 0
    for (let i = from; i < to; i++) {
      if (data[i] !== NEWLINE) continue
      const isPlain = i > from ? data[i - 1] !== BACKSLASH : this.#slashes === 0
      if (isPlain || this.#slashesBefore(i, from) % 2 === 0) lines++
    }
    if (to > from) this.#slashes = this.#slashesBefore(to, from)
    return lines
  }

  /** Backslashes that stand before `i`, also in what is gone. */
  #slashesBefore(i: number, from: number): number {
    const { data } = this.#window
    let count = 0
    while (i - 1 - count >= from && data[i - 1 - count] === BACKSLASH) count++
    return i - count === from ? count + this.#slashes : count
  }

  /** At `\.`: the line must end there. */
  #endOfRows(i: number): ScriptPiece | null {
    const { data, base } = this.#window
    const after = data[i + 2] === RETURN ? i + 3 : i + 2
    if (after >= data.length && !this.#isEnded) return null
    if (after < data.length && data[after] !== NEWLINE)
      throw new ScriptError('expected the end of the line after \\., got more', { at: base + i, rows: this.#rows })
    const piece = { kind: 'rows', start: this.#copyStart ?? this.#at, end: base + i, rows: this.#rows } as const
    this.#at = base + Math.min(after, data.length)
    this.#copyStart = null
    return piece
  }

  #missing(i: number): null {
    if (!this.#isEnded) return null
    throw new ScriptError('expected \\. at the end of the rows, got the end of the file', { at: this.#window.base + i, rows: this.#rows })
  }
}

function isBlank(byte: number): boolean {
  return byte === 32 || (byte >= 9 && byte <= 13) || byte === 0x3b
}
