import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import fc from 'fast-check'
import { keyText } from '../../src/cast/key-text.ts'
import type { Relation } from '../../src/model/catalogue.ts'
import { Session } from '../../src/postgres/session.ts'
import { openPostgresSource } from '../../src/source/postgres/postgres-source.ts'
import type { Source, SourceKey, SourceSnapshot } from '../../src/source/source.ts'
import { newDatabase, privateServer, sql, type TestDatabase, type Version } from '../support/postgres.ts'
import { find, isError, request, withSnapshot } from './source.ts'
import { collectFields, type Fields } from './table-spec.ts'

async function opened(t: TestContext, script: string, version: Version = '18'): Promise<{ database: TestDatabase; source: Source }> {
  const database = await newDatabase(t, { version })
  await database.script(script)
  const source = openPostgresSource({ url: await database.readerUrl(), applicationName: 'rehouse source' })
  t.after(() => source.close())
  return { database, source }
}

function read(snapshot: SourceSnapshot, relation: Relation, key: SourceKey, after: readonly string[] | null = null): Promise<Fields[]> {
  const columns = relation.columns.map(column => column.name)
  return collectFields(snapshot.read(request({ relation, columns, key, after })), columns.length + (key.kind === 'content' ? 2 : 0))
}

const hex = (rows: readonly Fields[]): string[] => rows.map(fields => fields.map(field => field?.toString('hex') ?? 'NULL').join())

/** Tables whose keys are no plain numbers, each with the warts of its type. */
const KEYS: Readonly<Record<string, string>> = {
  'text under a linguistic collation': `create table public.k (k text collate "en-x-icu" primary key);
    insert into public.k select v from unnest('{a,A,b,B,ä,Ä,z,-a,a-b,ab,a b,é,e,É,Z,_,"","\\"", "\\\\",😀}'::text[]) v`,
  'text under a collation that folds case': `create collation public.folded (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
    create table public.k (k text collate public.folded primary key); insert into public.k select v from unnest('{a,B,c,Ä,z,Zz,-a,"a b"}'::text[]) v`,
  citext: `create extension citext; create table public.k (k citext primary key); insert into public.k select v from unnest('{a,B,c,D,_,Z,zz,"",ß}'::text[]) v`,
  'citext and int': `create extension citext; create table public.k (k citext, n int, primary key (k, n)); insert into public.k select v, n from unnest('{a,B,c,D,_}'::text[]) v, generate_series(-1, 1) n`,
  'numeric with scales, infinities and NaN': `create table public.k (k numeric primary key); insert into public.k select v::numeric from unnest('{1.50,-1.5,0.00,1e30,-1e30,NaN,Infinity,-Infinity,1.5000001,0.0001}'::text[]) v`,
  'double precision': `create table public.k (k float8 primary key); insert into public.k select v::float8 from unnest('{0,-1.5,1e-300,1e300,NaN,Infinity,-Infinity,0.1,0.30000000000000004}'::text[]) v`,
  'blank-padded character': `create table public.k (k char(3) primary key); insert into public.k select v from unnest('{a,ab,abc,"",Z," b"}'::text[]) v`,
  'timestamps with infinities': `create table public.k (k timestamptz primary key); insert into public.k select v::timestamptz from unnest('{2024-01-01,infinity,-infinity,0044-03-15 BC,1883-11-18 12:00:00.000001,294276-12-31}'::text[]) v`,
  intervals: `create table public.k (k interval primary key); insert into public.k select v::interval from unnest('{1 mon,29 days,31 days,-1 day,00:00:00.000001,100:00}'::text[]) v`,
  dates: `create table public.k (k date primary key); insert into public.k select v::date from unnest('{2024-01-01,infinity,-infinity,0044-03-15 BC,5874897-12-31}'::text[]) v`,
  bytea: `create table public.k (k bytea primary key); insert into public.k values (''), ('\\x00'), ('\\xff'), ('\\x0001'), ('\\x5c27')`,
  'a domain and an enum': `create type public."Mood" as enum ('sad', 'ok', 'a happy one'); create domain public.code as varchar(5) collate "C" check (value <> '');
    create table public.k (k public."Mood", c public.code, primary key (k, c)); insert into public.k select m, c from unnest(enum_range(null::public."Mood")) m, unnest('{x,X,''}'::text[]) c`,
  'boolean, inet and uuid': `create table public.k (b bool, i inet, u uuid, primary key (b, i, u)); insert into public.k select b, i::inet, u::uuid from unnest('{t,f}'::bool[]) b, unnest('{10.0.0.0/8,10.0.0.1,::1}'::text[]) i,
    unnest('{00000000-0000-0000-0000-000000000000,ffffffff-ffff-ffff-ffff-ffffffffffff}'::text[]) u`,
  arrays: `create table public.k (k int[] primary key); insert into public.k values ('{}'), ('{1}'), ('{1,2}'), ('{NULL}'), ('{2}'), ('{-1}')`,
}

