import assert from 'node:assert/strict'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { migrate, plan, quarantine, retryQuarantine, verify } from '../../src/index.ts'
import { newDatabase, type TestDatabase } from '../support/postgres.ts'
import { workFolder } from '../support/rehouse-process.ts'

/** Functions on real servers: what they are given and answer is compared with SQL written by hand. */
interface Bed {
  readonly source: TestDatabase
  readonly target: TestDatabase
  readonly options: { readonly manifest: string; readonly env: Readonly<Record<string, string>>; readonly batchRows: number }
  write(code: string): void
}

const SOURCE = `create table owner (id int primary key, name text) with (autovacuum_enabled = off);
  insert into owner select i, 'Owner ' || i from generate_series(1, 20) i;
  create table thing (id int primary key, owner_id int, words text[]) with (autovacuum_enabled = off);
  insert into thing select i, i % 25, case when i % 3 > 0 then array['a' || i, null, 'b,' || i] end from generate_series(1, 300) i;
  create table part (id int primary key, thing_id int, price numeric(9,2), secret text) with (autovacuum_enabled = off);
  insert into part select i, i % 200, i * 1.10, 'hush' from generate_series(1, 900) i;
  create index on part (thing_id)`

const TARGET = `create table owners (id uuid primary key, name text);
  create table things (id uuid primary key, legacy_id int, owner text, words int, total numeric, dearest text, owner_ref uuid)`

const ENTITIES = `  owner: { service: app, from: public.owner, into: { public.owners: { columns: { name: name } } } }
  thing:
    service: app
    from: public.thing
    with:
      owner: { from: public.owner, match: { id: owner_id } }
      parts: { from: public.part, match: { thing_id: id }, many: true, order: [price, id], number: { place: { order: id } } }
    let: { made: { fn: functions/work.ts#work, uses: [id, owner, parts, words] } }
    into:
      public.things:
        columns:
          legacy_id: id
          owner: made.owner
          words: { from: made.words, as: int }
          total: { from: made.total, as: numeric }
          dearest: made.dearest
          owner_ref: { fn: functions/work.ts#reference, uses: [owner], as: uuid }
`

const WORK = `import type { Decimal, MappingFunction, Uuid } from 'rehouse'
interface Uses {
  id: number
  owner: { id: number; name: string | null } | null
  parts: readonly { id: number; price: Decimal | null; place: number; secret?: string }[]
  words: readonly (string | null)[] | null
}
const cents = (text: string): bigint => BigInt(text.replace('.', ''))
export const work: MappingFunction<Uses, object> = ({ id, owner, parts, words }) => {
  if (parts.some(part => 'secret' in part)) return { quarantine: 'told_a_secret' }
  if (id % 100 === 7) BROKEN
  const sum = String(parts.reduce((all, { price }) => all + cents(price ?? '0.00'), 0n)).padStart(3, '0')
  const last = parts.at(-1)
  return {
    value: {
      owner: owner?.name ?? null,
      words: words?.filter(word => word !== null).length ?? null,
      total: new JsonNumber(sum.slice(0, -2) + '.' + sum.slice(-2)),
      dearest: last === undefined ? null : last.id + ' at ' + last.place,
    },
    ...(parts.length === 0 ? { note: { code: 'no_parts' } } : {}),
  }
}
export const reference: MappingFunction<Pick<Uses, 'owner'>, Uuid> = ({ owner }, { ref }) => ({ value: owner === null ? null : ref('owner', owner.id) })
`

const THINGS = `select t.legacy_id, t.owner, t.words, t.total, t.dearest, o.name from things t left join owners o on o.id = t.owner_ref order by 1`
const expected = (isWhole: boolean): string => `select t.id, o.name, case when words is not null then 2 end,
    coalesce((select sum(price) from part p where p.thing_id = t.id), 0.00),
    (select p.id || ' at ' || (select count(*) from part q where q.thing_id = t.id and q.id <= p.id) from part p where p.thing_id = t.id order by price desc, id desc limit 1), o.name
  from thing t left join owner o on o.id = t.owner_id ${isWhole ? '' : 'where t.id % 100 <> 7'} order by 1`

