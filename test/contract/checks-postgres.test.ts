import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import type { Check } from '../../src/checks/check.ts'
import { sourceKey } from '../../src/checks/source-key.ts'
import { sourceKeyEquality } from '../../src/checks/source-key-equality.ts'
import { sourceVersion } from '../../src/checks/source-version.ts'
import { sourceWritable } from '../../src/checks/source-writable.ts'
import type { Survey } from '../../src/checks/survey.ts'
import { targetBeforeTriggers } from '../../src/checks/target-before-triggers.ts'
import { targetCircle } from '../../src/checks/target-circle.ts'
import { targetConstraints } from '../../src/checks/target-constraints.ts'
import { targetForeignKeysWithoutTenant } from '../../src/checks/target-foreign-keys-without-tenant.ts'
import { targetLedgerRights } from '../../src/checks/target-ledger-rights.ts'
import { targetPooled } from '../../src/checks/target-pooled.ts'
import { targetReadOnly } from '../../src/checks/target-read-only.ts'
import { targetRights } from '../../src/checks/target-rights.ts'
import { targetRowSecurity } from '../../src/checks/target-row-security.ts'
import { targetSetNull } from '../../src/checks/target-set-null.ts'
import { targetTableKind } from '../../src/checks/target-table-kind.ts'
import { targetTriggersNotOurs } from '../../src/checks/target-triggers-not-ours.ts'
import { targetTriggersUnsaid } from '../../src/checks/target-triggers-unsaid.ts'
import { targetUniqueKeysWithoutTenant } from '../../src/checks/target-unique-keys-without-tenant.ts'
import { targetVersion } from '../../src/checks/target-version.ts'
import { openPostgresSource } from '../../src/source/postgres/postgres-source.ts'
import { openPostgresTarget } from '../../src/target/postgres/postgres-target.ts'
import type { TargetFacts } from '../../src/target/target.ts'
import { newDatabase, sql, type TestDatabase } from '../support/postgres.ts'
import { findingsOf, manifestWith, type SurveyWish, surveyOf } from '../support/survey.ts'

/** The facts a server tells lead the checks to the traps that were laid: the good tables of test/support/survey.ts, each with something in the way. */
const TARGET = `
create schema core;
create table core.schools (id uuid primary key, tenant_id uuid not null, name text not null, unique (tenant_id, id));
create table core.students (
  id uuid primary key, tenant_id uuid not null, school_id uuid not null, name text not null unique, created_at timestamptz not null, tutor_id uuid,
  unique (tenant_id, id),
  constraint to_school foreign key (school_id) references core.schools (id),
  constraint to_tutor foreign key (tenant_id, tutor_id) references core.students (tenant_id, id) on delete set null
);
alter table core.students add constraint to_tutor_only foreign key (tenant_id, tutor_id) references core.students (tenant_id, id) on delete set null (tutor_id) not valid;
create index half on core.students (name);
create table core.contacts (id uuid primary key, tenant_id uuid not null, student_id uuid not null, phone text not null);
alter table core.contacts enable row level security;
create policy own on core.contacts using (tenant_id = nullif(current_setting('app.current_tenant', true), '')::uuid);
create function core.stamp() returns trigger language plpgsql as 'begin return new; end';
create trigger stamp before insert on core.students for each row execute function core.stamp();
create trigger late after update on core.schools for each statement execute function core.stamp();
`
const TABLES = ['schools', 'students', 'contacts'].map(name => ({ schema: 'core', name }))
const TUTORED = manifestWith('name: name, created_at', 'tutor_id: { ref: student, from: school_id }, name: name, created_at')

