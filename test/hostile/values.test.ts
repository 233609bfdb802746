import assert from 'node:assert/strict'
import { test } from 'node:test'
import { rehouseHereJson } from '../support/rehouse-process.ts'
import { manifestFor, migrateJson, TENANT, type TwoSides, twoSides } from './two-sides.ts'

const TYPES = `
  create type mood as enum ('sad', 'it''s "ok"', 'a,b', '');
  create type place as (street text, number numeric, moods mood[]);
  create domain positive as integer check (value > 0);
  create domain code as text check (value ~ '^[A-Z]+$');
`

/** Column → type and values: one row per value, the others NULL. */
const EDGES: Readonly<Record<string, readonly [type: string, ...values: string[]]>> = {
  words: ['text', `''`, `' '`, `E'\\t\\n\\r\\\\'`, `E'\\x01\\x7f'`, `'🦊 e\u0301 \u202e'`, `repeat('x', 100000)`, `'\\N'`, `'NULL'`],
  narrow: ['varchar(5)', `'abc  '`, `'日本語五字'`],
  padded: ['char(4)', `'a'`, `''`],
  bytes: ['bytea', `'\\x'`, `'\\x00ff00'`, `decode(repeat('00', 70000), 'hex')`],
  small: ['smallint', '-32768', '32767'],
  whole: ['integer', '-2147483648', '2147483647'],
  large: ['bigint', '-9223372036854775808', '9223372036854775807', '9007199254740993'],
  digits: [
    'numeric',
    `repeat('9', 1000)::numeric`,
    `('-0.' || repeat('0', 999) || '1')::numeric`,
    `'NaN'`,
    `'Infinity'`,
    `'-Infinity'`,
    '1.50',
    '0.00',
    '1e-300',
  ],
  money_like: ['numeric(12,2)', '-9999999999.99', '0.01'],
  real4: ['real', `'NaN'`, `'-Infinity'`, `'1e-45'`, '3.4028235e38', '-0.0::real'],
  real8: ['double precision', `'NaN'`, `'Infinity'`, `'5e-324'`, '1.7976931348623157e308', `'-0'`],
  day: ['date', `'infinity'`, `'-infinity'`, `'4713-01-01 BC'`, `'5874897-12-31'`, `'0001-01-01'`, `'2024-02-29'`],
  local_time: [
    'timestamp',
    `'infinity'`,
    `'-infinity'`,
    `'4713-01-01 00:00:00 BC'`,
    `'294276-12-31 23:59:59.999999'`,
    `'1969-12-31 23:59:59.999999'`,
  ],
  instant: ['timestamptz', `'infinity'`, `'4713-01-02 00:00:00+00 BC'`, `'294276-12-31 00:00:00.000001+00'`],
  clock: ['time', `'24:00:00'`, `'23:59:59.999999'`],
  zoned: ['timetz', `'24:00:00-15:59'`],
  span: ['interval', `'-178000000 years'`, `'1 mon -1 day 00:00:00.000001'`],
  truth: ['boolean', 'true', 'false'],
  uid: ['uuid', `'00000000-0000-0000-0000-000000000000'`, `'ffffffff-ffff-ffff-ffff-ffffffffffff'`],
  doc: ['json', `'{"a": 1, "a": 2,  "b": "\\u0000"}'`, `'1e999999'`, `'null'`, `'[]'`],
  docb: ['jsonb', `'{"a": 1.000000000000000000000000000001, "": [null, {}]}'`, `'1e400'`, `'null'`],
  feeling: ['mood', `'sad'`, `''`, `'a,b'`],
  feelings: ['mood[]', `'{}'`, `array['a,b', null, '']::mood[]`, `'[5:6][-1:0]={{sad,""},{"a,b",NULL}}'`],
  spot: ['place', `row('a "b", (c)', 1.10, array['sad']::mood[])`, `row(null, null, null)`],
  spots: ['place[]', `array[row('x', 1, null)::place, null]`],
  counted: ['positive', '1'],
  coded: ['code', `'ABC'`],
  codes: ['code[]', `array['A', null]::code[]`],
  span_of: ['int4range', `'empty'`, `'[1,5)'`, `'(,)'`],
  spans: ['datemultirange', `'{}'`, `'{[2020-01-01,2020-02-01),[2021-01-01,)}'`],
  bits: ['bit(3)', `B'101'`],
  many_bits: ['varbit', `B''`, `B'1010101011'`],
  address: ['inet', `'::1/64'`, `'10.0.0.1'`],
  network: ['cidr', `'10.0.0.0/8'`],
  hardware: ['macaddr8', `'08:00:2b:01:02:03:04:05'`],
  nested: ['numeric[]', `'{{1.10,NULL},{NaN,3}}'`],
  texts: ['text[]', `array['', null, 'NULL', '"', '\\', '{}', ',', E'\\n']`],
}

