import { tableLabel } from '../base/table-label.ts'
import type { Entity, Mapping, MappingValue } from '../model/mapping.ts'
import type { CompiledEntity } from '../plan/compile-entity.ts'
import { requiredParents } from '../plan/order.ts'
import type { StrictTable } from '../target/target.ts'

/**
 * Tables of entities whose refused rows change what becomes of other rows: a reference to them says something else than "refuse this one too" where they are missing.
 * Such a refusal must be known before the child is read, so rules that can refuse a row stay in force during the load; what no row can break may still be set aside.
 */
export function strictTables(
  mapping: Mapping,
  compiled: readonly { readonly entity: Entity; readonly compiled: CompiledEntity }[],
): ReadonlyMap<string, StrictTable> {
  const heads = new Map(mapping.entities.map(({ name, into }) => [name, tableLabel(into[0]?.schema ?? '', into[0]?.table ?? '')]))
  const decisive = withParents(mapping, new Set(mapping.entities.flatMap(decisiveParents)))
  const strict = new Map<string, StrictTable>()
  for (const { entity, compiled: program } of compiled) {
    if (!decisive.has(entity.name)) continue
    for (const [i, shape] of entity.into.entries()) {
      const checked = shape.columns.flatMap(({ name, value }) => {
        const parent = checkedParent(value)
        return parent === null ? [] : [[name, heads.get(parent) ?? ''] as const]
      })
      strict.set(tableLabel(shape.schema, shape.table), { idColumn: program.tables[i]?.idColumn ?? null, checked: new Map(checked) })
    }
  }
  return strict
}

/** A row refused takes those that refer to it along, so what decides of a parent decides of its children. */
function withParents(mapping: Mapping, decisive: Set<string>): ReadonlySet<string> {
  for (const name of decisive) {
    const entity = mapping.entities.find(candidate => candidate.name === name)
    for (const parent of entity === undefined ? [] : requiredParents(entity)) decisive.add(parent)
  }
  return decisive
}

/** Entities whose missing rows this entity does not simply answer with a refusal. */
function decisiveParents(entity: Entity): readonly string[] {
  const hidden = entity.let.flatMap(({ value }) => refsIn(value))
  const plain = entity.into.flatMap(shape => shape.columns.map(column => column.value))
  const inside = plain.filter(value => value.kind === 'json').flatMap(refsIn)
  const open = plain.flatMap(value => (value.kind === 'ref' ? [value] : [])).filter(ref => !isPlainRefusal(ref))
  return [...hidden, ...inside, ...open].flatMap(ref => ref.entities)
}

type RefValue = Extract<MappingValue, { kind: 'ref' }>

function isPlainRefusal({ entities, missing }: RefValue): boolean {
  const takes = missing.map(outcome => outcome.take)
  if (takes.some(take => take !== null && 'allow' in take)) return true
  const [first] = takes
  return entities.length === 1 && (first === undefined || (first !== null && 'quarantine' in first))
}

/** The one entity whose rows the program sees to; null = none, or it does not look. */
function checkedParent(value: MappingValue): string | null {
  if (value.kind !== 'ref' || value.entities.length !== 1) return null
  const isUnchecked = value.missing.some(({ take }) => take !== null && 'allow' in take)
  return isUnchecked ? null : (value.entities[0] ?? null)
}

function refsIn(value: MappingValue): readonly RefValue[] {
  if (value.kind === 'ref') return [value]
  return value.kind === 'json' ? value.fields.flatMap(field => refsIn(field.value)) : []
}