test('what PostgreSQL says of a target leads the checks to what is in the way', async t => {
  const database = await newDatabase(t)
  await database.script(TARGET)
  await database.sql(`update pg_index set indisvalid = false where indexrelid = 'core.half'::regclass`)
  const url = await database.writerUrl()
  const role = new URL(url).username
  await database.sql(`revoke insert on core.schools from "${role}"`)
  const of = async (check: Check, wish: SurveyWish = {}): Promise<readonly (readonly unknown[])[]> =>
    findingsOf(check, await surveyOfTarget(url, wish)).map(({ severity, where, message }) => [severity, where.table, message])
  const says = (triggers: string): SurveyWish => ({ manifest: TUTORED.replace('tenant_id }', `tenant_id, triggers: ${triggers} }`) })

  await t.test('a right that lacks', async () =>
    assert.deepEqual(await of(targetRights), [
      ['error', 'core.schools', `expected role ${role} to have the rights to insert and read, got none to INSERT`],
    ]),
  )
  await t.test('row-level security in force', async () => {
    const [[severity, table] = [], ...others] = await of(targetRowSecurity)
    assert.deepEqual([severity, table, others], ['error', 'core.contacts', []])
  })
  await t.test('triggers nobody spoke of, those of others, those before the insert', async () => {
    assert.deepEqual(
      (await of(targetTriggersUnsaid)).map(([, table]) => table),
      ['core.schools', 'core.students'],
    )
    assert.deepEqual(
      (await of(targetTriggersNotOurs, says('disable'))).map(([, table]) => table),
      ['core.schools', 'core.students'],
    )
    assert.deepEqual(
      (await of(targetBeforeTriggers, says('fire'))).map(([severity, table]) => [severity, table]),
      [['info', 'core.students']],
    )
  })
  await t.test('a key behind references to later rows, on a table that is not ours, unless the column may be NULL until then', async () => {
    assert.deepEqual(await of(targetCircle), [])
    await database.script('alter table core.students alter tutor_id set not null')
    assert.deepEqual(
      (await of(targetCircle)).map(([severity, , message]) => [severity, message]),
      ['to_tutor', 'to_tutor_only'].map(key => [
        'error',
        `expected to set foreign key ${key} aside until all rows are there, got a table of postgres, not of ${role}`,
      ]),
    )
    await database.script('alter table core.students alter tutor_id drop not null')
  })
  await t.test('a foreign key and a unique key without the tenant', async () => {
    assert.match(String((await of(targetForeignKeysWithoutTenant))[0]?.[2]), /in foreign key to_school, got \(school_id\)/)
    assert.match(String((await of(targetUniqueKeysWithoutTenant))[0]?.[2]), /in unique key students_name_key, got \(name\)/)
    assert.equal((await of(targetUniqueKeysWithoutTenant)).length, 1)
  })
  await t.test('SET NULL that would null the tenant, where no column list forbids it', async () =>
    assert.deepEqual(
      (await of(targetSetNull)).map(([, , message]) => /foreign key (\w+)/.exec(String(message))?.[1]),
      ['to_tutor'],
    ),
  )
  await t.test('a foreign key that is not validated, an index that is not valid', async () =>
    assert.deepEqual(
      (await of(targetConstraints)).map(([, , message]) => /key (\w+)|index (\w+)/.exec(String(message))?.[0]),
      ['key to_tutor_only', 'index half'],
    ),
  )
  await t.test('nothing more once an owner that row-level security does not bind migrates', async () => {
    const owner = await database.writerUrl({ ownsTables: true, bypassRowSecurity: true })
    const survey = await surveyOfTarget(owner, says('disable'))
    for (const check of [
      targetRights,
      targetRowSecurity,
      targetTriggersUnsaid,
      targetTriggersNotOurs,
      targetCircle,
      targetTableKind,
      targetVersion,
      targetPooled,
    ])
      assert.deepEqual(findingsOf(check, survey), [], check.name)
    await database.script(`insert into core.schools values (gen_random_uuid(), gen_random_uuid(), 'x');
      insert into core.students select gen_random_uuid(), gen_random_uuid(), id, 'x', now() from core.schools`)
    assert.deepEqual(findingsOf(targetCircle, await surveyOfTarget(owner, says('disable'))), [])
    await database.script('update core.students set tutor_id = id; alter table core.students alter tutor_id set not null')
    assert.match(
      findingsOf(targetCircle, await surveyOfTarget(owner, says('disable')))[0]?.message ?? '',
      /got a table that holds rows already$/,
    )
  })
})

