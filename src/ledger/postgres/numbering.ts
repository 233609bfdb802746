import { RehouseError } from '../../errors.ts'
import type { NumberedEntity, NumberedTenant } from '../../model/ledger-records.ts'
import type { Tenant } from '../../model/mapping.ts'
import type { Session } from '../../postgres/session.ts'
import { MOST_ENTITIES, MOST_TENANTS } from '../numbers.ts'

type NamedEntity = Omit<NumberedEntity, 'number'>

/** Numbers for new codes, the known ones unchanged. In a transaction of the caller. */
export async function numberTenants(session: Session, tenants: readonly Tenant[]): Promise<readonly NumberedTenant[]> {
  const first = await lockCounter(session, 'next_tenant')
  const known = new Map((await readTenants(session)).map(tenant => [tenant.code, tenant]))
  let next = first
  const numbered = tenants.map(tenant => ({ ...tenant, number: known.get(tenant.code)?.number ?? next++ }))
  if (next > MOST_TENANTS + 1) throw tooMany('TENANT_INVALID', `expected at most ${MOST_TENANTS} tenants, got ${next - 1}`)
  await moveCounter(session, 'next_tenant', next)
  await writeTenants(session, numbered)
  return numbered
}

/** Numbers for new names, the known ones unchanged. In a transaction of the caller. */
export async function numberEntities(session: Session, entities: readonly NamedEntity[]): Promise<readonly NumberedEntity[]> {
  const first = await lockCounter(session, 'next_entity')
  const known = new Map((await readEntities(session)).map(entity => [entity.name, entity]))
  let next = first
  const numbered = entities.map(entity => ({ ...entity, number: known.get(entity.name)?.number ?? next++ }))
  if (next > MOST_ENTITIES + 1) throw tooMany('LEDGER_INVALID', `expected at most ${MOST_ENTITIES} entities, got ${next - 1}`)
  await moveCounter(session, 'next_entity', next)
  await writeEntities(session, numbered)
  return numbered
}

/** Takes over numbers allotted elsewhere. LEDGER_INVALID where one is taken. In a transaction of the caller. */
export async function adoptNumbers(
  session: Session,
  tenants: readonly NumberedTenant[],
  entities: readonly NumberedEntity[],
): Promise<void> {
  const nextTenant = await lockCounter(session, 'next_tenant')
  const nextEntity = await lockCounter(session, 'next_entity')
  await writeTenants(session, tenants)
  await writeEntities(session, entities)
  await moveCounter(session, 'next_tenant', Math.max(nextTenant, ...tenants.map(tenant => tenant.number + 1)))
  await moveCounter(session, 'next_entity', Math.max(nextEntity, ...entities.map(entity => entity.number + 1)))
}

export async function readTenants(session: Session): Promise<readonly NumberedTenant[]> {
  const { rows } = await session.query('select number, code, id, name, zone, columns from rehouse.tenant order by number')
  return rows.map(([number, code, id, name, zone, columns]) => ({
    number: Number(number),
    code: String(code),
    id: String(id),
    name: String(name),
    zone: zone ?? null,
    // Written by writeTenants from the same type.
    columns: JSON.parse(String(columns)) as Readonly<Record<string, string>>,
  }))
}

export async function readEntities(session: Session): Promise<readonly NumberedEntity[]> {
  const { rows } = await session.query('select number, name, service, head_table from rehouse.entity order by number')
  return rows.map(([number, name, service, table]) => ({
    number: Number(number),
    name: String(name),
    service: String(service),
    table: String(table),
  }))
}

async function lockCounter(session: Session, counter: 'next_tenant' | 'next_entity'): Promise<number> {
  const { rows } = await session.query(`select ${counter} from rehouse.meta for update`)
  if (rows[0] === undefined)
    throw new RehouseError('LEDGER_INVALID', 'expected an installed ledger, got one without identity', {
      next: 'Run `rehouse migrate` again: it finishes the installation.',
    })
  return Number(rows[0][0])
}

