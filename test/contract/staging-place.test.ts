import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { embeddedStatus } from '../../src/embedded/embedded.ts'
import { dataFolder, homeOf } from '../../src/embedded/server-state.ts'
import { RehouseError } from '../../src/errors.ts'
import type { Relation } from '../../src/model/catalogue.ts'
import { MemorySource } from '../../src/source/memory/memory-source.ts'
import { WHOLE } from '../../src/source/scan-keys.ts'
import type { Source } from '../../src/source/source.ts'
import { stagedSource, stageRelations } from '../../src/staging/staged-source.ts'
import { databaseName } from '../../src/staging/staging-database.ts'
import type { StagingPlace } from '../../src/staging/staging-place.ts'
import { serverFolder } from '../../src/staging/staging-server.ts'
import { privateServer, sql, testServer } from '../support/postgres.ts'
import { openPlace, stagedDatabases, stagingFolder, stagingPlace } from '../support/staging.ts'
import { type Watch, type WatchOptions, watched } from '../support/watched-source.ts'
import { column, find, isError, request, withSnapshot } from './source.ts'
import { collectFields, fieldsOf, type Row, relationOf, type TableSpec } from './table-spec.ts'

const SPEC: TableSpec = { name: 'loose', columns: [column('k', 'int4'), column('v', 'text')] }
const ROWS: readonly Row[] = Array.from({ length: 2000 }, (_, i) => [i % 7 === 0 ? null : i % 5, `row ${i}`])
const KEY = { kind: 'columns', names: ['k'] } as const

function memory(rows: readonly Row[] = ROWS): MemorySource {
  return new MemorySource('file', [{ relation: relationOf(SPEC), rows: rows.map(row => fieldsOf(SPEC, row)) }], { capability: 'scan' })
}

interface Opened {
  readonly source: Source
  readonly watch: Watch
}

function opened(place: StagingPlace, options: WatchOptions & { readonly rows?: readonly Row[]; readonly name?: string } = {}): Opened {
  const watch: Watch = { reads: [], confirms: 0 }
  return {
    watch,
    source: stagedSource(watched(memory(options.rows), watch, options), { place, name: options.name ?? 'legacy', texts: 'postgres' }),
  }
}

async function readLoose(source: Source, signal = new AbortController().signal): Promise<number> {
  const relation = await find(source, SPEC.name)
  return withSnapshot(source, async snapshot => {
    const rows = await collectFields(snapshot.read(request({ relation, columns: ['k', 'v'], key: KEY, after: null, signal })), 2)
    return rows.length
  })
}

const external = (url: string) => () => Promise.resolve({ url, ssl: false } as const)

test('nothing is started for what a file can do itself', async t => {
  const folder = stagingFolder(t)
  const place = openPlace({ folder, address: null, migration: 'm' })
  const { source } = opened(place)
  const relation = await find(source, SPEC.name)
  await withSnapshot(source, async snapshot => {
    assert.equal(await snapshot.count(relation), 2000n)
    assert.equal((await collectFields(snapshot.read(request({ relation, columns: ['v'], key: WHOLE, after: null })), 1)).length, 2000)
  })
  await source.close()
  await place.dropAll()
  await place.close()
  assert.equal(existsSync(folder), false)
})

test('the built-in server is private; it is stopped when the last who uses it comes to the end', async t => {
  const folder = stagingFolder(t)
  const [one, other] = [openPlace({ folder, address: null, migration: 'm' }), openPlace({ folder, address: null, migration: 'm' })]
  const [first, second] = [opened(one), opened(other)]
  assert.deepEqual(await Promise.all([readLoose(first.source), readLoose(second.source)]), [2000, 2000])
  assert.deepEqual([...first.watch.reads, ...second.watch.reads], [SPEC.name], 'read and copied once')
  const server = serverFolder(folder)
  const home = homeOf(server) ?? assert.fail('no server')
  const mode = (path: string): string => (statSync(path).mode & 0o777).toString(8)
  assert.equal(mode(folder), '700')
  assert.equal(mode(join(folder, 'databases')), '700')
  assert.equal(mode(dataFolder(home)), '700')
  assert.equal(mode(join(home, 'password')), '600')
  await first.source.close()
  await one.close()
  assert.equal(embeddedStatus(server).running, true, 'still in use')
  assert.equal(await readLoose(second.source), 2000)
  await second.source.close()
  await other.close()
  await other.close()
  assert.equal(embeddedStatus(server).running, false)
  const again = openPlace({ folder, address: null, migration: 'm' })
  const third = opened(again)
  assert.equal(await readLoose(third.source), 2000)
  assert.deepEqual(third.watch.reads, [], 'found after the stop')
  await third.source.close()
  await again.dropAll()
  await again.close()
})

