import { tableLabel } from '../base/table-label.ts'
import { REST_COLUMN, type Relation } from '../model/catalogue.ts'
import type { CompatColumn, CompatTable } from '../model/compat-result.ts'
import type { Mapping } from '../model/mapping.ts'
import { exclusionOf } from './coverage.ts'
import { better, type WayBack } from './way-back.ts'

export interface CompatInput {
  readonly mapping: Mapping
  /** A source's relations as one tenant has them. */
  readonly sources: readonly { readonly source: string; readonly relations: readonly Relation[] }[]
  /** Of each entity that reads rows: the relation, and what its program makes of the columns. */
  readonly readings: readonly {
    readonly entity: string
    readonly source: string
    readonly relation: Relation
    readonly ways: readonly WayBack[]
  }[]
}

/** Per table and column of the sources: could a view in the target give it back, and be written to? */
export function compatOf({ mapping, sources, readings }: CompatInput): readonly CompatTable[] {
  const ways = readings.flatMap(({ relation, ways: own }) => own.flatMap(way => spread(way, relation)))
  const tables = new Map<string, CompatTable>()
  for (const { source, relations } of sources)
    for (const relation of relations) {
      if (relation.query !== undefined || relation.many !== undefined) continue
      const table = tableLabel(relation.schema, relation.name)
      const known = tables.get(`${source}/${table}`)
      const own = ways.filter(way => way.source === source && tableLabel(way.relation.schema, way.relation.name) === table)
      const entities = readings
        .filter(one => one.source === source && physical(one.relation).some(name => name === table))
        .map(one => one.entity)
      const made = tableOf({ mapping, source, table, relation, entities: [...new Set(entities)], ways: own })
      // Tenants may have columns others lack.
      const more = made.columns.filter(({ column }) => !known?.columns.some(other => other.column === column))
      tables.set(`${source}/${table}`, known === undefined ? made : { ...known, columns: [...known.columns, ...more] })
    }
  return [...tables.values()]
}

interface TableParts {
  readonly mapping: Mapping
  readonly source: string
  readonly table: string
  readonly relation: Relation
  readonly entities: readonly string[]
  readonly ways: readonly WayBack[]
}

function tableOf({ mapping, source, table, relation, entities, ways }: TableParts): CompatTable {
  const excluded = exclusionOf(mapping, { source, table, column: null })
  const columns = relation.columns.map(({ name, type }): CompatColumn => {
    const left = excluded ?? exclusionOf(mapping, { source, table, column: name })
    const own = ways.filter(way => way.column === name)
    const best = own.reduce<WayBack | null>((a, b) => (a === null || better(a.inverse, b.inverse) !== a.inverse ? b : a), null)
    const none = { way_back: 'no', from: null, why: left === null ? 'nothing uses it' : `left out: ${left.reason}` } as const
    const found =
      best === null || (left !== null && best.inverse === 'no') ? none : { way_back: best.inverse, from: best.into, why: best.why }
    return { column: name, type: type.text, ...found }
  })
  const written = mapping.entities.filter(({ name, isLeftOut }) => entities.includes(name) && !isLeftOut)
  const leavesOut = written.some(({ rules, list }) => list !== null || rules.some(({ fate }) => fate !== 'note'))
  return {
    source,
    table,
    entities: written.map(({ name }) => name),
    rows: written.length === 0 ? 'none' : leavesOut ? 'some' : 'all',
    columns,
  }
}

function physical(relation: Relation): readonly string[] {
  return (relation.many?.tables.map(one => one.relation) ?? [relation]).map(({ schema, name }) => tableLabel(schema, name))
}

/** Of many tables read as one: the way of each that has the column. */
function spread(way: WayBack, relation: Relation): readonly WayBack[] {
  const { many } = relation
  if (many === undefined || way.relation.schema !== relation.schema || way.relation.name !== relation.name) return [way]
  return many.tables.flatMap(({ relation: table, shape }) => {
    const columns = way.column === REST_COLUMN ? (many.shapes[shape] ?? []).map(column => column.name) : [way.column]
    return columns.map(column => ({ ...way, column, relation: table }))
  })
}
