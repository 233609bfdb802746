import { BITS_VALUE, BOOL_VALUE, DEFAULT_VALUE, NotConstant, NULL_VALUE, NUMBER_VALUE, TEXT_VALUE } from './insert-kinds.ts'
import { NAME_PART } from './sql-text.ts'

/**
 * Reads `INSERT INTO … VALUES …` of constants from bytes, row by row. After `next()` returned true, value i of the row has `kind[i]`, and its text, unquoted,
 * lies in `text` from `start[i]` to `end[i]`.
 */
const TAIL = /^\s*(?:on\s+conflict\s+(?:\([^()]*\)\s*)?do\s+nothing\s*)?$/i
const QUOTE = 0x27
const BACKSLASH = 0x5c
const ESCAPES: Readonly<Record<number, number>> = { 98: 8, 102: 12, 110: 10, 114: 13, 116: 9 }

export class InsertRows {
  kind: Uint8Array = new Uint8Array(64)
  start: Int32Array = new Int32Array(64)
  end: Int32Array = new Int32Array(64)
  /** Text of a cast beside the value; null = none. */
  readonly casts: (string | null)[] = []
  fields = 0
  /** Where the row began, in the statement. */
  rowAt = 0
  #data: Buffer = Buffer.alloc(0)
  #at = 0
  #store: Buffer = Buffer.alloc(0)
  #used = 0
  #hasStandardStrings = true
  /** Within a CAST; another within it is not read. */
  #isCast = false

  /** The bytes `start` and `end` count in; valid until the next row. */
  get text(): Buffer {
    return this.#store
  }

