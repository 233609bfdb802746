import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { openSource, openTarget } from '../../src/engines.ts'
import { sharesBackends } from '../../src/postgres/pooler.ts'
import { Session } from '../../src/postgres/session.ts'
import { openPostgresTarget } from '../../src/target/postgres/postgres-target.ts'
import { Refusal, type Target, type WriteTransaction } from '../../src/target/target.ts'
import { newDatabase, type TestDatabase, type Version } from '../support/postgres.ts'
import { fieldOf, tuplesOf } from './table-spec.ts'
import { inTransaction, isError } from './target.ts'
import { startTransactionPooler } from './transaction-pooler.ts'

async function opened(
  t: TestContext,
  script: string,
  options: { version?: Version; ownsTables?: boolean; settings?: Record<string, string> } = {},
): Promise<{ database: TestDatabase; target: Target; url: string }> {
  const { version = '18', ownsTables = false, settings = {} } = options
  const database = await newDatabase(t, { version })
  await database.script(script)
  const url = await database.writerUrl({ ownsTables })
  const target = openPostgresTarget({ service: 's', url, settings, applicationName: 'rehouse target' })
  t.after(() => target.close())
  return { database, target, url }
}

const table = (name: string): { schema: string; name: string } => ({ schema: 'public', name })
const ints = (...values: readonly number[]): Buffer => tuplesOf(values.map(value => [fieldOf('int4', value)]))
const texts = (...values: readonly string[]): Buffer => tuplesOf(values.map(value => [fieldOf('text', value)]))
const refused = async (tx: WriteTransaction, work: () => Promise<unknown>): Promise<Refusal> => {
  const outcome = await tx.attempt(work)
  return 'refused' in outcome ? outcome.refused : assert.fail('expected a refusal')
}

const SECURED = `
create table public.open (id int primary key);
create table public.closed (id int primary key); alter table public.closed enable row level security; create policy p on public.closed using (true);
create table public.forced (id int primary key); alter table public.forced enable row level security; alter table public.forced force row level security; create policy p on public.forced using (true);`

for (const ownsTables of [false, true]) {
  test(`tells where row security would be in the way ${ownsTables ? 'of an owner' : 'of a plain writer'}, and a COPY there is denied`, async t => {
    const { target } = await opened(t, SECURED, { ownsTables })
    const found = new Map((await target.describe(['open', 'closed', 'forced'].map(table))).map(relation => [relation.name, relation]))
    const facts = ['open', 'closed', 'forced'].map(name => {
      const relation = found.get(name)
      return [
        relation?.isRowSecurityActive,
        relation?.hasRowSecurity,
        relation?.forcesRowSecurity,
        relation?.isOwnedByUs,
        relation?.isEmpty,
      ]
    })
    assert.deepEqual(facts, [
      [false, false, false, ownsTables, true],
      [!ownsTables, true, false, ownsTables, ownsTables],
      [true, true, true, ownsTables, false],
    ])
    for (const name of ['open', 'closed', 'forced']) {
      const work = inTransaction(target, tx => tx.copy(table(name), ['id'], [ints(1)]))
      if (found.get(name)?.isRowSecurityActive) await assert.rejects(work, isError('TARGET_POLICY_DENIED'))
      else await work
    }
    await target.close()
  })
}

test('a role without the right to insert is told so, and a missing right is denied', async t => {
  const { database, target } = await opened(t, 'create table public.t (id int primary key, v int); create table public.u (id int)')
  const role = `"${database.name}_writer"`
  await database.script(`revoke all on public.t, public.u from ${role}; grant insert (id) on public.u to ${role}`)
  const [t1, u1] = await target.describe([table('t'), table('u')])
  assert.deepEqual([t1?.canInsert, t1?.canSelect, t1?.isEmpty, u1?.canInsert, u1?.canSelect], [false, false, false, true, false])
  await assert.rejects(
    inTransaction(target, tx => tx.copy(table('t'), ['id'], [ints(1)])),
    isError('TARGET_POLICY_DENIED'),
  )
  await inTransaction(target, tx => tx.copy(table('u'), ['id'], [ints(1)]))
  await target.close()
})

test('facts: a standby or read-only database cannot be written to', async t => {
  const { database, target } = await opened(t, '')
  assert.deepEqual(
    await target
      .facts()
      .then(facts => [facts.isReadOnly, facts.isPooled, facts.canCreateSchema, facts.isSuperuser, facts.canBypassRowSecurity]),
    [false, false, true, false, false],
  )
  await database.script(`alter database "${database.name}" set default_transaction_read_only = on`)
  assert.equal((await target.facts()).isReadOnly, true)
  await target.close()
})