test('of several that want the same relation one copies it and the others wait', async t => {
  const place = await stagingPlace(t)
  const { url } = await testServer()
  const another = openPlace({ folder: '/nowhere', address: external(url('postgres')), migration: place.options.migration })
  t.after(() => another.close())
  const all = [opened(place), opened(place), opened(another), opened(another)]
  assert.deepEqual(await Promise.all(all.map(({ source }) => readLoose(source))), [2000, 2000, 2000, 2000])
  assert.equal(all.flatMap(({ watch }) => watch.reads).length, 1)
  for (const { source } of all) await source.close()
})

test('what was staged is told with its rows and a hash of its bytes', async t => {
  const place = await stagingPlace(t)
  const { source } = opened(place)
  await readLoose(source)
  await source.close()
  const [database = ''] = await stagedDatabases(place)
  const { url } = await testServer()
  const rows = await sql(
    url(database),
    'select relation, rows, length(sha256), marker, finished_at is not null from legacy_staging.relation',
  )
  const marker = await withSnapshot(memory(), snapshot => Promise.resolve(snapshot.marker))
  assert.deepEqual(rows, [['public.loose', '2000', '32', marker, 't']])
  assert.equal(databaseName({ engine: 'memory', source: 'legacy', identity: 'memory:file', marker }), database)
})

/** A process of its own that stages and is told to kill itself in the middle of a relation, which it has sent in part. */
async function killedWhileStaging(url: string, migration: string): Promise<void> {
  const path = (file: string): string => JSON.stringify(fileURLToPath(new URL(file, import.meta.url)))
  const code = `
    import { stageAndDie } from ${path('./stage-and-die.ts')}
    await stageAndDie(${JSON.stringify({ url, migration })})`
  const child = spawn(process.execPath, ['--input-type=module', '-e', code], { stdio: ['ignore', 'ignore', 'inherit'] })
  const [, signal] = await once(child, 'close')
  assert.equal(signal, 'SIGKILL')
}

test('a process that is killed while it copies leaves nothing; the next copies again', async t => {
  const place = await stagingPlace(t)
  const { url } = await testServer()
  await killedWhileStaging(url('postgres'), place.options.migration)
  const [database = ''] = await stagedDatabases(place)
  for (const end = Date.now() + 5000; Date.now() < end; await sleep(20)) {
    const open = await sql(url('postgres'), 'select 1 from pg_stat_activity where datname = $1', [database])
    if (open.length === 0) break
  }
  assert.deepEqual(
    await sql(url(database), `select relname from pg_class where relnamespace = 'legacy_staging'::regnamespace and relkind = 'r'`),
    [['relation']],
  )
  const { source, watch } = opened(place)
  assert.equal(await readLoose(source), 2000)
  assert.deepEqual(watch.reads, [SPEC.name])
  await source.close()
})

test('a server that was killed has lost what was staged: it is not said to be there, and is staged again', async t => {
  const server = await privateServer(t)
  const place = openPlace({ folder: '/nowhere', address: external(server.url('postgres')), migration: 'm' })
  t.after(() => place.close())
  const first = opened(place)
  const relation = await find(first.source, SPEC.name)
  const snapshot = await first.source.openSnapshot()
  const read = async (): Promise<number> =>
    (await collectFields(snapshot.read(request({ relation, columns: ['k', 'v'], key: KEY, after: null })), 2)).length
  assert.equal(await read(), 2000)
  await server.kill()
  await assert.rejects(read(), isError('SOURCE_UNREACHABLE'))
  await server.restart()
  assert.deepEqual(
    await sql(
      server.url(databaseName({ engine: 'memory', source: 'legacy', identity: 'memory:file', marker: snapshot.marker })),
      'select count(*) from legacy_staging.relation',
    ),
    [['0']],
  )
  await first.source.close()
  const second = opened(place)
  assert.equal(await readLoose(second.source), 2000)
  assert.deepEqual(second.watch.reads, [SPEC.name])
  await second.source.close()
})