const edgeColumns = Object.entries(EDGES)
const columnList = edgeColumns.map(([name, [type]]) => `${name} ${type}`).join(', ')

test('values at the edges of every kind arrive as they were', { timeout: 120_000 }, async t => {
  const inserts = edgeColumns.flatMap(([name, [, ...values]]) => values.map(value => `insert into edges (${name}) values (${value});`))
  const sides = await twoSides(t, {
    sourceSql: `${TYPES} create table edges (id integer generated always as identity primary key, ${columnList}); ${inserts.join('\n')}`,
    targetSql: `${TYPES} create table edges (id uuid primary key, tenant_id uuid not null, legacy_id integer, ${columnList})`,
    manifest: () =>
      manifestFor({
        edges: {
          service: 'main',
          from: 'public.edges',
          into: { 'public.edges': { columns: { legacy_id: 'id', ...Object.fromEntries(edgeColumns.map(([name]) => [name, name])) } } },
        },
      }),
  })
  const ended = await migrateJson(sides)
  assert.equal(ended.status, 0, JSON.stringify(ended.json).slice(0, 3000))
  for (const [name] of edgeColumns) {
    // Text says what is stored; the binary form says what text hides, such as -0 and scale.
    const form = ['doc', 'spot', 'spots'].includes(name)
      ? `${name}::text`
      : `md5(${name}::text || coalesce(pg_column_size(${name})::text, ''))`
    const query = (key: string): string => `select ${key}, ${form}, ${name} is null from edges order by 1`
    assert.deepEqual(await sides.target.sql(query('legacy_id')), await sides.source.sql(query('id')), name)
  }
})

test('a value the target cannot hold puts its row aside and no other', async t => {
  const sides = await twoSides(t, {
    sourceSql: `create table notes (id integer primary key, doc json, bytes bytea, price numeric, due timestamp, name text);
      insert into notes values
        (1, '{"a": "fine"}', 'fine', 1.5, '2024-01-01', 'fine'),
        (2, '{"a": "\\u0000"}', 'fine', 1.5, '2024-01-01', 'NUL in json'),
        (3, '{}', 'fine', 'NaN', '2024-01-01', 'NaN is a numeric(6,2)'),
        (4, '{}', 'fine', 'Infinity', '2024-01-01', 'infinity is not'),
        (5, '{}', 'fine', 123456.7, '2024-01-01', 'too large'),
        (6, '{}', 'fine', 1.5, 'infinity', 'never due'),
        (7, '{}', 'fine', 1.555, '2024-01-01', 'too precise'),
        (8, '{}', 'fine', 1.5, '4713-01-01 BC', 'long ago'),
        (9, '{}', 'fine', 1.5, '2024-03-31 02:30', 'no such time in Berlin')`,
    targetSql: `create table notes (id uuid primary key, tenant_id uuid not null, legacy_id integer, doc jsonb, bytes bytea, price numeric(6,2), due timestamptz, name varchar(30))`,
    manifest: () =>
      manifestFor({
        note: {
          service: 'main',
          from: 'public.notes',
          into: { 'public.notes': { columns: { legacy_id: 'id', doc: 'doc', bytes: 'bytes', price: 'price', due: 'due', name: 'name' } } },
        },
      }),
  })
  const ended = await migrateJson(sides)
  assert.equal(ended.status, 1, JSON.stringify(ended.json))
  const { json } = await rehouseHereJson<{ rows: { key: string[]; code: string; column: string }[] }>(['quarantine', 'list'], sides)
  const refused = json.rows.map(row => row.key[0])
  assert.deepEqual(refused.toSorted(), ['2', '4', '5', '7', '9'], JSON.stringify(json.rows))
  assert.deepEqual(
    await sides.target.sql('select legacy_id, doc::text, price, due from notes order by 1'),
    await sides.source.sql(
      `select id, doc::jsonb::text, price::numeric(6,2), due at time zone 'Europe/Berlin' from notes where id not in (2, 4, 5, 7, 9) order by 1`,
    ),
  )
})