const TRIGGERS = `
create table public.t (id int primary key, v int, constraint positive check (v > 0));
create function public.f() returns trigger language plpgsql as $$ begin if tg_argv[0] = 'raise' and new.id = 13 then raise exception 'unlucky'; end if; if tg_argv[0] = 'drop' and new.id = 14 then return null; end if; return new; end $$;
create trigger a_raise before insert on public.t for each row execute function public.f('raise');
create trigger b_drop before insert or update on public.t for each row execute function public.f('drop');
create trigger c_after after delete or truncate on public.t for each statement execute function public.f('');
alter table public.t disable trigger c_after;`

test('describes triggers and checks, and disabling triggers by name is undone to what it was', async t => {
  const { database, target } = await opened(t, TRIGGERS, { ownsTables: true })
  const describe = async (): Promise<unknown> => (await target.describe([table('t')]))[0]?.triggers
  const before = await describe()
  assert.deepEqual(before, [
    { name: 'a_raise', timing: 'before', level: 'row', events: ['insert'], isEnabled: true },
    { name: 'b_drop', timing: 'before', level: 'row', events: ['insert', 'update'], isEnabled: true },
    { name: 'c_after', timing: 'after', level: 'statement', events: ['delete', 'truncate'], isEnabled: false },
  ])
  assert.deepEqual((await target.describe([table('t')]))[0]?.checks, [{ name: 'positive', definition: 'CHECK ((v > 0))' }])
  const relations = await target.describe([table('t')])
  const steps = target.planDeferral(relations, { worthwhile: new Set(), run: 'r', triggers: 'disable' })
  assert.deepEqual(
    steps.map(step => [step.kind, step.name]),
    [
      ['disable_trigger', 'a_raise'],
      ['disable_trigger', 'b_drop'],
    ],
  )
  await inTransaction(target, async tx => {
    assert.equal((await refused(tx, () => tx.copy(table('t'), ['id'], [ints(12, 13)]))).sqlstate, 'P0001')
    assert.equal(await tx.copy(table('t'), ['id'], [ints(1, 14)]), 1, 'expected the count to tell that the trigger dropped a row')
    for (const step of steps) await tx.applyStep(step)
    assert.equal(await tx.copy(table('t'), ['id'], [ints(13, 14)]), 2)
    assert.deepEqual(await tx.violations(steps[0] ?? assert.fail(), 'id'), [])
    for (const step of steps.toReversed()) await tx.undoStep(step)
  })
  assert.deepEqual(await describe(), before)
  assert.equal((await database.sql('select count(*) from public.t'))[0]?.[0], '3')
  await target.close()
})

test('refusals carry SQLSTATE, constraint and column, and never the values', async t => {
  const { target } = await opened(
    t,
    `create domain public.short as varchar(3); create type public.mood as enum ('ok');
     create table public.t (id int primary key, v int check (v > 0), s varchar(5), d public.short, n numeric(4,2), m public.mood, j jsonb, x int4range, exclude using gist (x with &&))`,
  )
  const cases: readonly (readonly [string, Buffer, string, string | null])[] = [
    ['v', ints(-4711), '23514', 't_v_check'],
    ['s', texts('secret value'), '22001', null],
    ['d', texts('secret value'), '22001', null],
    ['m', texts('secret value'), '22P02', null],
    ['n', tuplesOf([[fieldOf('numeric', '4711.5')]]), '22003', null],
    ['j', tuplesOf([[Buffer.from('\u0001{"secret": value}')]]), '22P02', null],
    ['s', tuplesOf([[Buffer.from([0xff])]]), '22021', null],
  ]
  await inTransaction(target, async tx => {
    for (const [column, tuples, sqlstate, constraint] of cases) {
      const refusal = await refused(tx, () => tx.copy(table('t'), ['id', column], [withId(tuples)]))
      assert.deepEqual([refusal.sqlstate, refusal.constraint], [sqlstate, constraint])
      assert.doesNotMatch(refusal.message, /secret|4711/)
    }
  })
  await target.close()
})

/** The same one-field tuple with an id before it. */
function withId(tuple: Buffer): Buffer {
  return Buffer.concat([Buffer.from([0, 2, 0, 0, 0, 4, 0, 0, 0, 1]), tuple.subarray(2)])
}

