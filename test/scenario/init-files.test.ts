import assert from 'node:assert/strict'
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import type { InitResult, MigrateResult } from '../../src/index.ts'
import { newDatabase, type TestDatabase } from '../support/postgres.ts'
import { type ErrorAnswer, rehouse, rehouseHereJson, rehouseJson, workFolder } from '../support/rehouse-process.ts'

async function initAndMigrate(
  t: TestContext,
  { folder, source }: { folder: string; source: string },
): Promise<{ made: InitResult; target: TestDatabase }> {
  const target = await newDatabase(t)
  const { json: made, status } = await rehouseHereJson<InitResult>(['init', source, '--out', '.', '--target', target.url], { folder })
  assert.equal(status, 0)
  const env = { TARGET_PASSWORD: decodeURIComponent(new URL(target.url).password) }
  const first = await rehouseHereJson<MigrateResult>(['migrate', '--create-target'], { folder, env })
  assert.deepEqual(first.json.failures, [])
  assert.equal(first.json.status, 'clean')
  const again = await rehouseHereJson<MigrateResult>(['migrate'], { folder, env })
  assert.equal(again.json.totals.unchanged, first.json.totals.read)
  return { made, target }
}

test('folders of CSV files by a pattern become tenants, without an edit', async t => {
  const folder = workFolder(t)
  for (const [shop, price] of [
    ['north', '1.50'],
    ['south', '20'],
  ]) {
    mkdirSync(join(folder, 'exports', shop ?? ''), { recursive: true })
    writeFileSync(join(folder, 'exports', shop ?? '', 'Item.csv'), `Id,Name,Price\n1,"A, b",${price}\n2,,3\n`)
  }
  const { made, target } = await initAndMigrate(t, { folder, source: 'csv:exports/*' })
  assert.deepEqual(
    made.tenants.map(({ tenant }) => tenant),
    ['north', 'south'],
  )
  assert.deepEqual(await target.sql('select legacy_id, name, price from item order by price'), [
    ['1', 'A, b', '1.50'],
    ['2', null, '3'],
    ['2', null, '3'],
    ['1', 'A, b', '20'],
  ])
})

test('dumps by a pattern become tenants, plain and with INSERTs, without an edit', async t => {
  const folder = workFolder(t)
  const head = 'CREATE TABLE public.item (id integer NOT NULL, name text, parent_id integer);\n'
  const keys =
    'ALTER TABLE ONLY public.item ADD CONSTRAINT item_pkey PRIMARY KEY (id);\nALTER TABLE ONLY public.item ADD CONSTRAINT item_fk FOREIGN KEY (parent_id) REFERENCES public.item(id);\n'
  writeFileSync(
    join(folder, 'a.sql'),
    `${head}COPY public.item (id, name, parent_id) FROM stdin;\n1\tx\\ty\t2\n2\t\\N\t\\N\n\\.\n\n${keys}`,
  )
  writeFileSync(join(folder, 'b.sql'), `${head}INSERT INTO public.item VALUES (1, 'it''s', NULL);\n${keys}`)
  const { target } = await initAndMigrate(t, { folder, source: 'pgdump:*.sql' })
  const rows = 'select i.legacy_id, i.name, p.legacy_id from item i left join item p on p.id = i.parent_id order by 1, 2'
  assert.deepEqual(await target.sql(rows), [
    ['1', "it's", null],
    ['1', 'x\ty', '2'],
    ['2', null, null],
  ])
})

test('what cannot be meant is refused with a way out, and nothing is written', async t => {
  const folder = workFolder(t, { 'x.bacpac': 'no zip' })
  const cases: readonly (readonly [readonly string[], string, number])[] = [
    [['init', '--out', 'o'], 'USAGE', 2],
    [['init', 'bacpac:x.bacpac'], 'USAGE', 2],
    [['init', 'x.bacpac', '--out', 'o'], 'USAGE', 2],
    [['init', 'bacpac:*.nothing', '--out', 'o'], 'USAGE', 2],
    [['init', 'bacpac:x.bacpac', 'bacpac:*.bacpac', '--out', 'o'], 'USAGE', 2],
    [['init', 'bacpac:x.bacpac', 'postgres://h/d', '--out', 'o'], 'USAGE', 2],
    [['init', 'bacpac:x.bacpac', '--out', 'o', '--target', 'mysql://h'], 'USAGE', 2],
    [['init', 'bacpac:x.bacpac', '--out', 'o'], 'SOURCE_INVALID', 4],
    [['init', 'postgres://nobody@127.0.0.1:1/none', '--out', 'o'], 'SOURCE_UNREACHABLE', 4],
    [['init', 'env:NOT_SET', '--out', 'o'], 'CONFIG_MISSING', 2],
  ]
  for (const [words, code, exit] of cases) {
    const { status, json } = await rehouseHereJson<ErrorAnswer>(words, { folder })
    assert.deepEqual([json.error.code, status], [code, exit], words.join(' '))
    assert.ok(json.error.next.length > 0)
  }
  assert.deepEqual(readdirSync(folder), ['x.bacpac'])
})

test('two commands and nothing else: init, and migrate into the built-in server', async t => {
  const folder = workFolder(t)
  writeFileSync(
    join(folder, 'shop.sql'),
    "CREATE TABLE public.item (id integer PRIMARY KEY, name text);\nINSERT INTO public.item VALUES (1, 'x');\n",
  )
  try {
    assert.equal((await rehouse(['init', 'pgdump:shop.sql', '--out', 'out'], { folder })).status, 0)
    const { status, json } = await rehouseJson<MigrateResult>(['migrate', '-m', 'out/rehouse.yaml'], { folder })
    assert.equal(status, 0)
    assert.deepEqual([json.status, json.totals.loaded], ['clean', 1])
  } finally {
    await rehouse(['embedded', 'stop', '-m', 'out/rehouse.yaml'], { folder })
  }
})
