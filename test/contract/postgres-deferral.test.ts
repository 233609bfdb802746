import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import type { SchemaStep } from '../../src/model/ledger-records.ts'
import { openPostgresTarget } from '../../src/target/postgres/postgres-target.ts'
import type { Target } from '../../src/target/target.ts'
import { newDatabase, sql, type TestDatabase, type Version } from '../support/postgres.ts'
import { inTransaction, isError } from './target.ts'

/** Everything an index, a key or a trigger can be, on tables of ours. */
const SCHEMA = `
create schema app;
create schema rehouse;
create collation app.folded (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
create table app.outside (id int primary key, code text unique);
create table app.place (
  id uuid not null,
  tenant uuid not null,
  name text collate app.folded,
  code varchar(10),
  n numeric(10,2),
  span int4range,
  constraint place_pk primary key (tenant, id) include (code) with (fillfactor = 70),
  constraint "place ""code" unique nulls not distinct (tenant, code) deferrable initially deferred,
  constraint place_name unique (name),
  constraint place_span exclude using gist (span with &&)
);
comment on constraint place_pk on app.place is 'the key''s comment \\ "x"';
comment on index app.place_pk is 'the index''s comment';
create unique index "Place lower" on app.place (lower(code) desc nulls last, n) include (name) where n > 0;
create index place_n on app.place using hash (n);
create index place_tree on app.place (tenant, name collate "C" text_pattern_ops) with (fillfactor = 50, deduplicate_items = off);
comment on index app.place_n is 'hash';
alter table app.place cluster on place_tree;
create table app.room (
  id int generated always as identity primary key,
  tenant uuid,
  place uuid,
  above int,
  outside int default 0,
  constraint room_place foreign key (tenant, place) references app.place (tenant, id) match full on update cascade on delete set null (place) deferrable initially immediate,
  constraint room_above foreign key (above) references app.room (id) on delete set null,
  constraint room_outside foreign key (outside) references app.outside (id)
);
alter table app.room add constraint room_old foreign key (outside) references app.outside (id) not valid;
comment on constraint room_place on app.room is 'where';
create table app.far (room int references app.room (id));
create table app.tree (id int primary key, parent int references app.tree (id));
create function app.note() returns trigger language plpgsql as 'begin return new; end';
create trigger "on room" before insert on app.room for each row execute function app.note();
create trigger always_room after update on app.room for each row execute function app.note();
alter table app.room enable always trigger always_room;
create trigger off_room after delete on app.room for each row execute function app.note();
alter table app.room disable trigger off_room;
`
const TABLES = ['outside', 'place', 'room', 'far', 'tree'].map(name => ({ schema: 'app', name }))

/** The whole truth about the schema, from the server's own mouth. */
const PICTURE = `
select 'index', c.relname, pg_get_indexdef(i.indexrelid), i.indisclustered::text, i.indisreplident::text, i.indisvalid::text, coalesce(obj_description(i.indexrelid, 'pg_class'), '-'), c.reltablespace::text, i.indimmediate::text
from pg_index i join pg_class c on c.oid = i.indexrelid join pg_class r on r.oid = i.indrelid where r.relnamespace = 'app'::regnamespace
union all
select 'constraint', conname, pg_get_constraintdef(o.oid), condeferrable::text, condeferred::text, convalidated::text, coalesce(obj_description(o.oid, 'pg_constraint'), '-'), conrelid::regclass::text, coalesce(conindid::regclass::text, '-')
from pg_constraint o where connamespace = 'app'::regnamespace
union all
select 'trigger', tgname, pg_get_triggerdef(t.oid), tgenabled::text, tgisinternal::text, '', '', tgrelid::regclass::text, ''
from pg_trigger t join pg_class r on r.oid = t.tgrelid where r.relnamespace = 'app'::regnamespace and not tgisinternal
union all
select 'column', attname, attnotnull::text, '', '', '', '', attrelid::regclass::text, ''
from pg_attribute a join pg_class r on r.oid = a.attrelid where r.relnamespace = 'app'::regnamespace and attnum > 0 and relkind = 'r'
order by 1, 8, 2`

