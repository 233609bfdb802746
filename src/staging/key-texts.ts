import { canonicalKey } from '../base/key-text.ts'
import { TupleCursor } from '../base/tuple-cursor.ts'
import { TupleWriter } from '../base/tuple-writer.ts'
import { keyText } from '../cast/key-text.ts'
import { valueText } from '../cast/value-text.ts'
import { RehouseError } from '../errors.ts'
import type { Column } from '../model/catalogue.ts'
import type { StagedShape } from './staged-shape.ts'

type FieldText = (data: Buffer, start: number, length: number) => string

/** The text of a key part under its column’s own equality: equal texts, equal keys. */
function equalityText({ type, collation }: Column): FieldText {
  return keyText(type, collation?.equality)
}

/** The tuples of a whole relation with the canonical texts of `shape.keyed` behind them. */
export async function* withKeyTexts(chunks: AsyncIterable<Buffer>, { columns, keyed }: StagedShape): AsyncGenerator<Buffer> {
  const cursor = new TupleCursor(columns.length)
  const texts = columns.flatMap(({ of }, i) => (keyed.includes(i) ? [{ i, text: equalityText(of) }] : []))
  const out = new TupleWriter()
  for await (const chunk of chunks) {
    cursor.push(chunk)
    out.reset()
    while (cursor.next()) {
      out.fieldCount(columns.length + keyed.length)
      copyFields(cursor, 0, out)
      for (const { i, text } of texts) {
        const length = cursor.length[i] as number
        if (length < 0) out.null()
        else out.text(text(cursor.data, cursor.start[i] as number, length))
      }
    }
    yield Buffer.from(out.bytes())
  }
  if (cursor.pending > 0) throw brokenOff(cursor.pending)
}

/** The fields of the row at the cursor from number `first` on, with their lengths. */
function copyFields(cursor: TupleCursor, first: number, out: TupleWriter): void {
  const from = first < cursor.fields ? (cursor.start[first] as number) - 4 : cursor.rowEnd
  const fields = cursor.data.subarray(from, cursor.rowEnd)
  out.ensure(fields.length)
  out.buf.set(fields, out.at)
  out.at += fields.length
}

/**
 * Of tuples in key order that begin with the key columns: what comes after the rows with the key of `after`, without the key columns in front.
 * For keys whose position cannot be said to PostgreSQL. Rows with a NULL in their key are delivered whatever the position is; a position no row has is SOURCE_CHANGED.
 */
export async function* afterPosition(
  chunks: AsyncIterable<Buffer>,
  of: { readonly key: readonly Column[]; readonly fields: number; readonly after: readonly string[] },
): AsyncGenerator<Buffer> {
  const { key, fields, after } = of
  const cursor = new TupleCursor(key.length + fields)
  const gate = new PositionGate(key, after)
  const out = new TupleWriter()
  for await (const chunk of chunks) {
    cursor.push(chunk)
    out.reset()
    while (cursor.next()) {
      if (!gate.isPast(cursor)) continue
      out.fieldCount(fields)
      copyFields(cursor, key.length, out)
    }
    if (out.at > 0) yield Buffer.from(out.bytes())
  }
  if (cursor.pending > 0) throw brokenOff(cursor.pending)
  gate.assertFound()
}

/** before → at (the first row with the position’s exact texts) → past (the first with another key). */
class PositionGate {
  readonly #after: readonly string[]
  readonly #exact: readonly FieldText[]
  readonly #equal: readonly FieldText[]
  #at: string | null = null
  #isPast = false

  constructor(key: readonly Column[], after: readonly string[]) {
    this.#after = after
    this.#exact = key.map(column => valueText(column.type))
    this.#equal = key.map(equalityText)
  }

  isPast(cursor: TupleCursor): boolean {
    if (this.#exact.some((_, i) => (cursor.length[i] as number) < 0)) return true
    if (this.#isPast) return true
    const texts = (of: readonly FieldText[]): readonly string[] =>
      of.map((text, i) => text(cursor.data, cursor.start[i] as number, cursor.length[i] as number))
    if (this.#at === null) {
      const isHere = texts(this.#exact).every((text, i) => text === this.#after[i])
      if (isHere) this.#at = canonicalKey(texts(this.#equal))
      return false
    }
    this.#isPast = canonicalKey(texts(this.#equal)) !== this.#at
    return this.#isPast
  }

  assertFound(): void {
    if (this.#at !== null) return
    throw new RehouseError('SOURCE_CHANGED', 'expected the last row done, got none with its key', {
      next: 'Begin a new run without --resume: it compares every row.',
    })
  }
}

function brokenOff(bytes: number): RehouseError {
  return new RehouseError('SOURCE_INVALID', `expected whole rows, got ${bytes} bytes of one that does not end`, {
    next: 'Run the same command again; if it stays, report it with what made the file.',
  })
}