for (const [what, script] of Object.entries(KEYS)) {
  test(`delivers every row exactly once from any position: ${what}`, async t => {
    const { source } = await opened(t, script)
    const relation = await find(source, 'k')
    const names = relation.primaryKey ?? assert.fail('expected a key')
    const key: SourceKey = { kind: 'columns', names }
    const texts = relation.columns.map(column => keyText(column.type))
    await withSnapshot(source, async snapshot => {
      const whole = await read(snapshot, relation, key)
      assert.equal(BigInt(whole.length), await snapshot.count(relation))
      assert.equal(new Set(hex(whole)).size, whole.length)
      for (const [i, fields] of whole.entries()) {
        const after = fields.map((field, n) => (field === null ? assert.fail() : (texts[n]?.(field, 0, field.length) ?? '')))
        assert.deepEqual(hex(await read(snapshot, relation, key, after)), hex(whole.slice(i + 1)), `after ${after.join()}`)
      }
    })
    await source.close()
  })
}

test('equal keys come together and in the same order each time, so a batch that ends where the key changes loses none', async t => {
  const { source } = await opened(
    t,
    'create table public.k (k int, v text); insert into public.k select g % 7, g::text from generate_series(1, 500) g',
  )
  const relation = await find(source, 'k')
  const key: SourceKey = { kind: 'columns', names: ['k'] }
  await withSnapshot(source, async snapshot => {
    const whole = hex(await read(snapshot, relation, key))
    assert.deepEqual(hex(await read(snapshot, relation, key)), whole)
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: 6 }), async cut => {
        const isDone = (row: string): boolean => row.startsWith('NULL') || Number.parseInt(row, 16) <= cut
        assert.deepEqual(
          [...whole.filter(isDone), ...hex(await read(snapshot, relation, key, [String(cut)]))].length,
          whole.length + nulls(whole),
        )
      }),
      { numRuns: 5 },
    )
  })
  await source.close()
})

const openWriter = (database: TestDatabase): Promise<Session> =>
  Session.open({ url: database.url, applicationName: 'rehouse writer', side: 'target' })

const nulls = (rows: readonly string[]): number => rows.filter(row => row.startsWith('NULL')).length

const KINDS = `
create table public.parted (id int primary key, v text) partition by range (id);
create table public.part_a partition of public.parted for values from (0) to (100);
create table public.part_b partition of public.parted for values from (100) to (200) partition by list (id);
create table public.part_b1 partition of public.part_b default;
insert into public.parted select g, 'p' from generate_series(1, 150) g;
create table public.ancestor (id int, v text); create table public.heir (w int) inherits (public.ancestor);
insert into public.ancestor values (1, 'a'), (2, 'b'); insert into public.heir values (2, 'h', 9);
create view public.seen as select id, v from public.parted where id % 2 = 0;
create materialized view public.kept as select id, v from public.parted where id < 5;
create table public."odd ""name"".x" ("select" int primary key, "ä \\ '" text); insert into public."odd ""name"".x" values (1, 'x');
create table public.bare (); insert into public.bare default values; insert into public.bare default values;
create schema rehouse; create table rehouse.run (id int); create extension pg_trgm;`

