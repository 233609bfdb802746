import type { SchemaStep } from '../../model/ledger-records.ts'
import { qualifiedName, quoteLiteral, quoteName } from '../../postgres/quote.ts'
import type { TableName } from '../target.ts'
import { foundLine } from './set-aside.ts'
import type { ForeignKeyFacts, IndexFacts, PostgresRelation } from './target-relations.ts'
import { requirementLine } from './violations.ts'

/** One step each, with its exact inverse. */

const GUARD = 'rehouse_guard'
/** Any two writers that make the guard's function at once must wait for one another. */
const GUARD_LOCK = 7_310_575_174_811_751_273n

/**
 * From here on only Rehouse's own sessions write to the table. Making the trigger waits for every other writer, so what the check after it finds is final:
 * a row that came since the table was looked at ends the step with SQLSTATE 55000.
 */
export function guardStep(table: PostgresRelation, run: string): SchemaStep {
  const name = qualifiedName(table)
  const message = quoteLiteral(`${table.schema}.${table.name} got rows from another session since it was found empty`)
  return step('guard', table, {
    name: GUARD,
    apply: `${MAKE_GUARD_FUNCTION};
create trigger ${GUARD} before insert or update or delete or truncate on ${name} for each statement execute function rehouse.refuse_other_writers(${quoteLiteral(run)});
alter table ${name} enable always trigger ${GUARD};
do ${quoteLiteral(`begin if exists (select from ${name}) then raise exception using errcode = '55000', message = ${message}; end if; end`)}`,
    undo: `${foundLine(table)}drop trigger if exists ${GUARD} on ${name}`,
  })
}

const GUARD_BODY = `begin
  if pg_catalog.current_setting('rehouse.writer', true) is distinct from 'on' then
    raise exception using
      errcode = 'object_in_use',
      message = pg_catalog.format('expected nobody else to write to %I.%I while Rehouse loads it (run %s)', tg_table_schema, tg_table_name, tg_argv[0]),
      hint = 'Wait for the run to end. After a crash, run the rehouse command again: it takes the guard off.';
  end if;
  return null;
end`

const MAKE_GUARD_FUNCTION = `select pg_catalog.pg_advisory_xact_lock(${GUARD_LOCK});
do ${quoteLiteral(`begin
  if pg_catalog.to_regprocedure('rehouse.refuse_other_writers()') is null then
    create function rehouse.refuse_other_writers() returns trigger language plpgsql as ${quoteLiteral(GUARD_BODY)};
  end if;
end`)}`

export function disableTriggerStep(table: TableName, trigger: { readonly name: string; readonly isAlways: boolean }): SchemaStep {
  const name = qualifiedName(table)
  return step('disable_trigger', table, {
    name: trigger.name,
    apply: `alter table ${name} disable trigger ${quoteName(trigger.name)}`,
    undo: `alter table ${name} enable ${trigger.isAlways ? 'always ' : ''}trigger ${quoteName(trigger.name)}`,
  })
}

export function dropForeignKeyStep(table: TableName, key: ForeignKeyFacts): SchemaStep {
  const name = qualifiedName(table)
  const { pairs, referenced, isFullMatch } = key
  const requirement = key.isValidated ? requirementLine({ kind: 'foreign key', pairs, referenced, isFullMatch }) : ''
  const undo = [
    `alter table ${name} add constraint ${quoteName(key.name)} ${key.definition}`,
    ...comment(`constraint ${quoteName(key.name)} on ${name}`, key.comment),
  ]
  return step('drop_foreign_key', table, {
    name: key.name,
    apply: `alter table ${name} drop constraint ${quoteName(key.name)}`,
    undo: requirement + undo.join(';\n'),
  })
}

/** An index, or the primary key or unique constraint it carries. The index is made first and then taken for the constraint, because only its own definition says everything. */
export function dropIndexStep(table: TableName, index: IndexFacts): SchemaStep {
  const name = qualifiedName(table)
  const indexName = qualifiedName({ schema: table.schema, name: index.name })
  const { constraint, keys, predicate, nullsNotDistinct } = index
  const requirement = index.isUnique ? requirementLine({ kind: 'unique', keys, predicate, nullsNotDistinct }) : ''
  const undo = [
    // The definition does not say where; the setting counts where it does not. The role's own setting must not.
    `set local default_tablespace = ${quoteLiteral(index.tablespace)}`,
    index.definition,
    "set local default_tablespace = ''",
    ...(constraint ? [takeForConstraint(name, index, constraint)] : []),
    ...comment(`index ${indexName}`, index.comment),
    ...(constraint ? comment(`constraint ${quoteName(constraint.name)} on ${name}`, index.constraintComment) : []),
    ...(index.isClustered ? [`alter table ${name} cluster on ${quoteName(index.name)}`] : []),
  ]
  return step(constraint ? 'drop_constraint' : 'drop_index', table, {
    name: constraint ? constraint.name : index.name,
    apply: constraint ? `alter table ${name} drop constraint ${quoteName(constraint.name)}` : `drop index ${indexName}`,
    undo: requirement + undo.join(';\n'),
  })
}

function takeForConstraint(table: string, index: IndexFacts, constraint: NonNullable<IndexFacts['constraint']>): string {
  const kind = constraint.kind === 'primary' ? 'primary key' : 'unique'
  return `alter table ${table} add constraint ${quoteName(constraint.name)} ${kind} using index ${quoteName(index.name)}${constraint.timing}`
}

function comment(on: string, text: string | null): readonly string[] {
  return text === null ? [] : [`comment on ${on} is ${quoteLiteral(text)}`]
}

function step(kind: SchemaStep['kind'], table: TableName, facts: Pick<SchemaStep, 'name' | 'apply' | 'undo'>): SchemaStep {
  return { kind, schema: table.schema, table: table.name, ...facts }
}