test('generated columns, identity columns, defaults and domains of the target are respected', async t => {
  const sides = await twoSides(t, {
    sourceSql: `create table people (id integer primary key, first text, last text, age integer);
      insert into people values (1, 'Ada', 'Lovelace', 36), (2, 'Alan', 'Turing', 41), (3, 'No', 'Body', -1)`,
    targetSql: `create domain age as integer check (value >= 0);
      create table people (id uuid primary key, tenant_id uuid not null, legacy_id integer not null, number bigint generated always as identity,
        also bigint generated by default as identity, first text, last text, full_name text generated always as (first || ' ' || last) stored,
        age age, made_at timestamptz not null default '2020-01-01', kind text not null default 'person')`,
    manifest: () =>
      manifestFor({
        person: {
          service: 'main',
          from: 'public.people',
          into: { 'public.people': { columns: { legacy_id: 'id', first: 'first', last: 'last', age: 'age', also: 'id' } } },
        },
      }),
  })
  const ended = await migrateJson(sides)
  assert.equal(ended.status, 1, JSON.stringify(ended.json))
  assert.deepEqual(await sides.target.sql('select legacy_id, also, full_name, age, kind, made_at from people order by 1'), [
    ['1', '1', 'Ada Lovelace', '36', 'person', '2020-01-01 00:00:00+00'],
    ['2', '2', 'Alan Turing', '41', 'person', '2020-01-01 00:00:00+00'],
  ])
  await t.test('a sequence behind a column that was filled goes on after what was filled in', async () => {
    await sides.target.script(`insert into people (id, tenant_id, legacy_id) values (gen_random_uuid(), '${TENANT}', 99)`)
    assert.deepEqual(await sides.target.sql('select also from people where legacy_id = 99'), [['3']])
  })
  await t.test('a value for a column the target computes is refused before anything is written', async () => {
    const other = await twoSides(t, {
      sourceSql: 'create table people (id integer primary key, name text)',
      targetSql: `create table people (id uuid primary key, tenant_id uuid not null, name text, loud text generated always as (upper(name)) stored)`,
      manifest: () =>
        manifestFor({
          person: { service: 'main', from: 'public.people', into: { 'public.people': { columns: { name: 'name', loud: 'name' } } } },
        }),
    })
    const refused = await migrateJson(other)
    assert.equal(refused.status, 2)
    assert.equal(refused.json.error?.code, 'MANIFEST_INVALID')
    await assertUntouched(other)
  })
})

async function assertUntouched({ target }: TwoSides): Promise<void> {
  assert.deepEqual(await target.sql(`select nspname from pg_namespace where nspname = 'rehouse'`), [])
}

test('views, materialized views and partitioned tables are sources like tables', async t => {
  const sides = await twoSides(t, {
    sourceSql: `create table sales (id integer not null, year integer not null, amount numeric, primary key (id, year)) partition by range (year);
      create table sales_2023 partition of sales for values from (2023) to (2024);
      create table sales_rest partition of sales default;
      insert into sales select g, 2022 + g % 3, g / 10.0 from generate_series(1, 300) g;
      create view yearly as select year, sum(amount) as total, count(*) as sales from sales group by year;
      create materialized view large as select id, amount from sales where amount > 20;
      create table parent (id integer primary key); create table child (extra text) inherits (parent);
      insert into parent values (1); insert into child values (2, 'x')`,
    targetSql: `create table sales (id uuid primary key, tenant_id uuid not null, legacy_id integer, year integer, amount numeric) partition by hash (id);
      create table sales_0 partition of sales for values with (modulus 2, remainder 0); create table sales_1 partition of sales for values with (modulus 2, remainder 1);
      create table yearly (id uuid primary key, tenant_id uuid not null, year integer, total numeric, sales bigint);
      create table large (id uuid primary key, tenant_id uuid not null, legacy_id integer, amount numeric);
      create table parents (id uuid primary key, tenant_id uuid not null, legacy_id integer);
      create table children (id uuid primary key, tenant_id uuid not null, legacy_id integer, extra text)`,
    manifest: () =>
      manifestFor({
        sale: {
          service: 'main',
          from: 'public.sales',
          into: { 'public.sales': { columns: { legacy_id: 'id', year: 'year', amount: 'amount' } } },
        },
        year: {
          service: 'main',
          from: 'public.yearly',
          key: 'year',
          into: { 'public.yearly': { columns: { year: 'year', total: 'total', sales: 'sales' } } },
        },
        large: {
          service: 'main',
          from: 'public.large',
          key: 'id',
          into: { 'public.large': { columns: { legacy_id: 'id', amount: 'amount' } } },
        },
        parent: { service: 'main', from: 'public.parent', key: 'id', into: { 'public.parents': { columns: { legacy_id: 'id' } } } },
        child: {
          service: 'main',
          from: 'public.child',
          key: 'id',
          into: { 'public.children': { columns: { legacy_id: 'id', extra: 'extra' } } },
        },
      }),
  })
  const ended = await migrateJson(sides)
  assert.equal(ended.status, 0, JSON.stringify(ended.json).slice(0, 2000))
  const same = async (target: string, source: string): Promise<void> =>
    assert.deepEqual(await sides.target.sql(target), await sides.source.sql(source))
  await same('select legacy_id, year, amount from sales order by 1, 2', 'select id, year, amount from sales order by 1, 2')
  await same('select year, total, sales from yearly order by 1', 'select year, total, sales from yearly order by 1')
  await same('select legacy_id, amount from large order by 1', 'select id, amount from large order by 1')
  // A table that inherits is a table of its own: no row arrives twice.
  await same('select legacy_id from parents order by 1', 'select id from only parent order by 1')
  await same('select legacy_id, extra from children order by 1', 'select id, extra from child order by 1')
})