for (const version of ['18', '15'] as const) {
  test(`every row of every relation comes once: partitions with their table, children by inheritance by themselves (PostgreSQL ${version})`, async t => {
    const { source } = await opened(t, KINDS, version)
    const { relations } = await source.describe()
    assert.deepEqual(
      relations.map(relation => `${relation.name} ${relation.kind}`).sort(),
      [
        'ancestor table',
        'bare table',
        'heir table',
        'kept materialized_view',
        'odd "name".x table',
        'parted partitioned',
        'seen view',
      ].sort(),
    )
    const expected: Readonly<Record<string, number>> = { parted: 150, ancestor: 2, heir: 1, seen: 75, kept: 4, 'odd "name".x': 1, bare: 2 }
    await withSnapshot(source, async snapshot => {
      for (const relation of relations) {
        const first = relation.columns[0]?.name
        const keys: SourceKey[] = first === undefined ? [{ kind: 'content' }] : [{ kind: 'columns', names: [first] }, { kind: 'content' }]
        for (const key of keys)
          assert.equal((await read(snapshot, relation, key)).length, expected[relation.name], `${relation.name} ${key.kind}`)
        assert.equal(await snapshot.count(relation), BigInt(expected[relation.name] ?? 0))
      }
    })
    await source.close()
  })
}

test('describes types all the way down, and what a column is', async t => {
  const { source } = await opened(
    t,
    `create type public.mood as enum ('sad', 'it''s "ok"'); create domain public.pos as numeric(10,2) not null check (value > 0); create domain public.pos2 as public.pos;
     create type public.pair as (a public.mood[], b public.pos2);
     create table public.parent (id bigint primary key);
     create table public.t (a public.pos2, b public.pair[], c varchar(7)[] not null, d int4range, e nummultirange, f int generated always as (1) stored, g int generated by default as identity, h int default 3, i text collate "C",
       j bigint references public.parent on delete set null, unique nulls not distinct (h), unique (i, c) deferrable, constraint "t pk" primary key (g)); create unique index on public.t (h) where h > 0;`,
    '15',
  )
  const relation = await find(source, 't')
  assert.deepEqual(
    relation.columns.map(
      column =>
        `${column.name} ${column.type.text} ${column.isNullable ? 'null' : 'not null'} ${column.generated}${column.hasDefault ? ' default' : ''}`,
    ),
    [
      'a public.pos2 not null no',
      'b public.pair[] null no',
      'c character varying(7)[] not null no',
      'd int4range null no',
      'e nummultirange null no',
      'f integer null stored default',
      'g integer not null identity_by_default',
      'h integer null no default',
      'i text null no',
      'j bigint null no',
    ],
  )
  const [a, b, c, d, e] = relation.columns.map(column => column.type)
  assert.deepEqual(
    [a?.kind, a?.element?.kind, a?.element?.element?.text, a?.element?.element?.modifier],
    ['domain', 'domain', 'numeric(10,2)', ((10 << 16) | 2) + 4],
  )
  assert.deepEqual(
    b?.element?.fields?.map(field => [field.name, field.type.text, field.type.element?.labels]),
    [
      ['a', 'public.mood[]', ['sad', 'it\'s "ok"']],
      ['b', 'public.pos2', undefined],
    ],
  )
  assert.deepEqual([c?.element?.text, c?.element?.name, c?.element?.modifier, c?.name], ['character varying(7)', 'varchar', 11, '_varchar'])
  assert.deepEqual([d?.kind, d?.element?.name, e?.kind, e?.element?.name], ['range', 'int4', 'multirange', 'numeric'])
  assert.deepEqual(relation.primaryKey, ['g'])
  assert.deepEqual(
    relation.uniqueKeys.map(key => [key.columns, key.isPrimary, key.isDeferrable, key.nullsNotDistinct, key.isPartialOrExpression]),
    [
      [['g'], true, false, false, false],
      [['h'], false, false, false, true],
      [['h'], false, false, true, false],
      [['i', 'c'], false, true, false, false],
    ],
  )
  assert.deepEqual(
    relation.foreignKeys.map(key => [key.columns, key.referencedTable, key.onDelete, key.isValidated]),
    [[['j'], 'parent', 'set null', true]],
  )
  await source.close()
})

