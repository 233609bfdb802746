import { quoteName } from '../base/quote-name.ts'
import { tableLabel } from '../base/table-label.ts'
import type { Relation } from '../model/catalogue.ts'
import { shapesOf } from '../model/every-shape.ts'
import type { Entity, Mapping, MappingValue, Shape } from '../model/mapping.ts'
import { idColumnOf } from '../plan/compile-table.ts'

/** What the views of one service are made from. */
export interface ViewsOf {
  readonly mapping: Mapping
  readonly service: string
  /** Tables of the service that exist, by `schema.table`. */
  readonly relations: ReadonlyMap<string, Relation>
}

/**
 * SQL that makes the views of schema `validation`: for each entity of the service `<entity>_count_parity` (ledger against target, by tenant, of heads and of parts), `duplicate_<entity>`
 * (identifiers that stand more than once) and, where it has references, `orphan_<entity>` (rows and parts that refer to nothing). Needs the ledger’s schema. Repeatable. Empty: there is
 * nothing to look at.
 */
export function validationViews(of: ViewsOf): string {
  const tenantColumn = of.mapping.services.find(service => service.name === of.service)?.tenantColumn ?? null
  const views = of.mapping.entities
    .filter(entity => entity.service === of.service)
    .flatMap(entity => viewsOf(entity, { ...of, tenantColumn }))
  if (views.length === 0) return ''
  const head = `create schema if not exists validation;\ncomment on schema validation is 'Views that compare the ledger with the tables; made by rehouse, safe to drop.';`
  return `${[head, ...views].join('\n\n')}\n`
}

interface Place extends ViewsOf {
  readonly tenantColumn: string | null
}

/** A table an entity fills. */
interface Filled {
  readonly shape: Shape
  /** As the ledger names it. */
  readonly label: string
  /** Quoted, as the id and the tenant’s column are. */
  readonly name: string
  readonly id: string | null
  readonly tenant: string | null
  /** Entities of the service that fill it. */
  readonly writers: readonly string[]
}

function filledOf(shape: Shape, place: Place): Filled | null {
  const { mapping, service, relations, tenantColumn } = place
  const label = tableLabel(shape.schema, shape.table)
  const relation = relations.get(label)
  if (relation === undefined) return null
  const id = idColumnOf(shape, relation, tenantColumn)
  const fills = (entity: Entity): boolean => entity.into.some(own => tableLabel(own.schema, own.table) === label)
  return {
    shape,
    label,
    name: `${quoteName(shape.schema)}.${quoteName(shape.table)}`,
    id: id === null ? null : quoteName(id),
    tenant: tenantColumn !== null && relation.columns.some(column => column.name === tenantColumn) ? quoteName(tenantColumn) : null,
    writers: mapping.entities.filter(entity => entity.service === service && fills(entity)).map(({ name }) => name),
  }
}

function viewsOf(entity: Entity, place: Place): readonly string[] {
  const tables = entity.into.map(shape => filledOf(shape, place)).filter(table => table !== null)
  const [head, ...parts] = tables
  if (head === undefined || head.shape !== entity.into[0]) return []
  return [countParity(entity, head, parts), ...duplicates(entity, tables), ...orphans(entity, tables, place)]
}

function view(name: string, select: string): string {
  return `create or replace view validation.${quoteName(name)} as\n${select};`
}