const KEYS: readonly (readonly [type: string, ...values: string[]])[] = [
  [
    'text',
    `''`,
    `' '`,
    `'a'`,
    `'a '`,
    `'A'`,
    `'a,b'`,
    `'"'`,
    `E'\\n'`,
    `'é'`,
    `E'e\\u0301'`,
    `'🦊'`,
    `repeat('k', 2000)`,
    `'\\N'`,
    `'null'`,
  ],
  ['numeric', `'NaN'`, `'-Infinity'`, '1.5', '0', '-1e-20', `repeat('9', 200)::numeric`],
  ['double precision', `'NaN'`, `'Infinity'`, '0', '1e-300', '0.1'],
  ['timestamp', `'infinity'`, `'-infinity'`, `'4713-01-01 BC'`, `'2024-03-31 02:30'`],
  ['date', `'infinity'`, `'0044-03-15 BC'`],
  ['bytea', `'\\x'`, `'\\x00'`, `'\\xff'`],
  ['boolean', 'true', 'false'],
  ['uuid', `'00000000-0000-0000-0000-000000000000'`],
  ['bigint', '-9223372036854775808', '9223372036854775807', '0', '-1'],
  ['text[]', `'{}'`, `array['a,b', '"']`],
  ['inet', `'10.0.0.1'`, `'10.0.0.1/8'`],
  ['interval', `'1 day'`, `'25 hours'`],
]

test('keys of every kind tell rows apart, and references find them', { timeout: 120_000 }, async t => {
  const tables = KEYS.map(([type, ...values], i) => {
    const rows = values.map((value, v) => `(${value}, ${values[(v + 1) % values.length]}, ${v})`).join(', ')
    return `create table keyed_${i} (k ${type} primary key, other ${type}, n integer); insert into keyed_${i} values ${rows};`
  })
  const sides = await twoSides(t, {
    sourceSql: tables.join('\n'),
    targetSql: KEYS.map(
      (_, i) =>
        `create table keyed_${i} (id uuid primary key, tenant_id uuid not null, n integer, next uuid references keyed_${i} deferrable);`,
    ).join('\n'),
    manifest: () =>
      manifestFor(
        Object.fromEntries(
          KEYS.map((_, i) => [
            `keyed_${i}`,
            {
              service: 'main',
              from: `public.keyed_${i}`,
              into: { [`public.keyed_${i}`]: { columns: { n: 'n', next: { ref: `keyed_${i}`, from: 'other' } } } },
            },
          ]),
        ),
      ),
  })
  const ended = await migrateJson(sides, ['--batch-rows', '2'])
  assert.equal(ended.status, 0, JSON.stringify(ended.json).slice(0, 3000))
  for (const [i, [type]] of KEYS.entries()) {
    assert.deepEqual(
      await sides.target.sql(`select t.n, p.n from keyed_${i} t left join keyed_${i} p on p.id = t.next order by 1`),
      await sides.source.sql(`select t.n, p.n from keyed_${i} t left join keyed_${i} p on p.k = t.other order by 1`),
      type,
    )
  }
  await t.test('a rerun finds each of them again', async () => {
    const again = await migrateJson(sides)
    assert.equal(again.status, 0, JSON.stringify(again.json).slice(0, 2000))
    assert.equal(again.json.totals.unchanged, ended.json.totals.loaded)
  })
})