test('COPY takes every value back that COPY gave, whatever the names and types', async t => {
  const odd = `"odd ""t"".x"`
  const { database, target } = await opened(
    t,
    `create type public."M""ood" as enum ('a', 'ä "''\\'); create domain public.dom as numeric(10,3); create type public.comp as (a int, b text);
     create table public.${odd} ("sel""ect" int primary key, "ä.b" public."M""ood", c public.dom[], d public.comp, e jsonb, f tstzrange, g bytea, h interval, i bit varying(9), j inet, k xml, l float4, "M" text, n int generated always as (1) stored)`,
  )
  await database.script(
    `insert into public.${odd} values (1, 'ä "''\\', '{1.500,NULL,NaN}', '(1,"x,y")', '{"a": 1.0}', '[-infinity,2024-01-01)', '\\x00ff', '1 mon -1 day', '101', '::1/64', '<a/>', 'NaN', E'\\u0001 ''" \\\\'), (2, null, null, null, null, null, null, null, null, null, null, null, null)`,
  )
  const [relation] = await target.describe([{ schema: 'public', name: 'odd "t".x' }])
  const columns = relation?.columns.filter(column => column.generated === 'no').map(column => column.name) ?? []
  const session = await Session.open({ url: database.url, applicationName: 'rehouse target', side: 'target' })
  const quoted = columns.map(name => `"${name.replaceAll('"', '""')}"`).join(', ')
  const chunks: Buffer[] = []
  for await (const chunk of session.copyOut(`copy public.${odd} (${quoted}) to stdout (format binary)`)) chunks.push(chunk)
  const before = await session.query(`select * from public.${odd} order by 1`)
  await session.query(`delete from public.${odd}`)
  await inTransaction(target, tx => tx.copy({ schema: 'public', name: 'odd "t".x' }, columns, [Buffer.concat(chunks).subarray(0, -2)]))
  assert.deepEqual((await session.query(`select * from public.${odd} order by 1`)).rows, before.rows)
  await session.close()
  await target.close()
})

test('rows are found by the column’s own equality, also under an empty search path', async t => {
  const { database, target } = await opened(
    t,
    `create extension citext; create domain public.key as citext; create table public.t (id public.key primary key, n numeric(10,2), s varchar(3), c char(4));
     insert into public.t values ('Abc', 1.5, 'x', 'ab'), ('d', 2, 'y', 'c')`,
  )
  await inTransaction(target, async tx => {
    assert.deepEqual(await tx.selectIds({ table: table('t'), column: 'id', ids: ['ABC'], idColumn: 'n' }), ['1.50'])
    assert.deepEqual(await tx.selectIds({ table: table('t'), column: 'n', ids: ['1.5000'], idColumn: 'id' }), ['Abc'])
    assert.deepEqual(await tx.selectIds({ table: table('t'), column: 'c', ids: ['c'], idColumn: 'id' }), ['d'])
    assert.equal(await tx.updateColumn({ table: table('t'), where: 'id', set: 's', pairs: [{ id: 'aBC', value: 'new' }] }), 1)
    assert.equal(
      (await refused(tx, () => tx.updateColumn({ table: table('t'), where: 'id', set: 's', pairs: [{ id: 'abc', value: 'too long' }] })))
        .sqlstate,
      '22001',
    )
    assert.deepEqual(await tx.removeRows([{ table: table('t'), column: 'id', ids: ['D'] }]), [1])
    await assert.rejects(tx.selectIds({ table: table('t'), column: 'absent', ids: [], idColumn: 'id' }), isError('TARGET_REFUSED'))
  })
  assert.deepEqual(await database.sql('select id, s from public.t'), [['Abc', 'new']])
  await target.close()
})

test('sequences that feed integer columns go forwards, never back, and the others stay', async t => {
  const { database, target } = await opened(
    t,
    `create table public.a (id serial, v int); create table public.b (id bigint generated always as identity (start 100 increment 10), s smallserial);
     create sequence public."free ""s" start 5; create table public.c (id int default nextval('public."free ""s"'), d int generated by default as identity (increment -1 minvalue -1000 start -1));
     create table public.e (id serial, t text default nextval('public.a_id_seq')::text); create table public.far (id int generated by default as identity (maxvalue 50));
     insert into public.a values (41, 1); insert into public.b overriding system value values (150, 3); insert into public.c values (900, -7); insert into public.far values (99);
     select setval('public.e_id_seq', 1000); insert into public.e values (7);`,
  )
  const role = `"${database.name}_writer"`
  await database.script(`grant update on all sequences in schema public to ${role}`)
  await target.advanceSequences(['a', 'b', 'c', 'e', 'far', 'absent'].map(table))
  await target.advanceSequences(['a', 'b', 'c', 'e', 'far'].map(table))
  const next = await database.sql(
    `select nextval('public.a_id_seq'), nextval('public.b_id_seq'), nextval('public.b_s_seq'), nextval('public."free ""s"'), nextval('public.c_d_seq'), nextval('public.e_id_seq'), nextval('public.far_id_seq')`,
  )
  assert.deepEqual(next[0], ['42', '160', '4', '901', '-8', '1001', '1'])
  await target.close()
})

