import type { SchemaDebt, SchemaStep } from '../../model/ledger-records.ts'
import type { Session } from '../../postgres/session.ts'

/** Integer keys only: there the key costs most. `integer_key` look-ups still work without it, by reading the whole. */
export async function idMapStep(session: Session): Promise<SchemaStep | null> {
  const { rows } = await session.query(
    `select pg_catalog.pg_has_role(c.relowner, 'USAGE') and not exists (select from rehouse.id_map_integer)
    from pg_catalog.pg_class c where c.oid = 'rehouse.id_map_integer'::pg_catalog.regclass`,
  )
  if (rows[0]?.[0] !== 't') return null
  const table = 'rehouse.id_map_integer'
  return {
    kind: 'drop_constraint',
    schema: 'rehouse',
    table: 'id_map_integer',
    name: 'id_map_integer_pkey',
    apply: `alter table ${table} drop constraint id_map_integer_pkey`,
    undo: `alter table ${table} add constraint id_map_integer_pkey primary key (tenant, entity, key)`,
  }
}

export async function recordStep(session: Session, run: string, step: SchemaStep): Promise<string> {
  const { rows } = await session.query(
    `insert into rehouse.schema_step (run, kind, table_schema, table_name, name, apply_sql, undo_sql) values ($1, $2, $3, $4, $5, $6, $7) returning id`,
    [run, step.kind, step.schema, step.table, step.name, step.apply, step.undo],
  )
  return String(rows[0]?.[0])
}

export async function settleStep(session: Session, id: string): Promise<void> {
  await session.query('update rehouse.schema_step set undone_at = pg_catalog.clock_timestamp() where id = $1 and undone_at is null', [id])
}

/** Oldest first: undo in reverse order. */
export async function readDebts(session: Session): Promise<readonly SchemaDebt[]> {
  const { rows } = await session.query(
    'select id, run, kind, table_schema, table_name, name, apply_sql, undo_sql from rehouse.schema_step where undone_at is null order by schema_step.id',
  )
  return rows.map(row => {
    const [id, run, kind, schema, table, name, apply, undo] = row.map(String)
    // Written by recordStep from the same type.
    return {
      id: id ?? '',
      run: run ?? '',
      kind: kind as SchemaStep['kind'],
      schema: schema ?? '',
      table: table ?? '',
      name: name ?? '',
      apply: apply ?? '',
      undo: undo ?? '',
    }
  })
}