async function opened(t: TestContext, version: Version, extra = ''): Promise<{ database: TestDatabase; target: Target; url: string }> {
  const database = await newDatabase(t, { version })
  await database.script(SCHEMA + extra)
  const url = await database.writerUrl({ ownsTables: true })
  await database.script(`grant usage, create on schema rehouse to "${database.name}_writer"`)
  const target = openPostgresTarget({ service: 's', url, settings: {}, applicationName: 'rehouse deferral' })
  t.after(() => target.close())
  return { database, url, target }
}

async function planned(target: Target, triggers: 'fire' | 'disable', names = ['place', 'room', 'tree']): Promise<readonly SchemaStep[]> {
  return target.planDeferral(await target.describe(TABLES), {
    worthwhile: new Set(names.map(name => `app.${name}`)),
    run: 'r\'1"',
    triggers,
  })
}

const applied = (target: Target, steps: readonly SchemaStep[]): Promise<void> =>
  inTransaction(target, async tx => {
    for (const step of steps) await tx.applyStep(step)
  })
const undone = (target: Target, steps: readonly SchemaStep[]): Promise<void> =>
  inTransaction(target, async tx => {
    for (const step of steps.toReversed()) await tx.undoStep(step)
  })

for (const version of ['18', '15'] as const) {
  test(`what was deferred and undone is in the catalogue exactly as before (PostgreSQL ${version})`, async t => {
    const { database, target } = await opened(t, version)
    const before = await database.sql(PICTURE)
    const steps = await planned(target, 'disable')
    const dropped = steps.map(step => `${step.kind} ${step.name}`)
    await applied(target, steps)
    const during = await database.sql(PICTURE)
    for (const name of [
      'place_pk',
      'place "code',
      'place_name',
      'Place lower',
      'place_n',
      'place_tree',
      'room_place',
      'room_above',
      'room_outside',
      'room_old',
      'tree_pkey',
      'tree_parent_fkey',
    ]) {
      assert.ok(
        dropped.some(step => step.endsWith(` ${name}`)),
        `expected a step for ${name}`,
      )
      assert.ok(!during.some(row => row[1] === name), `expected ${name} to be gone meanwhile`)
    }
    for (const name of ['place_span', 'room_pkey']) assert.ok(!dropped.some(step => step.endsWith(` ${name}`)), `expected ${name} to stay`)
    assert.deepEqual(
      during.filter(row => row[0] === 'trigger' && row[1] !== 'rehouse_guard').map(row => row[3]),
      ['D', 'D', 'D'],
    )
    await undone(target, steps)
    assert.deepEqual(await database.sql(PICTURE), before)
    await target.close()
  })

  test(`no other session may write to a guarded table, and everybody may read it (PostgreSQL ${version})`, async t => {
    const { database, target, url } = await opened(t, version)
    const steps = await planned(target, 'fire')
    await applied(target, steps)
    for (const statement of [
      'insert into app.tree values (1)',
      'update app.tree set id = 2',
      'delete from app.tree',
      'truncate app.tree',
    ]) {
      for (const address of [database.url, url]) {
        await assert.rejects(sql(address, statement), isError('TARGET_REFUSED'), statement)
      }
      await assert.rejects(sql(database.url, `set session_replication_role = replica; ${statement}`))
    }
    assert.deepEqual(await database.sql('select * from app.tree'), [])
    await inTransaction(target, tx => tx.copy({ schema: 'app', name: 'tree' }, ['id'], [Buffer.from([0, 1, 0, 0, 0, 4, 0, 0, 0, 7])]))
    await undone(target, steps)
    await database.sql('insert into app.tree values (1, 7)')
    assert.equal((await database.sql('select * from app.tree')).length, 2)
    await target.close()
  })
}

test('a table that got a row since it was described is not deferred: nothing of the step remains', async t => {
  const { database, target } = await opened(t, '18')
  const steps = await planned(target, 'fire')
  const before = await database.sql(PICTURE)
  await database.sql('insert into app.tree values (1)')
  await assert.rejects(applied(target, steps), isError('TARGET_REFUSED'))
  assert.deepEqual(await database.sql(PICTURE), before)
  await target.close()
})