test('a durable commit waits for the disk, another does not', async t => {
  const { database, target } = await opened(t, 'create table public.t (id serial primary key, how text)')
  await database.script(`create table public.seen (how text); grant insert, select on public.seen to "${database.name}_writer";
    create function public.late() returns trigger language plpgsql as $$ begin insert into public.seen values (current_setting('synchronous_commit')); return null; end $$;
    create constraint trigger late after insert on public.t deferrable initially deferred for each row execute function public.late();
    alter database "${database.name}" set synchronous_commit = off`)
  for (const durable of [true, false]) {
    const writer = await target.openWriter()
    const tx = await writer.begin()
    await tx.copy(table('t'), ['how'], [texts('x')])
    await tx.commit({ durable })
    await writer.close()
  }
  assert.deepEqual(await database.sql('select how from public.seen'), [['on'], ['off']])
  await target.close()
})

test('a commit of a transaction that has failed is no commit', async t => {
  const { database, target } = await opened(t, 'create table public.t (id int primary key)')
  const writer = await target.openWriter()
  const tx = await writer.begin()
  await tx.copy(table('t'), ['id'], [ints(1)])
  await assert.rejects(tx.copy(table('t'), ['id'], [ints(1)]), Refusal)
  await assert.rejects(tx.commit({ durable: true }))
  await tx.rollback()
  assert.deepEqual(await database.sql('select * from public.t'), [])
  await writer.close()
  await target.close()
})

test('the service’s own settings are in force in writing sessions', async t => {
  const { database, target } = await opened(t, 'create table public.t (id int)', { settings: { 'app.current_sub': 'it\'s "me"' } })
  await database.script(`create function public.check_sub() returns trigger language plpgsql as $$ begin if current_setting('app.current_sub', true) is distinct from 'it''s "me"' then raise exception 'who?'; end if; return new; end $$;
    create trigger sub before insert on public.t for each row execute function public.check_sub()`)
  await inTransaction(target, tx => tx.copy(table('t'), ['id'], [ints(1)]))
  await target.close()
})

test('runs a person’s script whole or not at all', async t => {
  const { database, target } = await opened(t, '')
  await database.script(`grant create on schema public to "${database.name}_writer"`)
  await target.applyScript('create table t (id int); -- the end')
  await assert.rejects(target.applyScript('create table u (id int); create table t (id int);'), isError('TARGET_REFUSED'))
  assert.deepEqual(await database.sql(`select to_regclass('public.t') is not null, to_regclass('public.u') is null`), [['t', 't']])
  await target.close()
})

test('a backend that is ended in the midst of a batch is a failure that passes, and nothing of the batch is left', async t => {
  const { database, target } = await opened(t, 'create table public.t (id int primary key)')
  const writer = await target.openWriter()
  const tx = await writer.begin()
  await tx.copy(table('t'), ['id'], [ints(1)])
  await database.sql(`select pg_terminate_backend(${writer.backend}, 5000)`)
  await assert.rejects(
    tx.attempt(() => tx.copy(table('t'), ['id'], [ints(2)])),
    (error: { retry?: boolean }) => error.retry === true,
  )
  await tx.rollback()
  await assert.rejects(tx.commit({ durable: true }))
  await writer.close()
  await inTransaction(target, other => other.copy(table('t'), ['id'], [ints(1)]))
  assert.equal((await database.sql('select count(*) from public.t'))[0]?.[0], '1')
  await target.close()
})

test('a pooler that shares backends between transactions is noticed, and a snapshot through one is refused', async t => {
  const { database, url } = await opened(t, '')
  const direct = { url, applicationName: 'rehouse target', side: 'target' } as const
  const session = await Session.open(direct)
  assert.equal(await sharesBackends(session, direct), false)
  await session.close()
  const pooler = await startTransactionPooler(database.url)
  t.after(() => pooler.close())
  const pooled = openTarget({ url: pooler.url, service: 's', settings: {}, applicationName: 'rehouse target' })
  assert.equal((await pooled.facts()).isPooled, true)
  const source = openSource({ url: pooler.url, applicationName: 'rehouse target' })
  await assert.rejects(source.openSnapshot(), isError('SOURCE_REFUSED'))
  await source.close()
  await pooled.close()
  await pooler.close()
})

test('engines are chosen by the scheme of the address; another scheme is refused by name and without its secrets', () => {
  const address = { applicationName: 'rehouse', service: 's', settings: {} }
  assert.equal(openSource({ ...address, url: 'postgresql://u:secret@h:5/d?sslmode=require' }).label, 'postgresql://u@h:5/d')
  assert.equal(openTarget({ ...address, url: 'postgres://u:secret@h/d' }).label, 'postgres://u@h/d')
  for (const url of ['sqlserver://u:secret@h/d', 'bacpac:/x/secret', 'secret', '']) {
    for (const open of [() => openSource({ ...address, url }), () => openTarget({ ...address, url })]) {
      assert.throws(open, (error: Error) => isError('MANIFEST_NOT_SUPPORTED')(error) && !error.message.includes('secret'))
    }
  }
})