async function moveCounter(session: Session, counter: 'next_tenant' | 'next_entity', next: number): Promise<void> {
  await session.query(`update rehouse.meta set ${counter} = $1 where ${counter} <> $1`, [next])
}

function tooMany(code: 'TENANT_INVALID' | 'LEDGER_INVALID', message: string): RehouseError {
  return new RehouseError(code, message, { next: 'Split the migration: identifiers have no room for more.' })
}

async function writeTenants(session: Session, tenants: readonly NumberedTenant[]): Promise<void> {
  await refuseOtherTenants(session, tenants)
  await session.query(
    `insert into rehouse.tenant (number, code, id, name, zone, columns)
    select number, code, id, name, zone, columns from pg_catalog.json_to_recordset($1) as t(number int, code text, id uuid, name text, zone text, columns json)
    on conflict (number) do update set name = excluded.name, zone = excluded.zone, columns = excluded.columns
    where (tenant.name, tenant.zone, tenant.columns::text) is distinct from (excluded.name, excluded.zone, excluded.columns::text)`,
    [JSON.stringify(tenants)],
  )
}

/** A code is one tenant for ever: same number, same id; and no two codes share an id. */
async function refuseOtherTenants(session: Session, tenants: readonly NumberedTenant[]): Promise<void> {
  const { rows } = await session.query(
    `select n.code, n.number, n.id, o.code, o.number, o.id
    from pg_catalog.json_to_recordset($1) as n(number int, code text, id uuid)
    join (select number, code, id from rehouse.tenant union select number, code, id from pg_catalog.json_to_recordset($1) as t(number int, code text, id uuid)) o
      on (o.code = n.code or o.number = n.number or o.id = n.id)
    where (o.code, o.number, o.id) <> (n.code, n.number, n.id)
    order by n.number limit 1`,
    [JSON.stringify(tenants.map(({ number, code, id }) => ({ number, code, id })))],
  )
  const [code, number, id, otherCode, otherNumber, otherId] = rows[0] ?? []
  if (code === undefined) return
  if (code === otherCode && id !== otherId) throw tenantError(String(code), `expected the id ${otherId} the tenant has had, got ${id}`)
  if (id === otherId && code !== otherCode) throw tenantError(String(code), `expected an id of its own, got that of tenant ${otherCode}`)
  throw new RehouseError(
    'LEDGER_INVALID',
    `expected number ${number} for tenant ${code}, got a ledger in which ${otherCode} has number ${otherNumber}`,
    {
      where: { tenant: String(code) },
      next: 'The services were migrated with different control ledgers: see docs/ledger.md.',
    },
  )
}

function tenantError(code: string, message: string): RehouseError {
  return new RehouseError('TENANT_INVALID', message, {
    where: { tenant: code },
    next: 'Correct the list of tenants: a tenant keeps its id for ever.',
  })
}

async function writeEntities(session: Session, entities: readonly NumberedEntity[]): Promise<void> {
  const rows = JSON.stringify(entities)
  const { rows: clashes } = await session.query(
    `select n.name, n.number, o.name, o.number from pg_catalog.json_to_recordset($1) as n(number int, name text)
    join rehouse.entity o on (o.name = n.name) <> (o.number = n.number) limit 1`,
    [rows],
  )
  const [name, number, otherName, otherNumber] = clashes[0] ?? []
  if (name !== undefined) {
    throw new RehouseError(
      'LEDGER_INVALID',
      `expected number ${number} for entity ${name}, got a ledger in which ${otherName} has number ${otherNumber}`,
      {
        where: { entity: String(name) },
        next: 'The services were migrated with different control ledgers: see docs/ledger.md.',
      },
    )
  }
  await session.query(
    `insert into rehouse.entity (number, name, service, head_table)
    select number, name, service, "table" from pg_catalog.json_to_recordset($1) as e(number int, name text, service text, "table" text)
    on conflict (number) do update set service = excluded.service, head_table = excluded.head_table
    where (entity.service, entity.head_table) is distinct from (excluded.service, excluded.head_table)`,
    [rows],
  )
}