test('a table under row security is an error, not an empty table', async t => {
  const { database, source } = await opened(
    t,
    'create table public.k (k int primary key); insert into public.k values (1); alter table public.k enable row level security; create policy p on public.k using (false)',
  )
  const relation = await find(source, 'k')
  await withSnapshot(source, async snapshot => {
    await assert.rejects(read(snapshot, relation, { kind: 'columns', names: ['k'] }), isError('SOURCE_REFUSED'))
  })
  await withSnapshot(source, snapshot => assert.rejects(snapshot.count(relation), isError('SOURCE_REFUSED')))
  const bypassing = openPostgresSource({ url: await database.readerUrl({ bypassRowSecurity: true }), applicationName: 'rehouse source' })
  await withSnapshot(bypassing, async snapshot =>
    assert.equal((await read(snapshot, relation, { kind: 'columns', names: ['k'] })).length, 1),
  )
  await bypassing.close()
  await source.close()
})

test('a login that could write is told from one that cannot', async t => {
  const { database, source } = await opened(t, 'create table public.k (k int primary key, v int)')
  assert.equal((await source.facts()).canWrite, false)
  const owner = openPostgresSource({ url: database.url, applicationName: 'rehouse source' })
  assert.equal((await owner.facts()).canWrite, true)
  await database.script(`grant update (v) on public.k to "${database.name}_reader"`)
  assert.equal((await source.facts()).canWrite, true)
  assert.equal((await source.facts()).identity, (await owner.facts()).identity)
  await source.close()
  await owner.close()
})

test('a snapshot cannot write even where its login could', async t => {
  const { database } = await opened(
    t,
    `create table public.k (k int primary key); insert into public.k values (1);
    create function public.writes(int) returns int language plpgsql as 'begin insert into public.k values (2); return 1; end'; create view public.v as select public.writes(k) as k from public.k`,
  )
  const source = openPostgresSource({ url: database.url, applicationName: 'rehouse source' })
  const relation = await find(source, 'v')
  await withSnapshot(source, snapshot =>
    assert.rejects(read(snapshot, relation, { kind: 'columns', names: ['k'] }), isError('SOURCE_REFUSED')),
  )
  assert.deepEqual(await database.sql('select * from public.k'), [['1']])
  await source.close()
})

test('markers are equal while nothing is committed, and of their own while a writer that began earlier is under way', async t => {
  // Transaction numbers are the whole server's: other tests' writing would make markers differ, which proves nothing.
  const server = await privateServer(t, { settings: { autovacuum: 'off' } })
  const database = await server.newDatabase()
  await database.script('create table public.k (k int primary key)')
  const source = openPostgresSource({ url: database.url, applicationName: 'rehouse test' })
  const marker = (): Promise<string> => withSnapshot(source, snapshot => Promise.resolve(snapshot.marker))
  assert.equal(await marker(), await marker())
  const [one, other] = [await openWriter(database), await openWriter(database)]
  const before = await marker()
  await one.script('begin; insert into public.k values (1)')
  await other.script('begin; insert into public.k values (2)')
  await other.script('commit')
  const between = await marker()
  assert.notEqual(between, before)
  assert.notEqual(await marker(), between, 'expected a marker of its own while an older writer is under way')
  await one.script('commit')
  const after = await marker()
  assert.ok(after !== before && after !== between)
  await one.close()
  await other.close()
  await source.close()
})

