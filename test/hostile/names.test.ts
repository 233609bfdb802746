import assert from 'node:assert/strict'
import { test } from 'node:test'
import { newDatabase, script, sql } from '../support/postgres.ts'
import { rehouseHereJson, workFolder } from '../support/rehouse-process.ts'
import { manifestFor, migrateJson, TENANT, twoSides } from './two-sides.ts'

/** Whatever PostgreSQL takes for a name. */
const NAMES: readonly string[] = [
  '"; drop table victim; --',
  "'); drop table victim; --",
  'a"b',
  '""',
  'a.b',
  'a/b',
  'a*b',
  '🦊 renard',
  'é'.repeat(31),
  'x'.repeat(63),
  'select',
  'null',
  'true',
  ' leading',
  'trailing ',
  'Name',
  'name',
  '$1',
  '%s {tenant.code}',
  'back\\slash',
  "o'clock",
  'line\nbreak',
  'tab\there',
  '\u0001',
  '__proto__',
  'constructor',
  'toString',
  '#hash: colon',
  '-1',
  'id',
]

const quote = (name: string): string => `"${name.replaceAll('"', '""')}"`

test('columns arrive under any name PostgreSQL allows, each with its own values', async t => {
  const own = NAMES.filter(name => name !== 'id')
  const columns = own.map(name => `${quote(name)} text`).join(', ')
  const sides = await twoSides(t, {
    sourceSql: `create table victim (id integer primary key, ${columns});
      insert into victim select g, ${own.map((_, i) => `g || ' of column ${i}'`).join(', ')} from generate_series(1, 3) g`,
    targetSql: `create table victim (id uuid primary key, tenant_id uuid not null, legacy_id integer, ${columns})`,
    manifest: () =>
      manifestFor({
        victim: {
          service: 'main',
          from: 'public.victim',
          into: { 'public.victim': { columns: { legacy_id: 'id', ...Object.fromEntries(own.map(name => [name, quote(name)])) } } },
        },
      }),
  })
  const ended = await migrateJson(sides)
  assert.equal(ended.status, 0, JSON.stringify(ended.json))
  const all = own.map(quote).join(', ')
  assert.deepEqual(
    await sides.target.sql(`select legacy_id, ${all} from victim order by 1`),
    await sides.source.sql(`select id, ${all} from victim order by 1`),
  )
})

test('tables arrive under any name PostgreSQL allows, with keys and references of any name', { timeout: 120_000 }, async t => {
  const parent = (i: number): number => (i + 1) % NAMES.length
  const sourceSql = NAMES.map(
    (name, i) => `create table ${quote(name)} (${quote(name)} integer primary key, "ref ""${i}" integer);
      insert into ${quote(name)} select g, g % 2 + 1 from generate_series(1, 4) g;`,
  ).join('\n')
  const targetSql = NAMES.map(
    name => `create table ${quote(name)} (id uuid primary key, tenant_id uuid not null, legacy integer, "the ""parent" uuid);`,
  ).join('\n')
  const sides = await twoSides(t, {
    sourceSql,
    targetSql,
    manifest: () =>
      manifestFor(
        Object.fromEntries(
          NAMES.map((name, i) => [
            `entity_${i}`,
            {
              service: 'main',
              from: `public.${quote(name)}`,
              key: name,
              into: {
                [`public.${quote(name)}`]: {
                  columns: { legacy: quote(name), 'the "parent': { ref: `entity_${parent(i)}`, from: `"ref ""${i}"` } },
                },
              },
            },
          ]),
        ),
      ),
  })
  const ended = await migrateJson(sides)
  assert.equal(ended.status, 0, JSON.stringify(ended.json).slice(0, 3000))
  for (const [i, name] of NAMES.entries()) {
    const other = quote(NAMES[parent(i)] ?? '')
    assert.deepEqual(
      await sides.target.sql(`select t.legacy, p.legacy from ${quote(name)} t left join ${other} p on p.id = t."the ""parent" order by 1`),
      await sides.source.sql(`select ${quote(name)}, "ref ""${i}" from ${quote(name)} order by 1`),
      name,
    )
  }
  await t.test('status, lookup and quarantine can tell of them', async () => {
    const { json } = await rehouseHereJson<{ matches: unknown[] }>(['lookup', 'entity_0', '--tenant', 'one', '--legacy', '1'], sides)
    assert.equal(json.matches.length, 1)
    assert.equal((await rehouseHereJson(['status'], sides)).status, 0)
  })
})

