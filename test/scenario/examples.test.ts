import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import type { CheckResult, MigrateResult } from '../../src/index.ts'
import { newDatabase } from '../support/postgres.ts'
import { type HereOptions, rehouseHereJson, workFolder } from '../support/rehouse-process.ts'

const SOURCE = `
create table item (id integer primary key, code varchar(10), price numeric(10,2), sold timestamptz, note text, level integer);
insert into item values (1, 'A', 1.50, '2024-01-01 00:00:00+00', null, 1), (2, 'B', 2, null, 'n', 2), (3, null, 3, null, null, 3);
create table part (item_id integer references item, n smallint, what text, primary key (item_id, n));
insert into part values (1, 1, 'x'), (1, 2, 'y'), (2, 1, 'z')`

const TARGET = `
create table public.items (id uuid primary key, legacy_id integer, code char(4), price numeric, sold timestamptz, note text);
create table public.parts (id uuid primary key, item_id uuid references public.items, n integer, what text)`

function manifest(itemExamples: string, partExamples = '[]'): string {
  return `migration: shop
sources: { legacy: env:LEGACY }
services: { shop: { url: env:SHOP } }
entities:
  item:
    service: shop
    from: public.item
    rules: [{ when: level = 2, exclude: level_two }]
    into: { public.items: { columns: { legacy_id: id, code: code, price: price, sold: sold, note: note } } }
    examples: ${itemExamples}
  part:
    service: shop
    from: public.part
    into: { public.parts: { columns: { item_id: { ref: item, from: item_id, missing: { value: null } }, n: n, what: what } } }
    examples: ${partExamples}
exclude: { columns: { public.item.level: { reason: not wanted } } }
`
}

interface Shop extends HereOptions {
  readonly target: Awaited<ReturnType<typeof newDatabase>>
}

async function shopOf(t: TestContext, yaml: string): Promise<Shop> {
  const source = await newDatabase(t)
  await source.script(SOURCE)
  const target = await newDatabase(t)
  await target.script(TARGET)
  return { folder: workFolder(t, { 'rehouse.yaml': yaml }), env: { LEGACY: source.url, SHOP: target.url }, target }
}

const RIGHT = [
  '[{ key: 1, values: { code: A, price: 1.5, sold: "2024-01-01T00:00:00Z", note: null, legacy_id: 1 } }, { tenant: single, key: 1, values: { code: A } }, { tenant: single, key: 3, values: { code: null, price: "3.00" } }]',
  '[{ key: [1, 2], values: { n: 2, what: y } }]',
] as const
const WRONG = [
  '[{ key: 1, values: { code: A, price: 1.51, note: secret } }, { key: 2, values: { code: B } }, { tenant: single, key: 99, values: { code: X } }]',
  '[{ key: [2, 1], values: { what: secret } }]',
] as const

test('rows that are as a person typed them in give no finding, in check, in a dry run, in a run and in a rerun', async t => {
  const shop = await shopOf(t, manifest(...RIGHT))
  for (const words of [['check', '--examples'], ['migrate', '--dry-run'], ['migrate'], ['migrate']]) {
    const { status, json } = await rehouseHereJson<CheckResult>(words, shop)
    assert.deepEqual(said(json), [], words.join(' '))
    assert.equal(status, 0, words.join(' '))
  }
})

test('rows that are not as a person typed them in are findings that are errors, and never show a value', async t => {
  const shop = await shopOf(t, manifest(...WRONG))
  const expected = ['item 1 note', 'item 1 price', 'item 2 ', 'item 99 ', 'part 2,1 what']
  for (const words of [['check', '--examples'], ['migrate', '--dry-run'], ['migrate'], ['migrate']]) {
    const { status, json, stdout } = await rehouseHereJson<CheckResult>(words, shop)
    assert.deepEqual(said(json), expected, words.join(' '))
    assert.equal(status, 1, words.join(' '))
    assert.ok(!stdout.includes('secret'))
  }
  await t.test('without --examples check reads no row', async () => {
    assert.deepEqual(said((await rehouseHereJson<CheckResult>(['check'], shop)).json), [])
  })
  await t.test('the rows themselves are loaded: an example is no part of what a row becomes', async () => {
    const { json } = await rehouseHereJson<MigrateResult>(['migrate'], shop)
    assert.equal(json.totals.unchanged, 5)
    assert.equal(json.totals.excluded, 1)
    assert.equal(json.status, 'findings')
  })
})

test('an example that cannot be is found before a row moves', async t => {
  const yaml = manifest(
    '[{ key: [1, 2], values: { code: A } }, { key: x, values: { code: A } }, { key: 1, values: { kode: A, price: much } }]',
  )
  const shop = await shopOf(t, yaml)
  const { json } = await rehouseHereJson<CheckResult>(['check'], shop)
  const errors = json.findings.filter(finding => finding.severity === 'error').map(finding => finding.code)
  assert.deepEqual(errors.sort(), ['MANIFEST_INVALID', 'MAPPING_TYPE', 'MAPPING_TYPE', 'MAPPING_UNKNOWN_COLUMN'])
})

function said({ findings }: Pick<CheckResult, 'findings'>): readonly string[] {
  return findings
    .filter(finding => finding.code === 'EXAMPLE_DIFFERS')
    .map(({ where }) => `${where.entity} ${where.key?.join(',')} ${where.column ?? ''}`)
    .sort()
}
