import { TupleCursor } from '../base/tuple-cursor.ts'
import { TupleWriter } from '../base/tuple-writer.ts'
import { DONE, type FieldCast, LOSSY } from '../cast/cast.ts'
import { findCast } from '../cast/find-cast.ts'
import { literalEncoder } from '../cast/literal-encoder.ts'
import { baseOf, familyOf } from '../cast/sql-family.ts'
import { hasValueText, valueText } from '../cast/value-text.ts'
import { RehouseError } from '../errors.ts'
import type { Relation } from '../model/catalogue.ts'
import type { SqlType } from '../model/sql-type.ts'
import type { SampleColumn, SampleRow } from './choose-examples.ts'
import type { DraftTable } from './draft.ts'
import { LEGACY_ID } from './draft-names.ts'
import { findNamed } from './folded-groups.ts'
import { isPersonal, isVolatile } from './personal-columns.ts'
import { TARGET_VERSION } from './target-type.ts'

const MOST_CHARACTERS = 120

interface Shown extends SampleColumn {
  readonly source: string
  readonly type: SqlType
  readonly cast: FieldCast
  readonly takesLoss: boolean
}

/** Turns rows a source delivers into what examples may show: no references, nothing that may be about a person, nothing long or binary. */
export class SampleReader {
  readonly #keys: readonly { readonly name: string; readonly type: SqlType }[]
  readonly #shown: readonly Shown[]
  readonly #cursor: TupleCursor
  readonly rows: SampleRow[] = []

  /** Null: the table's rows cannot be named by a key, its key may be personal, or nothing of it may be shown. */
  static of(table: DraftTable, relation: Relation, version: number): SampleReader | null {
    const { key } = table
    if (key.kind === 'content') return null
    const keys = key.names.flatMap(name => {
      const column = findNamed(relation.columns, name, known => known.name)
      return column === null ? [] : [{ name: column.name, type: column.type }]
    })
    const isNamed =
      keys.length === key.names.length && keys.every(({ name, type }) => hasValueText(type) && !isPersonal(table.from.name, name, type))
    const shown = shownColumns(table, relation, version)
    return isNamed && shown.length > 0 ? new SampleReader(keys, shown) : null
  }

  private constructor(keys: SampleReader['keys'], shown: readonly Shown[]) {
    this.#keys = keys
    this.#shown = shown
    this.#cursor = new TupleCursor(keys.length + shown.length)
  }

  get keys(): readonly { readonly name: string; readonly type: SqlType }[] {
    return this.#keys
  }

  /** Key columns, then those that are shown. */
  get columns(): readonly string[] {
    return [...this.#keys.map(({ name }) => name), ...this.#shown.map(({ source }) => source)]
  }

  get shown(): readonly SampleColumn[] {
    return this.#shown
  }

  push(chunk: Buffer): void {
    const cursor = this.#cursor
    cursor.push(chunk)
    while (cursor.next()) {
      const field = (i: number): Buffer | null => {
        const length = cursor.length[i] as number
        const start = cursor.start[i] as number
        return length < 0 ? null : cursor.data.subarray(start, start + length)
      }
      const key = this.#keys.map(({ type }, i) => keyText(type, field(i)))
      if (key.some(text => text === null)) continue
      const values = this.#shown.map((column, i) => shownValue(column, field(this.#keys.length + i)))
      this.rows.push({ key: key.map(text => text ?? ''), values })
    }
  }
}

/** A part of a key as a person would type it in; null where that would not mean it. */
function keyText(type: SqlType, field: Buffer | null): string | null {
  if (field === null) return null
  const text = shownText(type, field, 0)
  const written = new TupleWriter(64)
  written.field(field, 0, field.length)
  return isShowable(text) && reads(text, type, Buffer.from(written.bytes())) ? text : null
}

/** Blanks at the end of a character(n) are no part of it. */
function shownText(type: SqlType, data: Buffer, start: number): string {
  const text = valueText(type)(data, start, data.length - start)
  const family = familyOf(baseOf(type))
  if (family === 'bool') return String(text === 't')
  return family === 'bpchar' ? text.trimEnd() : text
}

function isShowable(text: string): boolean {
  return text.length <= MOST_CHARACTERS && !/\p{Cc}|\p{Cf}|\p{Zl}|\p{Zp}/u.test(text)
}

const KINDS: Readonly<Record<string, SampleColumn['kind']>> = {
  int: 'number',
  numeric: 'number',
  float: 'number',
  date: 'time',
  timestamp: 'time',
  timestamptz: 'time',
  time: 'time',
  text: 'text',
  bpchar: 'text',
  bool: 'other',
  uuid: 'other',
  enum: 'other',
}

function shownColumns(table: DraftTable, relation: Relation, version: number): readonly Shown[] {
  return table.columns.flatMap(({ name, type, value }) => {
    // The key says it already.
    if (value.kind !== 'column' || name === LEGACY_ID) return []
    if (isPersonal(table.from.name, value.source, type) || isVolatile(value.source)) return []
    const column = findNamed(relation.columns, value.source, known => known.name)
    const kind = KINDS[familyOf(baseOf(type))]
    if (column === null || kind === undefined || relation.denied?.columns.includes(column.name)) return []
    const rule = findCast({ source: column.type, target: type, sourceVersion: version, targetVersion: TARGET_VERSION })
    if (rule === null || rule.needsZone) return []
    const cast = rule.compile({ zone: null, gap: 'quarantine', overlap: 'quarantine', zoneHit: () => undefined })
    return [{ name, source: column.name, type, kind, cast, takesLoss: value.losesDigits }]
  })
}

/** Undefined: it cannot be typed in so that it means the same. */
function shownValue({ type, cast, takesLoss }: Shown, field: Buffer | null): string | null | undefined {
  if (field === null) return null
  const out = new TupleWriter(64)
  const result = cast(field, 0, field.length, out)
  if (result !== DONE && !(result === LOSSY && takesLoss)) return undefined
  const written = Buffer.from(out.bytes())
  const shown = shownText(type, written, 4)
  return isShowable(shown) && reads(shown, type, written) ? shown : undefined
}

function reads(text: string, type: SqlType, written: Buffer): boolean {
  try {
    const out = new TupleWriter(64)
    literalEncoder(text, type)(out)
    return out.bytes().equals(written)
  } catch (error) {
    if (error instanceof RehouseError) return false
    throw error
  }
}