test('a table that is empty although rows were counted is staged again', async t => {
  const place = await stagingPlace(t)
  const first = opened(place)
  await readLoose(first.source)
  await first.source.close()
  const [database = ''] = await stagedDatabases(place)
  const { url } = await testServer()
  const [[table] = []] = await sql(url(database), 'select name from legacy_staging.relation')
  await sql(url(database), `truncate legacy_staging."${table}"`)
  const second = opened(place)
  assert.equal(await readLoose(second.source), 2000)
  assert.deepEqual(second.watch.reads, [SPEC.name])
  await second.source.close()
})

test('what the file’s reader throws is thrown, with the table; nothing is kept of it', async t => {
  const place = await stagingPlace(t)
  const broken = opened(place, {
    beforeChunk: (_, chunk) => {
      if (chunk === 2) throw new RehouseError('SOURCE_INVALID', 'expected a row, got none', { where: { file: 'a.bak' }, next: 'Mend it.' })
    },
  })
  await assert.rejects(readLoose(broken.source), (error: unknown) => {
    isError('SOURCE_INVALID')(error)
    assert.deepEqual(error instanceof RehouseError ? error.where : null, { table: 'public.loose', file: 'a.bak' })
    return true
  })
  await broken.source.close()
  const whole = opened(place)
  assert.equal(await readLoose(whole.source), 2000)
  assert.deepEqual(whole.watch.reads, [SPEC.name])
  await whole.source.close()
})

test('a request to stop ends what is being staged, and what waits for another that stages', async t => {
  const abort = new AbortController()
  const { signal } = abort
  const place = await stagingPlace(t, { signal })
  const [inside, held] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  const first = opened(place, {
    beforeChunk: () => {
      inside.resolve()
      return held.promise
    },
  })
  const copying = assert.rejects(readLoose(first.source), isError('INTERRUPTED'))
  await inside.promise
  const second = opened(place)
  const waiting = assert.rejects(readLoose(second.source), isError('INTERRUPTED'))
  await sleep(200)
  abort.abort()
  await waiting
  held.resolve()
  await copying
  await first.source.close()
  await second.source.close()
})

test('closing a snapshot ends what is being staged for it', async t => {
  const place = await stagingPlace(t)
  const inside = Promise.withResolvers<void>()
  const { source } = opened(place, {
    beforeChunk: async () => {
      inside.resolve()
      await sleep(50)
    },
  })
  const reading = assert.rejects(readLoose(source), isError('SOURCE_UNREACHABLE'))
  await inside.promise
  await source.close()
  await reading
})

test('another content of the same source takes the place of what was staged; of what lies around so many are kept and no more', async t => {
  const place = await stagingPlace(t, { mostKept: 2 })
  for (let i = 0; i < 3; i++) {
    const { source } = opened(place, { rows: [[i, 'x']] })
    await readLoose(source)
    await source.close()
    assert.equal((await stagedDatabases(place)).length, 1)
  }
  for (let i = 0; i < 3; i++) {
    const { source } = opened(place, { rows: [[100 + i, 'x']], name: `legacy/${i}` })
    await readLoose(source)
    await source.close()
    assert.ok((await stagedDatabases(place)).length <= 2)
  }
  await place.dropSource('legacy/2')
  assert.equal((await stagedDatabases(place)).length, 1)
})

test('what is in use is not dropped', async t => {
  const place = await stagingPlace(t)
  const { source } = opened(place)
  const relation = await find(source, SPEC.name)
  await withSnapshot(source, async snapshot => {
    const read = (): Promise<unknown> => collectFields(snapshot.read(request({ relation, columns: ['v'], key: KEY, after: null })), 1)
    await read()
    await place.dropSource('legacy')
    assert.equal((await stagedDatabases(place)).length, 1)
    await read()
  })
  await place.dropSource('legacy')
  assert.deepEqual(await stagedDatabases(place), [])
  await source.close()
})