  /** Begins with a statement's rows. */
  open(statement: Buffer, at: number, options: { readonly hasStandardStrings: boolean }): void {
    this.#data = statement
    this.#at = at
    this.#isCast = false
    this.#hasStandardStrings = options.hasStandardStrings
    if (this.#store.length < statement.length) this.#store = Buffer.allocUnsafeSlow(statement.length * 2)
  }

  /** False: no more rows. Throws NotConstant. */
  next(): boolean {
    this.#blanks()
    if (this.#data[this.#at] !== 0x28) return this.#tail()
    this.rowAt = this.#at++
    this.fields = 0
    this.#used = 0
    this.casts.length = 0
    for (;;) {
      this.#value()
      this.#blanks()
      const byte = this.#data[this.#at++]
      if (byte === 0x29) break
      if (byte !== 0x2c) throw this.#strange()
    }
    this.#blanks()
    if (this.#data[this.#at] === 0x2c) this.#at++
    return true
  }

  #tail(): false {
    const rest = this.#data.toString('latin1', this.#at, Math.min(this.#data.length, this.#at + 1000))
    if (!TAIL.test(rest)) throw new NotConstant('the INSERT ends with a clause that a server has to carry out', this.#at)
    return false
  }

  #strange(): NotConstant {
    return new NotConstant('a value is not a constant', Math.min(this.#at, this.#data.length))
  }

  #blanks(): void {
    const data = this.#data
    for (;;) {
      let byte = data[this.#at] as number
      while (byte === 32 || (byte >= 9 && byte <= 13)) byte = data[++this.#at] as number
      if (byte === 0x2d && data[this.#at + 1] === 0x2d) {
        const newline = data.indexOf(10, this.#at)
        this.#at = newline < 0 ? data.length : newline + 1
      } else if (byte === 0x2f && data[this.#at + 1] === 0x2a) {
        const close = data.indexOf('*/', this.#at + 2)
        this.#at = close < 0 ? data.length : close + 2
      } else return
    }
  }

  #room(): void {
    if (this.fields < this.kind.length) return
    const grow = <T extends Uint8Array | Int32Array>(old: T, made: T): T => {
      made.set(old)
      return made
    }
    this.kind = grow(this.kind, new Uint8Array(this.kind.length * 2))
    this.start = grow(this.start, new Int32Array(this.start.length * 2))
    this.end = grow(this.end, new Int32Array(this.end.length * 2))
  }

  #value(): void {
    this.#blanks()
    this.#room()
    const i = this.fields++
    this.start[i] = this.#used
    this.casts[i] = null
    const byte = this.#data[this.#at] as number
    if (byte === QUOTE) this.#quoted(i, TEXT_VALUE, this.#hasStandardStrings ? 'plain' : 'escapes')
    else if (byte === 0x24) this.#dollar(i)
    else if ((byte >= 0x30 && byte <= 0x39) || byte === 0x2d || byte === 0x2b || byte === 0x2e) this.#number(i)
    else this.#word(i)
    this.end[i] = this.#used
    this.#castsAfter(i)
  }

  #quoted(i: number, kind: number, form: 'plain' | 'escapes'): void {
    this.kind[i] = kind
    if (form === 'escapes') {
      this.#escaped()
      return
    }
    const data = this.#data
    const store = this.#store
    let used = this.#used
    for (let at = this.#at + 1; at < data.length; at++) {
      const byte = data[at] as number
      if (byte === QUOTE && data[++at] !== QUOTE) {
        this.#used = used
        this.#at = at
        return
      }
      store[used++] = byte
    }
    throw this.#strange()
  }

  #escaped(): void {
    const data = this.#data
    let at = this.#at + 1
    for (; at < data.length; at++) {
      const byte = data[at] as number
      if (byte === QUOTE && data[at + 1] !== QUOTE) {
        this.#at = at + 1
        return
      }
      if (byte === QUOTE) at++
      if (byte !== BACKSLASH) this.#store[this.#used++] = byte
      else at = this.#escape(at + 1) - 1
    }
    throw this.#strange()
  }

  /** What stands behind a backslash of an E string, at `at`; returns where it ends. */
  #escape(at: number): number {
    const text = this.#data.toString('latin1', at, at + 9)
    const number = /^(?:([0-7]{1,3})|x([0-9a-fA-F]{1,2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8}))/.exec(text)
    if (number === null) {
      const byte = this.#data[at] as number
      if (byte === 0x76) throw new NotConstant('a string has the escape \\v, which servers before 16 read as a letter', at)
      this.#store[this.#used++] = ESCAPES[byte] ?? byte
      return at + 1
    }
    const [whole, octal, hex, short, long] = number
    const code = octal === undefined ? Number.parseInt(hex ?? short ?? long ?? '', 16) : Number.parseInt(octal, 8) & 0xff
    // Halves of surrogate pairs, and code points in the text of a byte, are left to those who write such scripts.
    if ((short ?? long) !== undefined && (code === 0 || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)))
      throw new NotConstant('a string has an escape that is no character', at)
    if ((short ?? long) === undefined) this.#store[this.#used++] = code
    else this.#used += this.#store.write(String.fromCodePoint(code), this.#used, 'utf8')
    return at + whole.length
  }

  #dollar(i: number): void {
    const open = /^\$(?:[A-Za-z_\x80-\xff][\w\x80-\xff]*)?\$/.exec(this.#data.toString('latin1', this.#at, this.#at + 256))?.[0]
    const from = this.#at + (open?.length ?? 0)
    const close = open === undefined ? -1 : this.#data.indexOf(open, from, 'latin1')
    if (open === undefined || close < 0) throw this.#strange()
    this.kind[i] = TEXT_VALUE
    this.#used += this.#data.copy(this.#store, this.#used, from, close)
    this.#at = close + open.length
  }

  #number(i: number): void {
    const data = this.#data
    const sign = data[this.#at]
    if (sign === 0x2d || sign === 0x2b) {
      this.#at++
      this.#blanks()
      if (sign === 0x2d) this.#store[this.#used++] = sign
    }
    const from = this.#at
    this.#digits()
    if (((data[this.#at] as number) | 0x20) === 0x65 && this.#at > from) {
      this.#take()
      if (isSign(data[this.#at] as number)) this.#take()
      this.#digits()
    }
    if (this.#at === from || isWordByte(data[this.#at] as number)) throw this.#strange()
    this.kind[i] = NUMBER_VALUE
  }

  /** Digits and points: whether they make a number is for whoever reads the value. */
  #digits(): void {
    for (let byte = this.#data[this.#at] as number; (byte >= 0x30 && byte <= 0x39) || byte === 0x2e; byte = this.#data[this.#at] as number)
      this.#take()
  }

  #take(): void {
    this.#store[this.#used++] = this.#data[this.#at++] as number
  }

  #word(i: number): void {
    const data = this.#data
    const from = this.#at
    while (isWordByte(data[this.#at] as number)) this.#at++
    const isNull = this.#at - from === 4 && ((data[from] as number) | 0x20) === 0x6e && ((data[from + 2] as number) | 0x20) === 0x6c
    const word = isNull ? 'null' : data.toString('latin1', from, this.#at).toLowerCase()
    if (word === 'null') this.kind[i] = NULL_VALUE
    else if (word === 'true' || word === 'false') {
      this.kind[i] = BOOL_VALUE
      this.#used += this.#store.write(word, this.#used, 'latin1')
    } else if (word === 'default') this.kind[i] = DEFAULT_VALUE
    else if (data[this.#at] === QUOTE && (word === 'e' || word === 'n'))
      this.#quoted(i, TEXT_VALUE, word === 'e' || !this.#hasStandardStrings ? 'escapes' : 'plain')
    else if (data[this.#at] === QUOTE && (word === 'b' || word === 'x')) this.#bits(i, word)
    else this.#typed(i, from)
  }

  #bits(i: number, form: 'b' | 'x'): void {
    this.#quoted(i, BITS_VALUE, 'plain')
    if (form === 'b') return
    const from = this.start[i] as number
    const digits = this.#store.toString('latin1', from, this.#used)
    if (!/^[0-9a-fA-F]*$/.test(digits)) throw this.#strange()
    const bits = [...digits].map(digit => Number.parseInt(digit, 16).toString(2).padStart(4, '0')).join('')
    if (this.#store.length < from + bits.length) throw this.#strange()
    this.#used = from + this.#store.write(bits, from, 'latin1')
  }

  /** `date '2024-01-01'`, `CAST('…' AS type)`. */
  #typed(i: number, from: number): void {
    const text = this.#data.toString('latin1', from, from + 100)
    const call = /^cast\s*\(/i.exec(text)
    const typed =
      /^((?:date|time|timestamp|timestamptz|timetz|interval|numeric|uuid|json|jsonb|bool|boolean|inet|text|bytea)(?:\s+with(?:out)?\s+time\s+zone)?)\s*(?=')/i.exec(
        text,
      )
    if (call !== null) {
      this.#at = from + call[0].length
      if (this.#isCast) throw this.#strange()
      this.#isCast = true
      this.fields--
      this.#value()
      this.#isCast = false
      this.#blanks()
      const rest = this.#data.toString('utf8', this.#at, this.#at + 300)
      const as = /^as\s+([^()]*(?:\([\d\s,-]*\))?[^()]*)\)/i.exec(rest)
      if (as === null) throw this.#strange()
      this.casts[i] = (as[1] ?? '').trim()
      this.#at += Buffer.byteLength(as[0])
    } else if (typed !== null) {
      this.#at = from + typed[0].length
      this.#quoted(i, TEXT_VALUE, this.#hasStandardStrings ? 'plain' : 'escapes')
      this.casts[i] = (typed[1] ?? '').trim()
    } else throw this.#strange()
  }

  /** `::type`, however many. */
  #castsAfter(i: number): void {
    this.#blanks()
    while (this.#data[this.#at] === 0x3a && this.#data[this.#at + 1] === 0x3a) {
      if (this.casts[i] !== null) throw this.#strange()
      const rest = this.#data.toString('utf8', this.#at + 2, this.#at + 400)
      const type = CAST_TYPE.exec(rest)
      if (type === null) throw this.#strange()
      this.casts[i] = type[0].trim()
      this.#at += 2 + Buffer.byteLength(type[0])
      this.#blanks()
    }
  }
}

const CAST_TYPE = new RegExp(
  String.raw`^\s*(?:(?:character|bit)\s+varying|double\s+precision|${NAME_PART}(?:\s*\.\s*${NAME_PART})*)(?:\s*\(\s*-?\d+(?:\s*,\s*-?\d+)*\s*\))?(?:\s+with(?:out)?\s+time\s+zone)?(?:\s*\[\s*\d*\s*\])*`,
  'i',
)

function isSign(byte: number): boolean {
  return byte === 0x2d || byte === 0x2b
}

function isWordByte(byte: number): boolean {
  return (
    (byte >= 0x61 && byte <= 0x7a) ||
    (byte >= 0x41 && byte <= 0x5a) ||
    byte === 0x5f ||
    byte >= 0x80 ||
    (byte >= 0x30 && byte <= 0x39) ||
    byte === 0x24
  )
}
