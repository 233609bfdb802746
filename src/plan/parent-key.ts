import { type KeyIndex, NOT_FOUND, UNSEEN } from '../base/key-index.ts'
import { canonicalKey } from '../base/key-text.ts'
import { TupleWriter } from '../base/tuple-writer.ts'
import { DONE, type FieldCast } from '../cast/cast.ts'
import { findCast } from '../cast/find-cast.ts'
import { integerKey, type KeyPart, keyText } from '../cast/key-text.ts'
import { type MappingValue, mayMerge } from '../model/mapping.ts'
import type { SqlType } from '../model/sql-type.ts'
import type { CompileContext, ParentFacts, ParentKey } from './compile-context.ts'
import { compileExpressionSource } from './compile-expression-source.ts'
import { NO_TENANT } from './no-tenant.ts'
import type { RowState, ValueSource } from './row-state.ts'

export const HAS_KEY = 0
/** A part of the key is NULL: there is no reference. */
export const NULL_KEY = 1
/** The value cannot be a key of the parent (text that is no number). */
export const NO_KEY = 2
/** The row's fate was sealed on the way. */
export const SEALED = 3

type RefValue = Extract<MappingValue, { kind: 'ref' }>

/** Null, with an error found: the values cannot be a key of the parent. */
export function compileParentKey(value: RefValue, parent: ParentFacts, context: CompileContext): ParentKey | null {
  const { problems } = context
  if (value.from.length !== parent.keyTypes.length) {
    problems.error(
      'MAPPING_TYPE',
      `expected ${parent.keyTypes.length} values for the key of ${parent.entity.name}, got ${value.from.length}`,
      { at: value.at, next: `Name the columns that hold the key of ${parent.entity.name}, in the order of its \`key\`.` },
    )
    return null
  }
  const parts: PartReader[] = []
  for (const [i, expression] of value.from.entries()) {
    const source = compileExpressionSource(expression, context)
    const part = { type: parent.keyTypes[i] as SqlType, equality: parent.keyEqualities[i] }
    const reader = source && partReader(source, part, context)
    if (source !== null && reader === null) {
      problems.error(
        'MAPPING_TYPE',
        `expected a value that can be compared with the key of ${parent.entity.name} (${parent.keyTypes[i]?.text}), got ${source.type.text}`,
        { at: expression.at, next: 'Cast it in the expression, for example `Column::int4`.' },
      )
    }
    if (reader === null) return null
    parts.push(reader)
  }
  const isInteger = parts.length === 1 && integerKey(parent.keyTypes[0] as SqlType) !== null
  const key = isInteger ? integerParentKey(parts[0] as PartReader, parent, context) : textParentKey(parts, parent, context)
  const isLookedUp = parent.strategy === 'lookup'
  const index = isLookedUp || mayMerge(parent.entity) ? context.aliases(parent.entity.name) : null
  return index === null ? key : throughIndex(key, { index, isLookedUp })
}

/** Of a row that is another row, that one's identifier; of one whose identifier was looked up, that, or NULL where nobody has seen the row. */
function throughIndex(key: ParentKey, { index, isLookedUp }: { readonly index: KeyIndex; readonly isLookedUp: boolean }): ParentKey {
  const id = Buffer.alloc(16)
  return {
    ...key,
    writeId: out => {
      const ordinal = key.find(index)
      if (ordinal !== NOT_FOUND && index.aliases.copy(ordinal, id, 0)) out.field(id, 0, 16)
      else if (ordinal !== NOT_FOUND && index.ids.copy(ordinal, id, 0)) out.field(id, 0, 16)
      else if (isLookedUp) out.null()
      else key.writeId(out)
    },
  }
}

/** Length and bytes. */
const UUID_FIELD = 20

/** Leaves the part, as a field of the parent's key type, in `scratch`. */
export interface PartReader {
  readonly scratch: TupleWriter
  readonly type: SqlType
  /** The part's canonical text. */
  readonly text: ReturnType<typeof keyText>
  /** Where it lies in the cursor when nothing has to be done to it. */
  readonly slot: number | null
  read(row: RowState): number
}