test('a read whose backend is ended fails in a way that passes, and the snapshot goes on', async t => {
  const { database, source } = await opened(
    t,
    `create table public.k (k int primary key, v text); insert into public.k select g, repeat('x', 500) from generate_series(1, 30000) g`,
  )
  const relation = await find(source, 'k')
  const key: SourceKey = { kind: 'columns', names: ['k'] }
  await withSnapshot(source, async snapshot => {
    const reading = (async () => {
      for await (const _ of snapshot.read(request({ relation, columns: ['k', 'v'], key, after: null }))) {
        await database.sql(
          `select pg_terminate_backend(pid) from pg_stat_activity where query like 'copy%' and datname = current_database()`,
        )
      }
    })()
    await assert.rejects(reading, isError('SOURCE_UNREACHABLE'))
    assert.equal((await read(snapshot, relation, key)).length, 30_000)
    await database.sql(
      `select pg_terminate_backend(pid, 5000) from pg_stat_activity where application_name = 'rehouse source' and datname = current_database()`,
    )
    await assert.rejects(read(snapshot, relation, key), isError('SOURCE_UNREACHABLE'))
    await assert.rejects(snapshot.count(relation), isError('SOURCE_UNREACHABLE'))
  })
  await source.close()
})

test('a table the role may not read is refused with what to do, and the others can be read', async t => {
  const { database, source } = await opened(
    t,
    'create table public.k (k int primary key); create table public.secret (k int primary key); insert into public.k values (1)',
  )
  await database.script(`revoke all on public.secret from "${database.name}_reader"`)
  const [open, secret] = [await find(source, 'k'), await find(source, 'secret')]
  await withSnapshot(source, async snapshot => {
    await assert.rejects(
      read(snapshot, secret, { kind: 'columns', names: ['k'] }),
      (error: { next?: string }) => isError('SOURCE_REFUSED')(error) && /grants/.test(error.next ?? ''),
    )
    assert.equal((await read(snapshot, open, { kind: 'columns', names: ['k'] })).length, 1)
  })
  await source.close()
})

test('the digest of a row is the same on every version', async t => {
  const script = `create table public.k (a float8, b timestamptz, c bytea, d numeric, e jsonb, f text[], g interval, h bool, i date, j money, x xml);
    insert into public.k values (0.1, '2024-01-01 12:00+02', '\\x00ff', 1.50, '{"b": 1, "a": [1.0]}', '{a,"b c",NULL}', '1 mon -1 day 00:00:01.5', true, '0044-03-15 BC', '12.34', '<a/>'), (null, null, null, null, null, null, null, null, null, null, null)`
  const digests: string[][] = []
  for (const version of ['18', '15'] as const) {
    const { database, source } = await opened(t, script, version)
    await database.script(
      `alter database "${database.name}" set datestyle = 'German'; alter database "${database.name}" set timezone = 'Asia/Tokyo'; alter database "${database.name}" set intervalstyle = 'iso_8601'; alter database "${database.name}" set bytea_output = 'escape'`,
    )
    const relation = await find(source, 'k')
    digests.push(
      await withSnapshot(source, async snapshot =>
        (await read(snapshot, relation, { kind: 'content' })).map(fields => fields[0]?.toString('hex') ?? ''),
      ),
    )
    await source.close()
  }
  assert.deepEqual(digests[0], digests[1])
  assert.equal(digests[0]?.length, 2)
})

test('a database with 1600 columns and a value of 10 MB is read whole', async t => {
  const columns = Array.from({ length: 1600 }, (_, i) => `c${i} bool`).join(', ')
  const { database, source } = await opened(
    t,
    `create table public.wide (${columns}); insert into public.wide (c0, c1599) values (true, false); create table public.big (k int primary key, v bytea)`,
  )
  await sql(database.url, "insert into public.big select 1, decode(repeat('00ff', 5000000), 'hex')")
  const [wide, big] = [await find(source, 'wide'), await find(source, 'big')]
  await withSnapshot(source, async snapshot => {
    const [row] = await read(snapshot, wide, { kind: 'content' })
    assert.deepEqual([row?.length, row?.[2]?.toString('hex'), row?.[3], row?.[1601]?.toString('hex')], [1602, '01', null, '00'])
    const [value] = await read(snapshot, big, { kind: 'columns', names: ['k'] })
    assert.equal(value?.[1]?.length, 10_000_000)
  })
  await source.close()
})
