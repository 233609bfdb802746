import { canonicalKey } from '../base/key-text.ts'
import { TupleWriter } from '../base/tuple-writer.ts'
import { builtinType } from '../cast/builtin-types.ts'
import { keyText } from '../cast/key-text.ts'
import type { IdStrategy, MappingValue } from '../model/mapping.ts'
import type { CompileContext, ValueWanted } from './compile-context.ts'
import { compileExpressionSource } from './compile-expression-source.ts'
import { NO_TENANT } from './no-tenant.ts'
import { referencedEntities } from './order.ts'
import { QUARANTINED } from './outcome-registry.ts'
import { integerText } from './row-key.ts'
import type { RowState, ValueSource } from './row-state.ts'

const UUID = builtinType('uuid')

/** Fills `row.id` from the row's own key; false: the row's fate is sealed. */
export type MakeId = (row: RowState) => boolean

/** The identifier of the row itself: of its key by the entity's strategy, unless the head's column says that it is made of other values. */
export function compileOwnId(strategy: IdStrategy, context: CompileContext): MakeId {
  const { entity } = context
  const marked = entity.into[0]?.columns.map(column => column.value).find(value => value.kind === 'id')
  if (marked?.from == null) return idOfKey(strategy, context)
  const slots = marked.from.map(expression => context.slots.resolve([expression.text.trim()])?.slot)
  if (slots.length === context.key.names.length && slots.every((slot, i) => slot === i) && strategy !== 'ordered')
    return idOfKey(strategy, context)
  return idOfOthers(marked, context)
}

/** Nothing can refer to such a row: a reference knows its key, not these values. */
function idOfOthers(marked: IdValue, context: CompileContext): MakeId {
  const { entity, problems, mapping } = context
  const child = mapping.entities.find(other => referencedEntities(other).includes(entity.name))
  if (child !== undefined)
    problems.error(
      'MANIFEST_NOT_SUPPORTED',
      `expected the identifier of ${entity.name} to be made of its key (${context.key.names.join(', ')}), by which ${child.name} refers to it, got other values`,
      { at: marked.at, next: 'Leave `from` out of the identifier, or make its values the `key` of the entity.' },
    )
  const column = `${entity.name}.id`
  const source = compileId(marked, { type: UUID, column }, context)
  const cast = source && context.compilers.cast(source, { type: UUID, column, onLoss: [], at: marked.at }, context)
  if (cast === null) return () => false
  const scratch = new TupleWriter(32)
  return row => {
    scratch.reset()
    if (!cast.write(row, scratch)) return false
    if (scratch.buf.readInt32BE(0) < 0) return row.seal(QUARANTINED, 'null_key', column)
    scratch.buf.copy(row.id, 0, 4, 20)
    return true
  }
}

function idOfKey(strategy: IdStrategy, context: CompileContext): MakeId {
  const { identifiers, entityNumber, tenant, key } = context
  const tenantNumber = tenant?.number ?? 0
  if (strategy === 'ordered') {
    if (!key.isInteger) keyError('one integer', 'for ordered identifiers', context)
    const write = identifiers.ordered(tenantNumber, entityNumber)
    return row => {
      write(row.keyHalves[0] as number, row.keyHalves[1] as number, row.id, 0)
      return true
    }
  }
  if (strategy === 'keep') return keepKey(key.types[0]?.name === 'uuid' && key.types.length === 1, context)
  const write =
    strategy === 'hashed' ? identifiers.hashed(tenantNumber, entityNumber) : identifiers.v5(tenant?.id ?? NO_TENANT, context.entity.name)
  // An integer key is read as halves; its text is what a reference to it makes.
  const textOf = key.isInteger
    ? (row: RowState): string => canonicalKey([integerText(row.keyHalves)])
    : (row: RowState): string => row.keyText
  return row => {
    write(textOf(row), row.id, 0)
    return true
  }
}

function keepKey(isUuid: boolean, context: CompileContext): MakeId {
  if (!isUuid) keyError('one uuid', 'to keep', context)
  // The key's columns are delivered first.
  return row => {
    const { data, start } = row.cursor
    data.copy(row.id, 0, start[0] as number, (start[0] as number) + 16)
    return true
  }
}

function keyError(wanted: string, purpose: string, { entity, key, problems }: CompileContext): void {
  problems.error(
    'MAPPING_TYPE',
    `expected ${wanted} as the key of ${entity.name} ${purpose}, got ${key.types.map(type => type.text).join(', ')}`,
    { at: entity.at, next: 'Choose `id: ordered` for one integer, `id: keep` for one uuid, or `id: hashed` for every other key.' },
  )
}

/** `ordered` for one integer, `hashed` for every other key, unless the entity or the defaults say so. */
export function idStrategyOf(context: Pick<CompileContext, 'entity' | 'mapping' | 'key'>): IdStrategy {
  const head = context.entity.into[0]?.columns.find(column => column.value.kind === 'id')?.value
  const said = (head?.kind === 'id' ? head.strategy : null) ?? context.entity.id
  if (said !== null) return said
  const wish = context.mapping.defaults.id
  if (wish === null || (wish === 'ordered' && !context.key.isInteger)) return context.key.isInteger ? 'ordered' : 'hashed'
  return wish
}

type IdValue = Extract<MappingValue, { kind: 'id' }>

/** A column marked `id` outside the head, or what the head's identifier is made of: without `from` the row's own, with it an id made of other values by the same entity's numbers. */
export function compileId(value: IdValue, wanted: ValueWanted, context: CompileContext): ValueSource | null {
  if (value.from === null) return { type: UUID, slot: null, write: (row, out) => out.field(row.id, 0, 16) }
  const parts = value.from.map(expression => compileExpressionSource(expression, context))
  if (parts.some(part => part === null)) return null
  if (value.strategy === 'keep') return parts[0] ?? null
  if (value.strategy === 'ordered') {
    context.problems.error('MANIFEST_INVALID', 'expected no `from` beside `id: ordered`, which is made of the row’s own integer key', {
      at: value.at,
      next: 'Leave `from` out, or choose `id: hashed` or `id: v5`.',
    })
    return null
  }
  const { identifiers, entityNumber, tenant } = context
  const make =
    value.strategy === 'hashed'
      ? identifiers.hashed(tenant?.number ?? 0, entityNumber)
      : identifiers.v5(tenant?.id ?? NO_TENANT, context.entity.name)
  const texts = parts.map(part => keyText((part as ValueSource).type))
  const scratch = new TupleWriter(64)
  const id = Buffer.alloc(16)
  const write: ValueSource['write'] = (row, out) => {
    const words: string[] = []
    for (let i = 0; i < parts.length; i++) {
      scratch.reset()
      if (!(parts[i] as ValueSource).write(row, scratch)) return false
      const length = scratch.buf.readInt32BE(0)
      if (length < 0) return row.seal(QUARANTINED, 'null_key', wanted.column)
      words.push((texts[i] as (d: Buffer, s: number, l: number) => string)(scratch.buf, 4, length))
    }
    make(canonicalKey(words), id, 0)
    out.field(id, 0, 16)
    return true
  }
  return { type: UUID, slot: null, write }
}