async function openBed(t: TestContext): Promise<Bed> {
  const [source, target] = [await newDatabase(t), await newDatabase(t)]
  await source.script(SOURCE)
  await target.script(TARGET)
  const folder = workFolder(t)
  mkdirSync(join(folder, 'functions'))
  writeFileSync(
    join(folder, 'rehouse.yaml'),
    `migration: functions
sources: { legacy: env:LEGACY_DB }
tenants: single
services: { app: { url: env:APP_DB } }
exclude: { columns: { public.part.secret: { reason: private } } }
stop: { quarantined: 100%, errors: 100% }
entities:
${ENTITIES}`,
  )
  const env = { LEGACY_DB: await source.readerUrl(), APP_DB: await target.writerUrl() }
  return {
    source,
    target,
    options: { manifest: join(folder, 'rehouse.yaml'), env, batchRows: 100 },
    write: code => writeFileSync(join(folder, 'functions/work.ts'), WORK.replace('BROKEN', code)),
  }
}

test('lists, objects and identifiers in functions give what SQL gives, in a dry run, a run and a second run; a changed row is found; a mended function loads what it refused', async t => {
  const { source, target, options, write } = await openBed(t)
  write("throw new RangeError('no sevens')")
  const dry = await migrate({ ...options, dryRun: true })
  const result = await migrate(options)
  assert.deepEqual([result.failures, dry.totals], [[], result.totals])
  const ways = (await plan(options)).phases.flatMap(({ entities }) =>
    entities.flatMap(({ related }) => related.map(({ name, way }) => `${name} ${way}`)),
  )
  assert.deepEqual(ways, ['owner pushed', 'parts merge'])
  assert.deepEqual(await target.sql(THINGS), await source.sql(expected(false)))
  const { rows } = await quarantine({ ...options, limit: null })
  assert.deepEqual(
    rows.map(({ key, code, detail }) => [...key, code, detail]),
    ['107', '207', '7'].map(key => [key, 'function_work', 'functions/work.ts#work threw RangeError']),
  )
  const [[noted = null] = []] = await source.sql(
    'select count(*) from thing t where id % 100 <> 7 and not exists (select from part where thing_id = t.id)',
  )
  assert.deepEqual(await target.sql(`select count(*) from rehouse.note where code = 'no_parts'`), [[noted]])
  const again = await migrate(options)
  assert.deepEqual([again.totals.loaded, again.totals.unchanged], [0, result.totals.loaded])
  assert.equal((await verify({ ...options, level: 'rigorous' })).outcome, 'equal')

  write('(() => undefined)()')
  const mended = await retryQuarantine(options)
  assert.equal(mended.totals.loaded, 3)
  assert.deepEqual(await target.sql(THINGS), await source.sql(expected(true)))
  await target.script(`update things set dearest = 'none' where legacy_id = 8`)
  const found = await verify({ ...options, level: 'rigorous' })
  assert.deepEqual(
    found.differences.map(({ table, column }) => [table, column]),
    [['public.things', 'dearest']],
  )
})

const NIGHTLY = process.env.REHOUSE_NIGHTLY
test('a function that never ends is stopped in a run and in a verification: its rows go to quarantine by its name, the others arrive', {
  skip: NIGHTLY === undefined && 'left out: three calls of ten seconds each, twice (REHOUSE_NIGHTLY=1 tries it)',
}, async t => {
  const { source, target, options, write } = await openBed(t)
  write('for (;;);')
  const result = await migrate(options)
  assert.deepEqual([result.failures, result.totals.quarantined], [[], 3])
  const { rows } = await quarantine({ ...options, limit: null })
  assert.deepEqual(
    rows.map(({ key, code, detail }) => [...key, code, detail]),
    ['107', '207', '7'].map(key => [key, 'function_work', 'functions/work.ts#work did not come to an end']),
  )
  assert.deepEqual(await target.sql(THINGS), await source.sql(expected(false)))
  assert.equal((await verify({ ...options, level: 'rigorous' })).outcome, 'equal')
})