test('relations can be had whole on a server that can do all that PostgreSQL can', async t => {
  const place = await stagingPlace(t)
  const { source } = opened(place)
  const relation = await find(source, SPEC.name)
  await withSnapshot(source, async snapshot => {
    const staged = await stageRelations(snapshot, { relations: [relation], signal: new AbortController().signal })
    const there = staged?.relations.get(relation) as Relation
    assert.deepEqual([there.schema, there.columns.map(c => c.name)], ['legacy_staging', ['k', 'v']])
    assert.equal(staged?.source.capability, 'query')
    await withSnapshot(staged?.source as Source, async live => assert.equal(await live.count(there), 2000n))
    await staged?.source.close()
  })
  assert.equal(
    await withSnapshot(memory(), snapshot => stageRelations(snapshot, { relations: [], signal: new AbortController().signal })),
    null,
  )
  await source.close()
})

test('a database whose maker was killed before it could say what it is for is dropped by the next', async t => {
  const place = await stagingPlace(t)
  const { url } = await testServer()
  const name = `rehouse_staging_${'0'.repeat(32)}`
  await sql(url('postgres'), `create database "${name}"`)
  const { source } = opened(place)
  await readLoose(source)
  await source.close()
  assert.deepEqual(await sql(url('postgres'), 'select 1 from pg_database where datname = $1', [name]), [])
})

test('a look that is over drops what it staged itself, and leaves what was there', async t => {
  const place = await stagingPlace(t)
  const before = opened(place, { name: 'legacy/interrupted' })
  await readLoose(before.source)
  await before.source.close()
  const { url } = await testServer()
  const look = openPlace({ folder: '/nowhere', address: external(url('postgres')), migration: place.options.migration })
  const left = await stagedDatabases(place)
  for (const options of [{ name: 'legacy/interrupted' }, { rows: [[1, 'x']] satisfies Row[], name: 'other' }]) {
    const { source } = opened(look, options)
    await readLoose(source)
    await source.close()
  }
  assert.equal((await stagedDatabases(place)).length, 2)
  await look.dropMade()
  await look.close()
  assert.deepEqual(await stagedDatabases(place), left)
})

test('what a file says besides its rows is the file’s own word', async t => {
  const place = await stagingPlace(t)
  const file = memory()
  const extras = { dialect: 'postgres', defaults: [], computed: [], checks: [], indexes: [], comments: [], objects: [] } as const
  const saying: Source = Object.assign(file, { extras: () => Promise.resolve(extras) })
  const source = stagedSource(saying, { place, name: 'legacy', texts: 'postgres' })
  assert.deepEqual([await source.describe(), await source.facts(), source.label], [await file.describe(), await file.facts(), file.label])
  assert.equal(await source.extras?.(), extras)
  assert.equal(opened(place).source.extras, undefined)
  await withSnapshot(source, async snapshot => {
    assert.equal(snapshot.confirm, undefined)
    const own = await file.openSnapshot()
    assert.deepEqual([snapshot.marker, snapshot.origin], [own.marker, own.origin])
    assert.ok(snapshot.id.startsWith(own.id))
    await withSnapshot(source, other => Promise.resolve(assert.notEqual(other.id, snapshot.id)))
  })
  await source.close()
})

test('two sources never share what was staged, however alike they are', async t => {
  const place = await stagingPlace(t)
  for (const name of ['legacy/north', 'legacy/south']) {
    const { source, watch } = opened(place, { name })
    assert.equal(await readLoose(source), 2000)
    assert.deepEqual(watch.reads, [SPEC.name])
    await source.close()
  }
  assert.equal((await stagedDatabases(place)).length, 2)
})

test('many sources at once each get what is theirs, while others are dropped', async t => {
  const place = await stagingPlace(t, { mostKept: 1 })
  const work = Array.from({ length: 6 }, async (_, i) => {
    const { source } = opened(place, { rows: [[i, `${i}`]], name: `legacy/${i}` })
    assert.equal(await readLoose(source), 1)
    await source.close()
    await place.dropSource(`legacy/${i}`)
  })
  await Promise.all(work)
  assert.deepEqual(await stagedDatabases(place), [])
})