test('two tables whose names read the same when joined by a dot are kept apart', async t => {
  const tables = [
    ['a.b', 'c'],
    ['a', 'b.c'],
  ] as const
  const sides = await twoSides(t, {
    sourceSql: tables
      .map(
        ([schema, name], i) =>
          `create schema ${quote(schema)}; create table ${quote(schema)}.${quote(name)} (id integer primary key, word text);
           insert into ${quote(schema)}.${quote(name)} values (1, 'of ${i}'), (${i + 2}, 'own of ${i}');`,
      )
      .join('\n'),
    targetSql: tables
      .map(
        ([schema, name], i) =>
          `create schema ${quote(schema)}; create table ${quote(schema)}.${quote(name)} (id uuid primary key, tenant_id uuid not null, word_${i} text);`,
      )
      .join('\n'),
    manifest: () =>
      manifestFor(
        Object.fromEntries(
          tables.map(([schema, name], i) => [
            `entity_${i}`,
            {
              service: 'main',
              from: `${quote(schema)}.${quote(name)}`,
              into: { [`${quote(schema)}.${quote(name)}`]: { columns: { [`word_${i}`]: 'word' } } },
            },
          ]),
        ),
      ),
  })
  const ended = await migrateJson(sides)
  assert.equal(ended.status, 0, JSON.stringify(ended.json))
  for (const [i, [schema, name]] of tables.entries()) {
    const table = `${quote(schema)}.${quote(name)}`
    assert.deepEqual(
      await sides.target.sql(`select word_${i} from ${table} order by 1`),
      await sides.source.sql(`select word from ${table} order by 1`),
    )
  }
})

test('one of two such tables that is not mapped is not taken for covered', async t => {
  const sides = await twoSides(t, {
    sourceSql: `create schema "a.b"; create schema a; create table "a.b".c (id integer primary key, word text); create table a."b.c" (id integer primary key, word text)`,
    targetSql: 'create table c (id uuid primary key, tenant_id uuid not null, word text)',
    manifest: () => manifestFor({ c: { service: 'main', from: '"a.b".c', into: { 'public.c': { columns: { word: 'word' } } } } }),
  })
  const ended = await migrateJson(sides)
  assert.equal(ended.status, 2, JSON.stringify(ended.json))
  assert.equal(ended.json.error?.code, 'MAPPING_NOT_COVERED')
})

test('columns that differ in case alone are kept apart, and a name that fits neither exactly is refused', async t => {
  const scene = (column: string) =>
    twoSides(t, {
      sourceSql: `create table twins (id integer primary key, "Name" text, "NAME" text); insert into twins values (1, 'first', 'second')`,
      targetSql: 'create table twins (id uuid primary key, tenant_id uuid not null, "Name" text, "NAME" text)',
      manifest: () =>
        manifestFor({
          twins: { service: 'main', from: 'public.twins', into: { 'public.twins': { columns: { Name: column, NAME: '"NAME"' } } } },
        }),
    })
  const exact = await scene('"Name"')
  assert.equal((await migrateJson(exact)).status, 0)
  assert.deepEqual(await exact.target.sql('select "Name", "NAME" from twins'), [['first', 'second']])
  const vague = await scene('name')
  const ended = await migrateJson(vague)
  assert.equal(ended.status, 2, JSON.stringify(ended.json))
  assert.equal(ended.json.error?.code, 'MAPPING_UNKNOWN_COLUMN', JSON.stringify(ended.json))
})

