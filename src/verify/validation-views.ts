import { quoteName } from '../base/quote-name.ts'
import { tableLabel } from '../base/table-label.ts'
import type { Relation } from '../model/catalogue.ts'
import type { Entity, Mapping, Shape } from '../model/mapping.ts'
import { idColumnOf } from '../plan/compile-table.ts'

/** What the views of one service are made from. */
export interface ViewsOf {
  readonly mapping: Mapping
  readonly service: string
  /** Tables of the service that exist, by `schema.table`. */
  readonly relations: ReadonlyMap<string, Relation>
}

/**
 * SQL that makes the views of schema `validation`: for each entity of the service `<entity>_count_parity` (ledger against target, by tenant), `duplicate_<entity>` (identifiers that stand
 * more than once) and, where it has references, `orphan_<entity>` (rows that refer to nothing). Needs the ledger’s schema. Repeatable. Empty: there is nothing to look at.
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

interface Head {
  readonly name: string
  readonly id: string
  readonly tenant: string | null
}

function headOf(shape: Shape, { relations, tenantColumn }: Place): Head | null {
  const relation = relations.get(tableLabel(shape.schema, shape.table))
  const id = relation && idColumnOf(shape, relation, tenantColumn)
  if (relation === undefined || id == null) return null
  const hasTenant = relation.columns.some(column => column.name === tenantColumn)
  return {
    name: `${quoteName(shape.schema)}.${quoteName(shape.table)}`,
    id: quoteName(id),
    tenant: hasTenant && tenantColumn !== null ? quoteName(tenantColumn) : null,
  }
}

function viewsOf(entity: Entity, place: Place): readonly string[] {
  const shape = entity.into[0]
  const head = shape === undefined ? null : headOf(shape, place)
  if (shape === undefined || head === null) return []
  return [countParity(entity, head), duplicates(entity, head), ...orphans(entity, { shape, head }, place)]
}

function view(name: string, select: string): string {
  return `create or replace view validation.${quoteName(name)} as\n${select};`
}

function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`
}

function countParity(entity: Entity, { name, tenant }: Head): string {
  const number = `(select number from rehouse.entity where name = ${literal(entity.name)})`
  const counted = (table: string, condition = ''): string =>
    `(select count(*) from rehouse.${table} m where m.entity = ${number} and m.tenant = t.number${condition})`
  const open = ` and m.part = '' and m.resolved_batch is null`
  const own = tenant === null ? '' : ` where r.${tenant} = t.id`
  // Without a column that says whose a row is, the rows of all tenants are counted once.
  const from =
    tenant === null ? '(select 0 as number, null::text as code, null::uuid as id)' : '(select number, code, id from rehouse.tenant)'
  const inLedger =
    tenant === null && !entity.isShared ? counted('id_map_integer').replace(' and m.tenant = t.number', '') : counted('id_map_integer')
  const inText =
    tenant === null && !entity.isShared ? counted('id_map_text').replace(' and m.tenant = t.number', '') : counted('id_map_text')
  return view(
    `${entity.name}_count_parity`,
    `select c.*, c.in_ledger = c.in_target as is_equal from (
  select t.code as tenant, ${inLedger} + ${inText} as in_ledger,
    (select count(*) from ${name} r${own}) as in_target,
    ${counted('quarantine', open)} as in_quarantine, ${counted('exclusion')} as excluded
  from ${from} t
) c`,
  )
}

function duplicates(entity: Entity, { name, id }: Head): string {
  return view(`duplicate_${entity.name}`, `select ${id} as id, count(*) as rows from ${name} group by ${id} having count(*) > 1`)
}

function orphans(entity: Entity, { shape, head }: { readonly shape: Shape; readonly head: Head }, place: Place): readonly string[] {
  const selects = shape.columns.flatMap(({ name, value }) => {
    if (value.kind !== 'ref' || value.missing.some(({ take }) => take !== null && 'allow' in take)) return []
    const parents = value.entities.map(parent => {
      const other = place.mapping.entities.find(candidate => candidate.name === parent && candidate.service === place.service)
      return other?.into[0] === undefined ? null : headOf(other.into[0], place)
    })
    if (parents.some(parent => parent === null)) return []
    const column = `r.${quoteName(name)}`
    const missing = parents.map(parent => `not exists (select from ${parent?.name} p where p.${parent?.id} = ${column})`)
    const tenant = head.tenant === null ? 'null::uuid' : `r.${head.tenant}`
    return [
      `select ${literal(name)}::text as reference, ${tenant} as tenant, r.${head.id} as id, ${column} as leads_to from ${head.name} r\n  where ${column} is not null and ${missing.join(' and ')}`,
    ]
  })
  return selects.length === 0 ? [] : [view(`orphan_${entity.name}`, selects.join('\nunion all\n'))]
}
