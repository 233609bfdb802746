import assert from 'node:assert/strict'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { check, type MigrateResult, migrate } from '../../src/index.ts'
import { newDatabase, type TestDatabase, type TestLike } from '../support/postgres.ts'

/** Words, and a materialized view over them in the target, refreshed by the login that migrates. */
interface Ground {
  readonly source: TestDatabase
  readonly target: TestDatabase
  finish(statements: string): Parameters<typeof migrate>[0]
}

async function ground(t: TestLike): Promise<Ground> {
  const [source, target] = [await newDatabase(t), await newDatabase(t)]
  await source.script(`create table word (id int primary key, text text); insert into word values (1, 'a'), (2, 'b'), (3, 'b')`)
  await target.script(`create table words (id uuid primary key, text text);
    create materialized view public.letters as select text, count(*) as n, clock_timestamp() as at from words group by text;
    create unique index on letters (text)`)
  const [from, to] = [await source.readerUrl(), await target.writerUrl({ ownsTables: true })]
  const manifest = join(mkdtempSync(join(tmpdir(), 'rehouse-finish-')), 'rehouse.yaml')
  return {
    source,
    target,
    finish: statements => {
      writeFileSync(
        manifest,
        `migration: finish
sources: { legacy: "${from}" }
services: { app: { url: "${to}" } }
finish: ${statements}
entities:
  word: { service: app, from: public.word, into: { public.words: { columns: { text: text } } } }
`,
      )
      return { manifest, env: {} }
    },
  }
}

const ONE = '[refresh materialized view public.letters]'

const letters = (target: TestDatabase): ReturnType<TestDatabase['sql']> => target.sql('select text, n from letters order by 1')
const stamp = async (target: TestDatabase): Promise<unknown> => (await target.sql('select max(at)::text from letters'))[0]?.[0]
const told = ({ findings }: MigrateResult): readonly string[] =>
  findings.filter(({ code }) => code === 'FINISH_NOT_RUN').map(({ severity, message }) => `${severity} ${message}`)

async function own(target: TestDatabase, env: Parameters<typeof migrate>[0]): Promise<Parameters<typeof migrate>[0]> {
  const [role] =
    (await target.sql("select rolname from pg_roles where rolname like '%_writer' and rolname like current_database() || '%'"))[0] ?? []
  await target.sql(`alter materialized view letters owner to "${role}"`)
  return env
}

test('a view is refreshed once all rows are there; a rerun that changes nothing leaves it, one that brings rows refreshes it again', async t => {
  const { source, target, finish } = await ground(t)
  const options = await own(target, finish(ONE))
  const dry = await migrate({ ...options, dryRun: true })
  assert.deepEqual(told(dry), [
    'info `refresh materialized view public.letters`: expected it to be done once all rows are there, got a dry run: it would be done',
  ])
  assert.deepEqual(await letters(target), [])
  const first = await migrate(options)
  assert.deepEqual([first.status, told(first)], ['clean', []])
  assert.deepEqual(await letters(target), [
    ['a', '1'],
    ['b', '2'],
  ])
  const before = await stamp(target)
  const again = await migrate(options)
  assert.deepEqual(told(again), [
    'info `refresh materialized view public.letters`: expected it to be done again only if rows were written since, got none: it is left as it is',
  ])
  assert.equal(await stamp(target), before)
  assert.deepEqual(told(await migrate({ ...options, dryRun: true })), told(again))
  await source.sql("insert into word values (4, 'c')")
  await migrate(options)
  assert.deepEqual((await letters(target)).length, 3)
  await source.sql("update word set text = 'd' where id = 4")
  await migrate({ ...options, topUp: true })
  assert.deepEqual((await letters(target)).at(-1), ['d', '1'])
  const [statement] = (await target.sql('select statement, through_batch > 0 from rehouse.finish'))[0] ?? []
  assert.equal(statement, 'refresh materialized view public.letters')
})

test('what cannot be refreshed fails the run with the next step, after all rows are there; mended, --resume refreshes it and nothing else', async t => {
  const { target, finish } = await ground(t)
  const wrong = finish('[refresh materialized view public.lost, refresh materialized view concurrently public.letters]')
  await own(target, wrong)
  const failed = await migrate(wrong)
  assert.equal(failed.status, 'failed')
  assert.deepEqual(
    failed.failures.map(({ code, message, where }) => [code, message.split(', got')[0], where.table]),
    [['FINISH_FAILED', 'expected `refresh materialized view public.lost` to be done', 'public.lost']],
  )
  assert.match(failed.failures[0]?.next ?? '', /Create the view.*--resume/)
  assert.equal(failed.totals.loaded, 3)
  assert.equal((await letters(target)).length, 2, 'one that fails does not hold up the next')
  await target.sql('create materialized view lost as select 1 as one with no data')
  const [role] = (await target.sql("select matviewowner from pg_matviews where matviewname = 'letters'"))[0] ?? []
  await target.sql(`alter materialized view lost owner to "${role}"`)
  const before = await stamp(target)
  const resumed = await migrate({ ...wrong, resume: true })
  assert.deepEqual([resumed.status, resumed.run], ['clean', failed.run])
  assert.deepEqual(await target.sql('select one from lost'), [['1']])
  assert.equal(await stamp(target), before)
})

test('a login that may not refresh the view is told so', async t => {
  const { finish } = await ground(t)
  const { failures } = await migrate(finish(ONE))
  assert.deepEqual(
    failures.map(({ code }) => code),
    ['FINISH_FAILED'],
  )
})

test('a load that did not come to its end leaves the view as it was, and says so', async t => {
  const { source, target, finish } = await ground(t)
  const options = await own(target, finish(ONE))
  await source.sql("insert into word select i, 'x' from generate_series(10, 2000) i")
  await target.sql("alter table words add check (text <> 'x')")
  const stopped = await migrate(options)
  assert.equal(stopped.status, 'stopped')
  assert.deepEqual(told(stopped), [
    'warning `refresh materialized view public.letters`: expected all rows to be there before it is done, got a load that did not come to its end',
  ])
  assert.deepEqual(await letters(target), [])
})

test('nothing but the refreshing of one materialized view, named with its schema, is taken', async t => {
  const { finish } = await ground(t)
  const wrong: Readonly<Record<string, RegExp>> = {
    '["delete from public.words"]': /got another statement/,
    '["refresh materialized view public.letters; drop table public.words"]': /got 2 statements/,
    '["refresh materialized view letters"]': /got a view without its schema/,
    '["refresh materialized view public.letters with no data"]': /got one that leaves the view empty/,
    '["refresh view public.letters"]': /got text PostgreSQL does not parse/,
  }
  for (const [statements, expected] of Object.entries(wrong)) {
    const { findings } = await check(finish(statements))
    const [found] = findings.filter(({ severity }) => severity === 'error')
    assert.match(found?.message ?? '', expected)
    assert.match(found?.message ?? '', /^expected REFRESH MATERIALIZED VIEW \[CONCURRENTLY\] schema\.view under `finish`/)
    assert.equal(found?.where.line, 4)
  }
})