test('what is no table is refused', async t => {
  const database = await newDatabase(t)
  await database.script(`create schema core; create table core.t (id uuid, tenant_id uuid, name text); create view core.schools as select * from core.t;
    create materialized view core.students as select *, id as school_id, now() as created_at from core.t; create table core.contacts (id uuid, tenant_id uuid, student_id uuid, phone text) partition by list (phone)`)
  const survey = await surveyOfTarget(await database.writerUrl(), {})
  assert.deepEqual(
    findingsOf(targetTableKind, survey).map(({ where, message }) => [where.table, message]),
    [
      ['core.schools', 'expected a table, got a view'],
      ['core.students', 'expected a table, got a materialized view'],
    ],
  )
})

test('a role that may not make the ledger is refused until the schema is made for it', async t => {
  const database = await newDatabase(t)
  await database.script('create schema core')
  const url = await database.writerUrl()
  const role = new URL(url).username
  const of = async () => findingsOf(targetLedgerRights, await surveyOfTarget(url, {})).length
  assert.equal(await of(), 0, 'may create schemas')
  await database.sql(`revoke create on database "${database.name}" from "${role}"`)
  assert.equal(await of(), 1, 'may not')
  await database.sql('create schema rehouse')
  assert.equal(await of(), 1, 'somebody else’s schema')
  const [finding] = findingsOf(targetLedgerRights, await surveyOfTarget(url, {}))
  const [, statement = ''] = /(ALTER SCHEMA .*;)/.exec(finding?.next ?? '') ?? []
  await database.sql(statement)
  assert.equal(await of(), 0, 'its own')
})

test('a role that only reads by default is refused', async t => {
  const database = await newDatabase(t)
  const url = await database.writerUrl()
  assert.deepEqual(findingsOf(targetReadOnly, await surveyOfTarget(url, {})), [])
  await database.sql(`alter role "${new URL(url).username}" set default_transaction_read_only = on`)
  assert.equal(findingsOf(targetReadOnly, await surveyOfTarget(url, {})).length, 1)
})

test('what PostgreSQL says of a source leads the checks to its keys and its login', async t => {
  const database = await newDatabase(t)
  await database.script(`create collation folded (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
    create table school (id text collate folded primary key, name text not null);
    create table student (id int, school_id text, name text, created timestamp, phone text)`)
  const survey = await surveyOfSource(t, database, await database.readerUrl())
  for (const check of [sourceWritable, sourceVersion]) assert.deepEqual(findingsOf(check, survey), [], check.name)
  assert.deepEqual(
    findingsOf(sourceKey, survey).map(({ where, message }) => [where.entity, message]),
    [['student', 'expected a key of public.student that is unique and never NULL, got (id): id may be NULL and nothing makes it unique']],
  )
  assert.deepEqual(
    findingsOf(sourceKeyEquality, survey).map(({ severity, where }) => [severity, where.entity]),
    [['warning', 'school']],
  )
  assert.equal(findingsOf(sourceWritable, await surveyOfSource(t, database, await database.writerUrl())).length, 1)
})

async function surveyOfTarget(url: string, wish: SurveyWish): Promise<Survey> {
  const target = openPostgresTarget({ service: 'app', url, settings: {}, applicationName: 'rehouse test' })
  try {
    const facts: TargetFacts = await target.facts()
    return surveyOf({ manifest: TUTORED, facts, targets: { app: await target.describe(TABLES) }, ...wish })
  } finally {
    await target.close()
  }
}

async function surveyOfSource(t: TestContext, database: TestDatabase, url: string): Promise<Survey> {
  const source = openPostgresSource({ url, applicationName: 'rehouse test' })
  t.after(() => source.close())
  const [facts, { relations, version }] = [await source.facts(), await source.describe()]
  assert.deepEqual(await sql(database.url, 'show server_version_num'), [[String(version)]])
  return surveyOf({ relations, tenants: [{}], sourceVersion: version, sourceFacts: () => facts })
}