const CODES: readonly string[] = [
  '"; drop table victim; --',
  "it's",
  'a,b',
  'a/b',
  '../../etc',
  '🦊',
  'Größe',
  'CODE',
  'code',
  '__proto__',
  '-x',
  '%00',
  'x'.repeat(200),
]

test('tenants under any code keep their rows, and are chosen and looked up by it', { timeout: 120_000 }, async t => {
  const target = await newDatabase(t)
  await target.script(
    'create table victim (id uuid primary key, tenant_id uuid not null, legacy_id integer not null, word text, unique (tenant_id, legacy_id))',
  )
  const source = await newDatabase(t)
  await source.script(`create table victim (id integer primary key, word text); insert into victim values (1, 'one'), (2, 'two')`)
  const entity = { service: 'main', from: 'public.victim', into: { 'public.victim': { columns: { legacy_id: 'id', word: 'word' } } } }
  const manifest = manifestFor({ victim: entity }, { tenants: CODES.map(code => ({ code, zone: 'UTC' })) })
  const folder = workFolder(t, { 'rehouse.yaml': JSON.stringify(manifest) })
  // Each tenant has an address of its own, though here they all lead to one database.
  const env = {
    LEGACY: `${await source.readerUrl()}&application_name={tenant.code}`,
    MAIN: await target.writerUrl({ bypassRowSecurity: true, ownsTables: true }),
  }
  const ended = await migrateJson({ folder, env })
  assert.equal(ended.status, 0, JSON.stringify(ended.json).slice(0, 3000))
  assert.deepEqual(await target.sql('select count(*), count(distinct tenant_id) from victim'), [
    [String(2 * CODES.length), String(CODES.length)],
  ])
  for (const code of ['a,b', '-x', '__proto__', 'code']) {
    const words = ['lookup', 'victim', `--tenant=${code}`, '--legacy', '2']
    const { json } = await rehouseHereJson<{ matches: { id: string }[] }>(words, { folder, env })
    const [owner] = await target.sql(
      'select t.code from victim v join rehouse.tenant t on t.id = v.tenant_id where v.id = $1',
      json.matches[0]?.id ?? null,
    )
    assert.deepEqual(owner, [code])
  }
  const again = await migrateJson({ folder, env }, ['--tenant=-x', '--tenant', '"; drop table victim; --'])
  assert.equal(again.status, 0)
  assert.equal(again.json.totals.unchanged, 4)
})

test('a database is reached under any name', async t => {
  const first = await newDatabase(t)
  const name = `${first.name.slice(0, 30)} "ö/&%' 🦊`
  const target = await newDatabase(t)
  await sql(first.url, `create database ${quote(name)}`)
  t.after(() => sql(target.url.replace(/\/[^/]*\?/, '/postgres?'), `drop database ${quote(name)} with (force)`).then(() => undefined))
  const address = new URL(first.url)
  // The driver decodes a path with decodeURI.
  address.pathname = `/${encodeURI(name)}`
  await script(address.href, `create table victim (id integer primary key); insert into victim values (7)`)
  await target.script('create table victim (id uuid primary key, tenant_id uuid not null, legacy_id integer)')
  const entity = { service: 'main', from: 'public.victim', into: { 'public.victim': { columns: { legacy_id: 'id' } } } }
  const tenants = [{ code: 'one', id: TENANT, zone: 'UTC', database: name }]
  const folder = workFolder(t, { 'rehouse.yaml': JSON.stringify(manifestFor({ victim: entity }, { tenants })) })
  const template = first.url.replace(first.name, '{tenant.database}')
  const ended = await migrateJson({ folder, env: { LEGACY: template, MAIN: target.url } })
  assert.equal(ended.status, 0, JSON.stringify(ended.json))
  assert.deepEqual(await target.sql('select legacy_id from victim'), [['7']])
})
