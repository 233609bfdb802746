import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { migrate, verify } from '../../../src/index.ts'
import type { VerifyResult } from '../../../src/model/results.ts'
import { newDatabase, type TestLike } from '../../support/postgres.ts'
import { TEST_SALT, workFolder } from '../../support/rehouse-process.ts'
import { told } from '../../support/verify-bed.ts'

const MANIFEST = `
migration: expressions
sources: { legacy: env:LEGACY }
services:
  app: { url: env:APP }
stop: { quarantined: 100%, errors: 100% }
cleanse: { tidy: [trim] }
phases:
  - all: [item, tag]
entities:
  item:
    service: app
    from: public.item
    key: id
    let: { short: "btrim(title)" }
    into:
      app.items:
        columns:
          legacy_id: id
          kind: { value: thing }
          ten: { value: 10 }
          since: { value: "2020-01-31" }
          live: { value: true }
          title: "coalesce(nullif(short, ''), 'none')"
          label: "Code || '-' || n"
          big: "n * 2 + 1"
          size: "case when n > 3 and code <> 'b' then 'large' when n is null then null else 'small' end"
          price: "price::numeric(10,1)"
          state: { from: state, map: { A: active, B: blocked }, else: { value: other } }
          flag: { from: n, map: { "1": true, "2": false, "9": true }, else: { value: false } }
          noted: { from: title, when: n > 1 }
          path: "doc ->> 'path'"
          tidy: { from: raw, cleanse: tidy }
          loud: "upper(code)"
      app.extras:
        when: code in ('a', 'c') and n is not null
        columns: { item_id: { ref: item, from: id }, n: n }
  tag:
    service: app
    from: { table: public.item, each: tags, as: m }
    key: [id, ordinal(m)]
    into:
      app.tags: { columns: { id: { id: hashed }, item: id, tag: m } }
`

const LEGACY = `
create table item (id int primary key, code varchar(5), n int, title text, price numeric, state varchar(3), doc jsonb, raw text, tags text[]);
insert into item values
  (1, 'a', 1, ' one ', 1.25, 'A', '{"path": "x"}', 'r'),
  (2, 'b', 2, '', 2.349, 'B', '{"path": null}', 's'),
  (3, 'c', 9, null, null, 'A', '{}', null),
  (4, 'd', null, 'four', -1.05, null, null, 't'),
  (5, null, 4, 'fünf''s \\ five', 7, 'B', '{"path": "yy"}', 'u');
update item set tags = '{x,y}' where id < 3;
`

const TARGET = `
create schema app;
create table app.items (id uuid primary key, legacy_id int not null, kind text, ten int, since date, live boolean, title text, label text, big int, size text, price numeric(10,1),
  state text, flag boolean, noted text, path text, tidy text, loud text);
create table app.tags (id uuid primary key, item int, tag text);
create table app.extras (id uuid primary key, item_id uuid not null, n int);
`

interface Stage {
  readonly folder: string
  verify(manifest?: string): Promise<VerifyResult>
  migrate(manifest: string): Promise<void>
}

async function openStage(t: TestLike, legacy = LEGACY): Promise<Stage> {
  const source = await newDatabase(t)
  await source.script(legacy)
  const target = await newDatabase(t)
  await target.script(TARGET)
  const folder = workFolder(t, { 'rehouse.yaml': MANIFEST })
  const env = { LEGACY: source.url, APP: target.url, REHOUSE_SALT: TEST_SALT, HOME: folder }
  const file = (text: string): string => {
    const name = join(folder, text === MANIFEST ? 'rehouse.yaml' : 'wrong.yaml')
    writeFileSync(name, text)
    return name
  }
  return {
    folder,
    verify: (text = MANIFEST) => verify({ manifest: file(text), env, showValues: true, level: 'standard' }),
    migrate: async text => {
      const { status, findings } = await migrate({ manifest: file(text), env })
      assert.ok(status === 'clean' || status === 'findings', JSON.stringify(findings))
    },
  }
}