export function partReader(source: ValueSource, { type, equality }: KeyPart, context: CompileContext): PartReader | null {
  const scratch = new TupleWriter(64)
  const isAlike = source.type.name === type.name || (integerKey(source.type) !== null && integerKey(type) !== null)
  if (isAlike) {
    const read = (row: RowState): number => {
      scratch.reset()
      if (!source.write(row, scratch)) return SEALED
      return scratch.buf.readInt32BE(0) < 0 ? NULL_KEY : HAS_KEY
    }
    return { scratch, type: source.type, text: keyText(source.type, equality), slot: source.slot, read }
  }
  const rule = findCast({ source: source.type, target: type, sourceVersion: context.sourceVersion, targetVersion: context.sourceVersion })
  if (rule === null || rule.needsZone) return null
  const { gap, overlap } = context.mapping.time
  const cast: FieldCast = rule.compile({ zone: null, gap, overlap, zoneHit: () => undefined })
  const raw = new TupleWriter(64)
  const read = (row: RowState): number => {
    raw.reset()
    if (!source.write(row, raw)) return SEALED
    const length = raw.buf.readInt32BE(0)
    if (length < 0) return NULL_KEY
    scratch.reset()
    return cast(raw.buf, 4, length, scratch) === DONE ? HAS_KEY : NO_KEY
  }
  return { scratch, type, text: keyText(type, equality), slot: null, read }
}

function integerParentKey(part: PartReader, parent: ParentFacts, context: CompileContext): ParentKey {
  const halves = new Int32Array(2)
  const toHalves = integerKey(part.type) as NonNullable<ReturnType<typeof integerKey>>
  const { slot, scratch } = part
  const read =
    slot === null
      ? (row: RowState): number => {
          const result = part.read(row)
          if (result === HAS_KEY) toHalves(scratch.buf, 4, scratch.at - 4, halves)
          return result
        }
      : (row: RowState): number => {
          const length = row.cursor.length[slot] as number
          if (length < 0) return NULL_KEY
          toHalves(row.cursor.data, row.cursor.start[slot] as number, length, halves)
          return HAS_KEY
        }
  const ids = parentId(parent, context)
  const find = (index: KeyIndex): number => index.find(halves[0] as number, halves[1] as number)
  return {
    read,
    find,
    state: index => {
      const ordinal = find(index)
      return ordinal < 0 ? UNSEEN : index.state(ordinal)
    },
    ordinal: index => index.add(halves[0] as number, halves[1] as number),
    writeId: out => {
      out.ensure(UUID_FIELD)
      out.view.setInt32(out.at, 16)
      ids.fromHalves(halves, out.buf, out.at + 4)
      out.at += UUID_FIELD
    },
  }
}

function textParentKey(parts: readonly PartReader[], parent: ParentFacts, context: CompileContext): ParentKey {
  const words: string[] = parts.map(() => '')
  let text = ''
  const id = Buffer.alloc(16)
  const ids = parentId(parent, context)
  const read = (row: RowState): number => {
    for (let i = 0; i < parts.length; i++) {
      const part = parts[i] as PartReader
      const result = part.read(row)
      if (result !== HAS_KEY) return result
      words[i] = part.text(part.scratch.buf, 4, part.scratch.at - 4)
    }
    text = canonicalKey(words)
    return HAS_KEY
  }
  return {
    read,
    find: index => index.findText(text),
    state: index => {
      const ordinal = index.findText(text)
      return ordinal < 0 ? UNSEEN : index.state(ordinal)
    },
    ordinal: index => index.addText(text),
    writeId: out => {
      if (parent.strategy === 'keep') (parts[0] as PartReader).scratch.buf.copy(id, 0, 4, 20)
      else ids.fromText(text, id)
      out.field(id, 0, 16)
    },
  }
}

/** Identifiers made of a parent's key; what is kept is not among them. */
export interface ParentIds {
  fromHalves(halves: Int32Array, out: Buffer, at: number): void
  fromText(text: string, id: Buffer): void
}

export function parentId(parent: ParentFacts, context: Pick<CompileContext, 'identifiers' | 'tenant'>): ParentIds {
  const { identifiers, tenant } = context
  const tenantId = parent.entity.isShared ? NO_TENANT : (tenant?.id ?? NO_TENANT)
  if (parent.strategy === 'ordered') {
    const write = identifiers.ordered(parent.tenantNumber, parent.number)
    return {
      fromHalves: (halves, out, at) => write(halves[0] as number, halves[1] as number, out, at),
      fromText: () => undefined,
    }
  }
  const write =
    parent.strategy === 'v5' ? identifiers.v5(tenantId, parent.entity.name) : identifiers.hashed(parent.tenantNumber, parent.number)
  const big = (halves: Int32Array): string => ((BigInt(halves[0] as number) << 32n) | BigInt((halves[1] as number) >>> 0)).toString()
  return {
    fromHalves: (halves, out, at) => write(canonicalKey([big(halves)]), out, at),
    fromText: (text, id) => write(text, id, 0),
  }
}
