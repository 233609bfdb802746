import { tableLabel } from '../base/table-label.ts'
import { shapesOf } from '../model/every-shape.ts'
import type { Entity, Mapping, MappingValue, Shape } from '../model/mapping.ts'
import { standsFor } from '../model/stands-for.ts'
import type { CompiledEntity } from '../plan/compile-entity.ts'
import type { UnbreakableRules } from '../target/target.ts'

interface Program {
  readonly entity: Entity
  readonly compiled: CompiledEntity
}

/**
 * What no row of the mapping’s tables can break: only that may be set aside. A rule that can refuse a row stays in force while rows are loaded, because a refusal that
 * comes late has come too late for what hangs on it: children that could do without, a duplicate that could have stayed, an optional part. So what a run gives does not
 * depend on whether keys were set aside, and a run that was broken off gives the same as one that was not.
 */
export function unbreakableRules(mapping: Mapping, programs: readonly Program[]): ReadonlyMap<string, UnbreakableRules> {
  const heads = new Map(mapping.entities.map(({ name, into }) => [name, tableLabel(into[0]?.schema ?? '', into[0]?.table ?? '')]))
  const writers = new Map<string, Set<string>>()
  for (const { name, into } of mapping.entities)
    for (const shape of into) {
      const label = tableLabel(shape.schema, shape.table)
      writers.set(label, (writers.get(label) ?? new Set<string>()).add(name))
    }
  const rules = new Map<string, UnbreakableRules>()
  for (const program of programs) {
    for (const [i, shape] of program.entity.into.entries()) {
      const label = tableLabel(shape.schema, shape.table)
      const isAlone = writers.get(label)?.size === 1
      const own = {
        distinct: distinctColumns(program, { mapping, i, isAlone }),
        checked: checkedColumns(shape, { heads, mapping }),
        constant: new Set(tenantColumn(program.entity, mapping) ?? []),
      }
      const known = rules.get(label)
      rules.set(label, known === undefined ? own : inBoth(known, own))
    }
  }
  return rules
}

/** Sets of columns no two rows can share: the identifier Rehouse makes, and where one entity alone brings rows, the tenant with the source’s own key. */
function distinctColumns(
  { entity, compiled }: Program,
  of: { mapping: Mapping; i: number; isAlone: boolean },
): readonly (readonly string[])[] {
  const shape = entity.into[of.i]
  const table = compiled.tables[of.i]
  if (shape === undefined || table === undefined || !hasOwnLabels(shape)) return []
  const id = table.idColumn === null || !isMade(shape, { column: table.idColumn, isHead: of.i === 0, compiled }) ? [] : [[table.idColumn]]
  const key =
    of.isAlone && shape.each === null && shape.alternatives.length === 0
      ? keyColumns(shape, { entity, compiled, mapping: of.mapping })
      : null
  return key === null ? id : [...id, key]
}

/** One row per source row, or each literal group under a constant of its own. */
function hasOwnLabels({ each }: Shape): boolean {
  if (each === null) return true
  if (each.list !== null) return false
  const member = each.key.text.trim().replace(`${each.as}.`, '')
  const labels = each.groups.map(group => group.find(({ name }) => name === member)?.value.text.trim() ?? '')
  return labels.every(label => /^'[^']*'$/.test(label)) && new Set(labels).size === labels.length
}

/** Made by Rehouse of tenant, entity and key; not kept from the source, nor made of other values. */
function isMade(shape: Shape, { column, isHead, compiled }: { column: string; isHead: boolean; compiled: CompiledEntity }): boolean {
  if (isHead && compiled.strategy === 'keep') return false
  return shapesOf(shape).every(one => {
    const value = one.columns.find(({ name }) => name === column)?.value
    return value === undefined || (value.kind === 'id' && value.from === null)
  })
}

const EXACT_KEYS: ReadonlySet<string> = new Set(['int2', 'int4', 'int8', 'uuid'])

/** The tenant’s column and those the source’s whole key goes to unchanged; null = not all of it does. */
function keyColumns(shape: Shape, of: { entity: Entity; compiled: CompiledEntity; mapping: Mapping }): readonly string[] | null {
  const { entity, compiled, mapping } = of
  const { key } = compiled
  if (key === null || key.source.kind === 'content' || !key.types.every(type => EXACT_KEYS.has(type.name))) return null
  const label = tableLabel(shape.schema, shape.table)
  const isExact = (column: string): boolean =>
    compiled.described.some(
      one => one.table === label && one.column === column && (one.how === 'bytes' || one.how === 'cast') && one.loss === 'never',
    )
  const columns = key.names.map(name => shape.columns.find(column => isPlainly(column.value, name) && isExact(column.name))?.name ?? null)
  const tenant = entity.isShared ? [] : tenantColumn(entity, mapping)
  return tenant !== null && columns.every(column => column !== null) ? [...tenant, ...columns] : null
}

function isPlainly(value: MappingValue, column: string): boolean {
  return value.kind === 'expression' && value.expression.text.trim().replace(/^"(.*)"$/, '$1') === column
}

/** References the program checks, whichever of several shapes is written. */
interface Heads {
  readonly mapping: Mapping
  /** Entity → label of its head. */
  readonly heads: ReadonlyMap<string, string>
}

function checkedColumns(shape: Shape, of: Heads): ReadonlyMap<string, string> {
  const [first, ...others] = shapesOf(shape).map(one => checkedIn(one, of))
  return new Map([...(first ?? [])].filter(([column, head]) => others.every(other => other.get(column) === head)))
}

function checkedIn(shape: Shape, { mapping, heads }: Heads): ReadonlyMap<string, string> {
  const parents = shape.columns.flatMap(({ name, value }) => {
    const parent = checkedParent(value)
    if (parent === null) return []
    // A row that is another entity’s row may be in another table than its key says.
    const tables = new Set(standsFor(parent, mapping.entities).map(entity => heads.get(entity) ?? ''))
    return tables.size > 1 ? [] : [[name, heads.get(parent) ?? ''] as const]
  })
  return new Map(parents)
}

/** The column that tells tenants apart, alone in a list; null = there is none. */
function tenantColumn(entity: Entity, mapping: Mapping): readonly [string] | null {
  const column = mapping.services.find(service => service.name === entity.service)?.tenantColumn ?? null
  return entity.isShared || column === null ? null : [column]
}

/** The one entity whose rows the program sees to; null = none, or it does not look. */
function checkedParent(value: MappingValue): string | null {
  if (value.kind !== 'ref' || value.entities.length !== 1) return null
  const isUnchecked = value.missing.some(({ take }) => take !== null && 'allow' in take)
  return isUnchecked ? null : (value.entities[0] ?? null)
}

/** Tenants and entities that write to one table must agree. */
function inBoth(a: UnbreakableRules, b: UnbreakableRules): UnbreakableRules {
  return {
    distinct: a.distinct.filter(columns => b.distinct.some(other => JSON.stringify(other) === JSON.stringify(columns))),
    checked: new Map([...a.checked].filter(([column, table]) => b.checked.get(column) === table)),
    constant: new Set([...a.constant].filter(column => b.constant.has(column))),
  }
}