const columnsOf = ({ witness }: VerifyResult, state: string): readonly string[] => [
  ...new Set(
    witness.filter(line => line.state === state && line.column !== '').map(({ column, reason }) => `${column}${reason && `: ${reason}`}`),
  ),
]

test('constants, expressions, translations, values under a condition and parts written for some rows have a witness; those without one are listed with the reason', async t => {
  const stage = await openStage(t)
  await stage.migrate(MANIFEST)
  const result = await stage.verify()
  assert.deepEqual([result.differences.map(told), result.reasons, result.outcome], [[], [], 'equal'])
  assert.deepEqual(columnsOf(result, 'equal'), [
    'legacy_id',
    'kind',
    'ten',
    'since',
    'live',
    'title',
    'label',
    'big',
    'size',
    'price',
    'state',
    'noted',
    'path',
    'tidy',
    'item_id',
    'n',
  ])
  assert.deepEqual(columnsOf(result, 'none').toSorted(), [
    'flag: values were replaced, rounded or moved as declared',
    'id: each element of a list is a row',
    'item: each element of a list is a row',
    'loud: lower and upper are as the server’s language has them',
    'tag: each element of a list is a row',
  ])
})

const WRONG: readonly (readonly [name: string, change: (manifest: string) => string, column: string])[] = [
  ['another constant', manifest => manifest.replace('{ value: 10 }', '{ value: 11 }'), 'ten'],
  ['a constant text of the same length', manifest => manifest.replace('value: thing', 'value: thong'), 'kind'],
  ['blanks that stay', manifest => manifest.replace('btrim(title)', 'title'), 'title'],
  ['parts the other way round', manifest => manifest.replace("Code || '-' || n", "n || '-' || Code"), 'label'],
  ['one too many', manifest => manifest.replace('n * 2 + 1', 'n * 2'), 'big'],
  ['a bound that is off by one', manifest => manifest.replace('n > 3', 'n > 9'), 'size'],
  ['a translation that is swapped', manifest => manifest.replace('A: active, B: blocked', 'A: blocked, B: active'), 'state'],
  ['a condition that is another', manifest => manifest.replace('when: n > 1', 'when: n > 2'), 'noted'],
  ['another member', manifest => manifest.replace("doc ->> 'path'", "doc ->> 'Path'"), 'path'],
  ['a part that is written for too few rows', manifest => manifest.replace("code in ('a', 'c')", "code in ('a', 'b')"), 'n'],
]

for (const [name, change, column] of WRONG)
  test(`a wrong program is found by the witness of what the server computes: ${name}`, async t => {
    const stage = await openStage(t)
    const wrong = change(MANIFEST)
    assert.notEqual(wrong, MANIFEST)
    await stage.migrate(wrong)
    assert.deepEqual((await stage.verify(wrong)).differences.map(told), [])
    const { differences } = await stage.verify()
    assert.deepEqual([...new Set(differences.map(({ kind, column: own }) => `${kind} ${own}`))].toSorted(), [`witness ${column}`])
  })

test('values a cleansing rule changed have no witness, and are no difference', async t => {
  const stage = await openStage(t, LEGACY.replace("'r')", "' r ')"))
  await stage.migrate(MANIFEST)
  const result = await stage.verify()
  assert.deepEqual([result.differences.map(told), result.reasons, result.outcome], [[], [], 'equal'])
  assert.ok(columnsOf(result, 'none').includes('tidy: values were replaced, rounded or moved as declared'))
})

test('a row that is refused for what an expression gives is left out of the sums', async t => {
  const stage = await openStage(t, LEGACY.replace("(1, 'a', 1,", "(1, 'a', 2147483647,"))
  await stage.migrate(MANIFEST)
  const result = await stage.verify()
  assert.deepEqual([result.differences.map(told), result.reasons, result.outcome], [[], [], 'equal'])
})