test('indexes that replicas need stay', async t => {
  const { database, target } = await opened(
    t,
    '18',
    'alter table app.place replica identity using index place_pk; create publication p for table app.tree;',
  )
  const before = await database.sql(PICTURE)
  const names = (await planned(target, 'fire')).map(step => step.name)
  assert.ok(!names.includes('place_pk') && !names.includes('tree_pkey'))
  assert.ok(names.includes('place_name') && names.includes('tree_parent_fkey'))
  const steps = await planned(target, 'fire')
  await applied(target, steps)
  await undone(target, steps)
  assert.deepEqual(await database.sql(PICTURE), before)
  await target.close()
})

test('a key that a view rests on stays', async t => {
  const { target } = await opened(t, '18', 'create view app.v as select tenant, id, name, count(*) from app.place group by tenant, id;')
  const names = (await planned(target, 'fire')).map(step => step.name)
  assert.ok(!names.includes('place_pk') && names.includes('place_name'))
  await target.close()
})

test('what is not alone, not ours or not a table of ours is never deferred', async t => {
  const { database, target } = await opened(
    t,
    '18',
    `create table app.parted (id int primary key) partition by range (id); create table app.part partition of app.parted for values from (0) to (10);
     create table app.ancestor (id int primary key); create table app.heir (primary key (id)) inherits (app.ancestor);
     create unlogged table app.fleeting (id int primary key); create table app.theirs (id int primary key);`,
  )
  await database.script(`alter table app.theirs owner to postgres; grant select, insert on app.theirs to "${database.name}_writer"`)
  const names = ['parted', 'part', 'ancestor', 'heir', 'fleeting', 'theirs']
  const relations = await target.describe(names.map(name => ({ schema: 'app', name })))
  assert.equal(relations.length, names.length)
  assert.ok(relations.every(relation => relation.isEmpty))
  assert.deepEqual(
    target.planDeferral(relations, { worthwhile: new Set(names.map(name => `app.${name}`)), run: 'r', triggers: 'fire' }),
    [],
  )
  await target.close()
})

test('a foreign key we could not make again stays, and with it the key it rests on', async t => {
  const { database, target } = await opened(t, '18')
  await database.script('alter table app.outside owner to postgres')
  const names = (await planned(target, 'fire', ['outside', 'room'])).map(step => step.name)
  assert.ok(!names.includes('room_outside') && names.includes('room_place') && !names.includes('outside_pkey'))
  await target.close()
})

test('finds what stands in the way under the key’s own equality, predicate and NULLs', async t => {
  const { database, target } = await opened(t, '18')
  const steps = await planned(target, 'fire')
  await applied(target, steps)
  const [x, y] = ['00000000-0000-4000-8000-00000000000a', '00000000-0000-4000-8000-00000000000b']
  const id = (n: number): string => `00000000-0000-4000-8000-00000000000${n}`
  await database.script(`set rehouse.writer = 'on';
    insert into app.place (id, tenant, name, code, n) values
      ('${id(1)}', '${x}', 'Abc', 'q', 1), ('${id(2)}', '${x}', 'aBC', null, 1), ('${id(3)}', '${x}', null, null, 1),
      ('${id(4)}', '${y}', null, 'Q', 1), ('${id(5)}', '${y}', null, 'q', -1), ('${id(1)}', '${x}', null, 'z', 0);
    insert into app.room (tenant, place, outside) values ('${x}', '${id(1)}', null), ('${x}', null, null), (null, null, null), ('${y}', '${id(9)}', 5);`)
  await inTransaction(target, async tx => {
    const violations = (name: string, column = 'id'): Promise<readonly string[]> =>
      tx.violations(steps.find(step => step.name === name) ?? assert.fail(name), column)
    assert.deepEqual(await violations('place_pk'), [id(1)])
    assert.deepEqual(await violations('place "code', 'id'), [id(3)])
    assert.deepEqual(await violations('place_name'), [id(2)])
    assert.deepEqual(await violations('Place lower'), [id(4)])
    assert.deepEqual(await violations('place_n'), [])
    assert.deepEqual(await violations('room_place'), ['2', '4'])
    assert.deepEqual(await violations('room_outside'), ['4'])
    assert.deepEqual(await violations('room_old'), [])
  })
  await target.close()
})