function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`
}

/** Of the head by the id map, where each of its keys has one row; of parts, and of a head others fill too, by what the ledger says was written. */
function countParity(entity: Entity, head: Filled, parts: readonly Filled[]): string {
  const ofTenant = head.tenant !== null || entity.isShared ? ' and m.tenant = t.number' : ''
  const number = `(select number from rehouse.entity where name = ${literal(entity.name)})`
  const counted = (table: string, condition: string): string =>
    `(select count(*) from rehouse.${table} m where m.entity = ${number}${condition})`
  const isSimple = head.writers.length === 1 && head.shape.when === null && head.shape.each === null && head.shape.alternatives.length === 0
  const inLedger = isSimple ? `${counted('id_map_integer', ofTenant)} + ${counted('id_map_text', ofTenant)}` : written(head)
  const open = ` and m.part = '' and m.resolved_batch is null`
  // Without a column that says whose a row is, the rows of all tenants are counted once.
  const from =
    head.tenant === null ? '(select 0 as number, null::text as code, null::uuid as id)' : '(select number, code, id from rehouse.tenant)'
  const sum = (sums: readonly string[]): string => (sums.length === 0 ? '0::bigint' : sums.join(' + '))
  // A part that does not say whose its rows are has no number of a tenant’s.
  const own = parts.filter(part => (part.tenant === null) === (head.tenant === null))
  return view(
    `${entity.name}_count_parity`,
    `select c.*, c.in_ledger = c.in_target and c.parts_in_ledger = c.parts_in_target as is_equal from (
  select t.code as tenant, ${inLedger} as in_ledger, ${inTarget(head)} as in_target,
    ${counted('quarantine', ` and m.tenant = t.number${open}`)} as in_quarantine, ${counted('exclusion', ' and m.tenant = t.number')} as excluded,
    ${sum(own.map(written))} as parts_in_ledger, ${sum(own.map(inTarget))} as parts_in_target
  from ${from} t
) c`,
  )
}

function inTarget({ name, tenant }: Filled): string {
  return `(select count(*) from ${name} r${tenant === null ? '' : ` where r.${tenant} = t.id`})`
}

/** Rows of a table in batches of any entity that fills it: all of the tenant, or all there are. */
function written({ label, tenant, writers }: Filled): string {
  const entities = `select number from rehouse.entity where name in (${writers.map(literal).join(', ')})`
  const own = tenant === null ? '' : ' and b.tenant = t.number'
  return `(select coalesce(sum((b.written ->> ${literal(label)})::bigint), 0)::bigint from rehouse.batch b where b.entity in (${entities})${own})`
}

/** Identifiers of rows of their own that stand more than once, in the head or in a part. */
function duplicates(entity: Entity, tables: readonly Filled[]): readonly string[] {
  const selects = tables.flatMap(({ name, id, label }) =>
    id === null
      ? []
      : [
          `select ${id}::text as id, count(*) as rows, ${literal(label)}::text as table_name from ${name} group by ${id} having count(*) > 1`,
        ],
  )
  return selects.length === 0 ? [] : [view(`duplicate_${entity.name}`, selects.join('\nunion all\n'))]
}

function orphans(entity: Entity, tables: readonly Filled[], place: Place): readonly string[] {
  const selects = tables.flatMap((table, at) => {
    const own = new Map<string, string>()
    for (const { columns } of shapesOf(table.shape))
      for (const { name, value } of columns) {
        const missing = value.kind === 'ref' ? missingIn(name, value, place) : null
        if (missing !== null) own.set(name, own.has(name) ? `${own.get(name)} and ${missing}` : missing)
      }
    return [...own].map(([name, missing]) => orphansOf(table, { name, label: at === 0 ? name : `${table.label}.${name}`, missing }))
  })
  return selects.length === 0 ? [] : [view(`orphan_${entity.name}`, selects.join('\nunion all\n'))]
}

function orphansOf(
  { name, id, tenant }: Filled,
  reference: { readonly name: string; readonly label: string; readonly missing: string },
): string {
  const column = `r.${quoteName(reference.name)}`
  const whose = tenant === null ? 'null::uuid' : `r.${tenant}`
  const select = `select ${literal(reference.label)}::text as reference, ${whose} as tenant, ${id === null ? 'null' : `r.${id}`}::text as id, ${column}::text as leads_to`
  return `${select} from ${name} r\n  where ${column} is not null and ${reference.missing}`
}

/** That none of the parents has the row; null: a parent is elsewhere, or need not be. */
function missingIn(column: string, value: Extract<MappingValue, { kind: 'ref' }>, place: Place): string | null {
  if (value.missing.some(({ take }) => take !== null && 'allow' in take)) return null
  const parents = value.entities.map(parent => {
    const shape = place.mapping.entities.find(other => other.name === parent && other.service === place.service)?.into[0]
    return shape === undefined ? null : filledOf(shape, place)
  })
  if (parents.some(parent => parent === null || parent.id === null)) return null
  return parents.map(parent => `not exists (select from ${parent?.name} p where p.${parent?.id} = r.${quoteName(column)})`).join(' and ')
}
