import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { type TestContext, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { RehouseError } from '../../src/errors.ts'
import { Session } from '../../src/postgres/session.ts'
import { Refusal } from '../../src/target/target.ts'
import { newDatabase, privateServer, sql, type TestDatabase, testServer } from '../support/postgres.ts'

const ROW = Buffer.from([0, 1, 0, 0, 0, 4, 0, 0, 0, 7])
const OUT = "copy (select g, repeat('x', 1000) from pg_catalog.generate_series(1, 2000000) g) to stdout (format binary)"
const IN = 'copy public.t from stdin (format binary)'

const open = (url: string, extra: Partial<Parameters<typeof Session.open>[0]> = {}): Promise<Session> =>
  Session.open({ url, applicationName: 'rehouse session', side: 'target', ...extra })

async function withTable(t: TestContext, version: '18' | '15' = '18'): Promise<{ database: TestDatabase; session: Session }> {
  const database = await newDatabase(t, { version })
  await database.script('create table public.t (a int)')
  return { database, session: await open(database.url) }
}

/** Rows enough that neither socket buffer nor server can have taken them all. */
const many = (): Buffer[] => Array.from({ length: 64 }, () => Buffer.concat(Array.from({ length: 100_000 }, () => ROW)))

const isTransient = (error: unknown): boolean => {
  assert.equal((error as RehouseError).retry, true, String(error))
  return true
}

for (const version of ['18', '15'] as const) {
  test(`every setting is in force, those a version lacks are left out (PostgreSQL ${version})`, async t => {
    const database = await newDatabase(t, { version })
    const session = await open(database.url, { settings: { 'app.sub': 'x\'"', work_mem: '8MB' } })
    const { rows } = await session.query(
      "select current_setting('TimeZone'), current_setting('search_path'), current_setting('row_security'), current_setting('app.sub'), current_setting('work_mem'), current_setting('tcp_user_timeout'), current_setting('application_name')",
    )
    assert.deepEqual(rows[0]?.slice(0, 5), ['UTC', '', 'off', 'x\'"', '8MB'])
    assert.equal(rows[0]?.[6], 'rehouse session')
    assert.ok(session.version >= Number(version) * 10_000)
    assert.equal(session.isBehindPooler, false)
    await session.close()
    await assert.rejects(
      open(database.url, { settings: { no_such_setting: '1' } }),
      (error: RehouseError) => error.code === 'TARGET_REFUSED',
    )
  })
}

test('statements asked for at once run one after the other, each with its own answer', async t => {
  const { session } = await withTable(t)
  const warnings: Error[] = []
  const onWarning = (warning: Error): void => void warnings.push(warning)
  process.on('warning', onWarning)
  const answers = await Promise.allSettled([
    session.query('select $1::text', ['a']),
    session.query('select 1/0'),
    session.copyIn(IN, [ROW]),
    session.script('select 1; select 2'),
    session.query('select a from public.t'),
  ])
  process.off('warning', onWarning)
  assert.deepEqual(
    answers.map(answer => (answer.status === 'fulfilled' ? answer.value : (answer.reason as Refusal).sqlstate)),
    [{ rows: [['a']], rowCount: 1 }, '22012', 1, ['SELECT', 'SELECT'], { rows: [['7']], rowCount: 1 }],
  )
  assert.deepEqual(warnings, [])
  await session.close()
})

test('after a refused COPY the session goes on', async t => {
  const { session } = await withTable(t)
  await assert.rejects(
    session.copyIn(IN, [Buffer.from([0, 2, 0, 0])]),
    (error: unknown) => error instanceof Refusal && error.sqlstate === '22P04',
  )
  await assert.rejects(session.copyIn(IN, [ROW, Buffer.from([9]), ...many()]), Refusal)
  await assert.rejects(
    session.copyIn('copy public.absent from stdin (format binary)', many()),
    (error: RehouseError) => error.code === 'TARGET_REFUSED',
  )
  assert.equal(await session.copyIn(IN, [ROW, ROW]), 2)
  await assert.rejects(
    drain(session.copyOut('copy (select 1/(3-g) from pg_catalog.generate_series(1,5) g) to stdout (format binary)')),
    Refusal,
  )
  assert.deepEqual((await session.query('select count(*) from public.t')).rows, [['2']])
  await session.close()
})

test('many COPYs leave no listener behind', async t => {
  const { session } = await withTable(t)
  const warnings: Error[] = []
  const onWarning = (warning: Error): void => void warnings.push(warning)
  process.on('warning', onWarning)
  for (let i = 0; i < 60; i++) {
    await session.copyIn(IN, [ROW])
    await drain(session.copyOut('copy public.t to stdout (format binary)', new AbortController().signal))
  }
  await sleep(5)
  process.off('warning', onWarning)
  assert.deepEqual(warnings, [])
  await session.close()
})

test('a session left in the midst of a COPY out is closed, and nothing hangs', async t => {
  const { database, session } = await withTable(t)
  for await (const chunk of session.copyOut(OUT)) {
    assert.ok(chunk.length > 0)
    break
  }
  await session.ended
  assert.equal(session.isOpen, false)
  await assert.rejects(session.query('select 1'), isTransient)
  await session.close()
  await waitFor(
    async () =>
      (await sql(database.url, `select from pg_stat_activity where application_name = 'rehouse session' and datname = $1`, [database.name]))
        .length === 0,
  )
})

test('a COPY out read to its end leaves the session open, whatever the size of a value', async t => {
  const { session } = await withTable(t)
  for (const bytes of [0, 1, 1000, 65_536, 3_000_000]) {
    let got = 0
    for await (const chunk of session.copyOut(
      `copy (select repeat('x', ${bytes}) from pg_catalog.generate_series(1, 3)) to stdout (format binary)`,
    ))
      got += chunk.length
    assert.equal(got, 3 * (2 + 4 + bytes) + 2)
  }
  assert.equal(session.isOpen, true)
  await session.close()
})

test('notices and settings that change among the rows do not disturb a COPY out', async t => {
  const { database, session } = await withTable(t)
  await database.script(
    `create function public.noisy(n int) returns int language plpgsql as $$ begin raise notice '%', repeat('n', n * 100); perform set_config('application_name', 'noisy ' || n, false); return n; end $$`,
  )
  const bytes = await drain(
    session.copyOut('copy (select public.noisy(g) from pg_catalog.generate_series(1, 300) g) to stdout (format binary)'),
  )
  const expected = Array.from({ length: 300 }, (_, i) => Buffer.from([0, 1, 0, 0, 0, 4, 0, 0, (i + 1) >> 8, (i + 1) & 255]))
  assert.deepEqual(bytes, Buffer.concat([...expected, Buffer.from([0xff, 0xff])]))
  assert.deepEqual((await session.query('select 1')).rows, [['1']])
  await session.close()
})

test('a slow reader holds the server back', async t => {
  const { database, session } = await withTable(t)
  const before = process.memoryUsage().rss
  const chunks = session.copyOut(OUT)[Symbol.asyncIterator]()
  await chunks.next()
  await waitFor(
    async () => (await sql(database.url, `select wait_event from pg_stat_activity where pid = ${session.pid}`))[0]?.[0] === 'ClientWrite',
  )
  assert.ok(process.memoryUsage().rss - before < 100 << 20)
  await chunks.return?.(undefined)
})

test('reading and writing a gigabyte takes no more memory than a part of it', {
  skip: process.env.REHOUSE_TEST_LARGE === undefined && 'set REHOUSE_TEST_LARGE=1',
}, async t => {
  const { database, session } = await withTable(t)
  let most = 0
  let bytes = 0
  for await (const chunk of session.copyOut(
    "copy (select repeat('x', 10000) from pg_catalog.generate_series(1, 107000)) to stdout (format binary)",
  )) {
    bytes += chunk.length
    most = Math.max(most, process.memoryUsage().rss)
  }
  assert.ok(bytes > 1e9)
  const block = Buffer.concat(Array.from({ length: 100_000 }, () => ROW))
  await session.query('alter table public.t set unlogged')
  await session.copyIn(
    IN,
    Array.from({ length: 1070 }, () => block),
  )
  most = Math.max(most, process.memoryUsage().rss)
  t.diagnostic(`${Math.round(most / (1 << 20))} MB`)
  assert.ok(most < 300 << 20, `expected less than 300 MB, got ${most >> 20}`)
  assert.equal((await sql(database.url, 'select count(*) from public.t'))[0]?.[0], '107000000')
  await session.close()
})

test('a backend that is terminated while idle, in a query, in COPY in or in COPY out is a failure that passes', async t => {
  const database = await newDatabase(t)
  await database.script('create table public.t (a int)')
  const terminate = (session: Session): Promise<unknown> => database.sql(`select pg_terminate_backend(${session.pid})`)
  const idle = await open(database.url)
  await terminate(idle)
  await idle.ended
  await assert.rejects(idle.query('select 1'), isTransient)

  const querying = await open(database.url)
  await Promise.all([
    assert.rejects(querying.query('select pg_catalog.pg_sleep(20)'), isTransient),
    sleep(50).then(() => terminate(querying)),
  ])

  const writing = await open(database.url)
  const holder = await open(database.url)
  await holder.script('begin; lock table public.t')
  await Promise.all([assert.rejects(writing.copyIn(IN, many()), isTransient), sleep(50).then(() => terminate(writing))])
  await holder.close()

  const reading = await open(database.url)
  const consumed = (async () => {
    for await (const _ of reading.copyOut(OUT)) await terminate(reading)
  })()
  await assert.rejects(consumed, isTransient)
  for (const session of [idle, querying, writing, reading]) {
    await session.ended
    await assert.rejects(session.copyIn(IN, [ROW]), isTransient)
    await assert.rejects(drain(session.copyOut(OUT)), isTransient)
    await session.close()
    session.destroy()
  }
  assert.deepEqual(await database.sql('select count(*) from public.t'), [['0']])
})

test('a connection that is cut in the midst of COPY in or COPY out is a failure that passes', async t => {
  const database = await newDatabase(t)
  await database.script('create table public.t (a int)')
  const proxy = await startProxy(database.url)
  const writing = await open(proxy.url)
  const holder = await open(database.url)
  await holder.script('begin; lock table public.t')
  await Promise.all([assert.rejects(writing.copyIn(IN, many()), isTransient), sleep(50).then(() => proxy.cut())])
  await holder.close()
  const reading = await open(proxy.url)
  const consumed = (async () => {
    for await (const _ of reading.copyOut(OUT)) proxy.cut()
  })()
  await assert.rejects(consumed, isTransient)
  const querying = await open(proxy.url)
  await Promise.all([assert.rejects(querying.query('select pg_catalog.pg_sleep(1)'), isTransient), sleep(50).then(() => proxy.cut())])
  for (const session of [writing, reading, querying]) await session.close()
  await proxy.close()
  assert.deepEqual(await database.sql('select count(*) from public.t'), [['0']])
})

test('a server that answers no more is given up within the time to connect', async t => {
  const server = createServer(socket => void socket.on('error', () => undefined))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  const began = Date.now()
  await assert.rejects(open(`postgres://u@127.0.0.1:${port}/d?sslmode=disable`, { connectTimeoutMs: 200 }), isTransient)
  assert.ok(Date.now() - began < 2000)
  server.close()
  await assert.rejects(open(`postgres://u@127.0.0.1:${port}/d?sslmode=disable`), isTransient)
  t.diagnostic('done')
})

test('a wrong password, an unknown database and TLS that is not offered are refused for good', async () => {
  const base = new URL((await testServer()).url('postgres'))
  const refused = async (change: (url: URL) => void, extra = {}): Promise<void> => {
    const url = new URL(base)
    change(url)
    await assert.rejects(open(url.href, extra), (error: RehouseError) => {
      assert.ok(['TARGET_REFUSED', 'TARGET_POLICY_DENIED'].includes(error.code), `${error.code}: ${error.message}`)
      assert.ok(!error.message.includes('wrong') && !JSON.stringify(error).includes('wrong'))
      return true
    })
  }
  await refused(url => {
    url.password = 'wrong'
  })
  await refused(url => {
    url.pathname = '/no_such_database'
  })
  await refused(
    url => {
      url.searchParams.delete('sslmode')
    },
    { ssl: { rejectUnauthorized: false } },
  )
})

test('after a restart of the server old sessions fail in a way that passes, and new ones open', async t => {
  const server = await privateServer(t)
  const session = await open(server.url('postgres'))
  const reading = (async () => {
    for await (const _ of session.copyOut(OUT)) await sleep(1)
  })()
  await Promise.all([assert.rejects(reading, isTransient), sleep(50).then(() => server.kill())])
  await assert.rejects(open(server.url('postgres')), isTransient)
  await server.restart()
  const again = await open(server.url('postgres'))
  assert.deepEqual((await again.query('select 1')).rows, [['1']])
  await again.close()
  await server.stop()
})

async function drain(chunks: AsyncIterable<Buffer>): Promise<Buffer> {
  const all: Buffer[] = []
  for await (const chunk of chunks) all.push(chunk)
  return Buffer.concat(all)
}

async function waitFor(condition: () => Promise<boolean>): Promise<void> {
  for (const end = Date.now() + 5000; !(await condition()); await sleep(20)) assert.ok(Date.now() < end, 'expected it within 5 s')
}

/** Stands between and cuts both sides without a word. */
async function startProxy(url: string): Promise<{ readonly url: string; cut(): void; close(): Promise<void> }> {
  const target = new URL(url)
  const sockets = new Set<Socket>()
  const server: Server = createServer(client => {
    const upstream = connect(Number(target.port), target.hostname)
    for (const socket of [client, upstream]) {
      sockets.add(socket)
      socket.on('error', () => undefined)
      socket.on('close', () => sockets.delete(socket))
    }
    client.pipe(upstream)
    upstream.pipe(client)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = new URL(url)
  address.port = String((server.address() as { port: number }).port)
  return {
    url: address.href,
    cut: () => {
      for (const socket of sockets) socket.resetAndDestroy()
    },
    close: async () => {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}
