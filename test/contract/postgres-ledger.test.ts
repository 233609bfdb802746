import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile, writeFile } from 'node:fs/promises'
import { suite, type TestContext, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import fc from 'fast-check'
import { compareHead } from '../../src/ledger/audit-chain.ts'
import { parseTextArray, textArray } from '../../src/ledger/postgres/array-text.ts'
import { ledgerGrants } from '../../src/ledger/postgres/grants.ts'
import { integerKey } from '../../src/ledger/postgres/known-keys.ts'
import { openPostgresLedger, type PostgresLedger } from '../../src/ledger/postgres/postgres-ledger.ts'
import { MemoryTarget } from '../../src/target/memory/memory-target.ts'
import { openPostgresTarget } from '../../src/target/postgres/postgres-target.ts'
import type { Writer } from '../../src/target/target.ts'
import { describeSchema } from '../support/describe-schema.ts'
import { newDatabase, sql, type TestDatabase, type Version } from '../support/postgres.ts'
import { closer, KEPT, type LedgerBed } from './ledger-engines.ts'
import { batch, claimOf, commit, hasCode, IDENTITY, mappedIntegers, refused, run, start } from './ledger-samples.ts'
import { ddlOf } from './table-spec.ts'

const OPTIONS = { applicationName: 'rehouse contract', auditKey: Buffer.alloc(32, 7), decode: () => null, unindexed: 'scan' } as const
const SCHEMA_FILE = new URL('../../src/ledger/postgres/schema.txt', import.meta.url)
const now = () => ({ wait: false, signal: new AbortController().signal })

interface Bed extends LedgerBed {
  readonly database: TestDatabase
  readonly url: string
  ledger(options?: Partial<Parameters<typeof openPostgresLedger>[0]>): PostgresLedger
}

async function openBed(t: TestContext, version: Version = '18'): Promise<Bed> {
  const keep = closer(t)
  const database = await newDatabase(t, { version })
  await database.script(ddlOf(KEPT))
  const url = await database.writerUrl()
  const target = keep(openPostgresTarget({ service: 'app', url, settings: {}, applicationName: 'rehouse contract' }))
  return {
    database,
    url,
    ledger: options => keep(openPostgresLedger({ ...OPTIONS, url, ...options })),
    writer: async () => keep(await target.openWriter()),
    rowsStored: async () => Number((await database.sql('select count(*) from public.kept'))[0]?.[0]),
  }
}

suite('ledger in PostgreSQL: schema', () => {
  for (const version of ['18', '15'] as const) {
    test(`schema.txt shows what the numbered files make on PostgreSQL ${version}`, async t => {
      const bed = await openBed(t, version)
      await bed.ledger().install(IDENTITY)
      const described = await describeSchema(bed.database.url, 'rehouse')
      if (process.env.UPDATE === '1') await writeFile(SCHEMA_FILE, described)
      assert.equal(described, await readFile(SCHEMA_FILE, 'utf8'))
    })
  }

  test('every table, view and function says what it is for', async t => {
    const bed = await openBed(t)
    await bed.ledger().install(IDENTITY)
    const silent = await bed.database.sql(
      `select relname from pg_class where relnamespace = 'rehouse'::regnamespace and relkind in ('r', 'v') and obj_description(oid, 'pg_class') is null
      union all select proname from pg_proc where pronamespace = 'rehouse'::regnamespace and obj_description(oid, 'pg_proc') is null`,
    )
    assert.deepEqual(silent, [])
  })

  test('a newer version that is breaking is refused; a newer one that is not is used; a missing one is outdated', async t => {
    const bed = await openBed(t)
    const ledger = bed.ledger()
    await ledger.install(IDENTITY)
    await bed.database.sql('insert into rehouse.schema_version (version, breaking) values (900000, false)')
    assert.equal(await ledger.state(), 'current')
    await ledger.install(IDENTITY)
    await bed.database.sql('insert into rehouse.schema_version (version, breaking) values (900001, true)')
    for (const call of [ledger.state(), ledger.install(IDENTITY), ledger.checkIdentity(IDENTITY)])
      await assert.rejects(call, hasCode('LEDGER_INVALID'))
    await bed.database.sql('delete from rehouse.schema_version')
    assert.equal(await ledger.state(), 'outdated')
  })

  test('is installed in a schema an administrator made, by a role that may not make one', async t => {
    const bed = await openBed(t)
    const role = decodeURIComponent(new URL(bed.url).username)
    await bed.database.sql(`revoke create on database "${bed.database.name}" from "${role}"`)
    await assert.rejects(bed.ledger().install(IDENTITY), hasCode('TARGET_POLICY_DENIED'))
    assert.equal(await bed.ledger().state(), 'absent')
    await bed.database.sql(`create schema rehouse authorization "${role}"`)
    await bed.ledger().install(IDENTITY)
    await commit(await start(bed))
  })

  test('a role with the printed grants can write a whole batch, and cannot change the audit chain', async t => {
    const bed = await openBed(t)
    await bed.ledger({ url: bed.database.url }).install(IDENTITY)
    const role = `"${decodeURIComponent(new URL(bed.url).username)}"`
    for (const grant of ledgerGrants(role)) await bed.database.sql(grant)
    const started = await start(bed)
    await commit(started, {
      integers: mappedIntegers([1n]),
      quarantine: [refused(['2'])],
      exclusions: [{ key: ['3'], code: 'x' }],
      unmapped: [['9']],
    })
    await (await started.ledger.hold({ run: 'r', operator: 'o', host: 'h', pid: 1 }, now())).release()
    for (const statement of ['update rehouse.audit set who = who', 'delete from rehouse.audit', 'delete from rehouse.schema_version'])
      await assert.rejects(sql(bed.url, statement), hasCode('TARGET_POLICY_DENIED'))
  })
})

suite('ledger in PostgreSQL: sessions', () => {
  test('goes on after its connections were ended', async t => {
    const bed = await openBed(t)
    const ledger = bed.ledger()
    await ledger.install(IDENTITY)
    await endOthers(bed)
    await assert.doesNotReject(ledger.nextBatch().catch(() => ledger.nextBatch()))
  })

  test('a hold is lost when its session is ended, and the next one gets it', async t => {
    const bed = await openBed(t)
    const ledger = bed.ledger()
    await ledger.install(IDENTITY)
    const hold = await ledger.hold({ run: 'run-1', operator: 'Ada', host: 'here', pid: 1 }, now())
    await endOthers(bed)
    await hold.lost
    await (await bed.ledger().hold({ run: 'run-2', operator: 'Grace', host: 'there', pid: 2 }, now())).release()
    await hold.release()
  })

  test('a hold that is released is not lost', async t => {
    const bed = await openBed(t)
    const ledger = bed.ledger()
    await ledger.install(IDENTITY)
    const hold = await ledger.hold({ run: 'run-1', operator: 'Ada', host: 'here', pid: 1 }, now())
    await hold.release()
    const first = await Promise.race([hold.lost.then(() => 'lost'), new Promise(resolve => setTimeout(resolve, 100, 'released'))])
    assert.equal(first, 'released')
  })

  test('a holder that is killed lets go at once, and is never named afterwards', async t => {
    const bed = await openBed(t)
    const ledger = bed.ledger()
    await ledger.install(IDENTITY)
    const child = spawn(process.execPath, [fileURLToPath(new URL('hold-in-child.ts', import.meta.url)), bed.url], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    t.after(() => void child.kill('SIGKILL'))
    await once(child.stdout, 'data')
    await assert.rejects(ledger.hold({ run: 'run-2', operator: 'Grace', host: 'there', pid: 2 }, now()), new RegExp(`process ${child.pid}`))
    const waiting = ledger.hold(
      { run: 'run-2', operator: 'Grace', host: 'there', pid: 2 },
      { wait: true, signal: AbortSignal.timeout(5000) },
    )
    child.kill('SIGKILL')
    const hold = await waiting
    await assert.rejects(bed.ledger().hold({ run: 'run-3', operator: 'Joan', host: 'there', pid: 3 }, now()), /run-2 of Grace/)
    await hold.release()
  })
})

suite('ledger in PostgreSQL: taking over', () => {
  test('ends the backend recorded before, at once', async t => {
    const bed = await openBed(t)
    const { ledger, task, writer } = await start(bed)
    await ledger.claimTask(task.id, claimOf(await bed.writer()))
    assert.equal(await isAlive(bed, writer), false)
  })

  test('leaves alone a backend whose process number was given again', async t => {
    const bed = await openBed(t)
    const { ledger, task, writer } = await start(bed)
    await bed.database.sql(`update rehouse.task set backend_started = backend_started - interval '1 second'`)
    await ledger.claimTask(task.id, claimOf(await bed.writer()))
    assert.ok(await isAlive(bed, writer))
  })

  test('leaves alone a backend that is not one of ours by name', async t => {
    const bed = await openBed(t)
    const { ledger, task } = await start(bed)
    const psql = closer(t)(openPostgresTarget({ service: 'app', url: bed.url, settings: {}, applicationName: 'psql' }))
    const stranger = await psql.openWriter()
    await ledger.claimTask(task.id, claimOf(stranger))
    await ledger.claimTask(task.id, claimOf(await bed.writer()))
    assert.ok(await isAlive(bed, stranger))
    await psql.close()
  })

  test('leaves alone a backend that failed or settled its task: it writes no more for it', async t => {
    const bed = await openBed(t)
    const started = await start(bed)
    const { ledger, task, writer } = started
    await ledger.failTask(task.id, task.fence, 'failed', { code: 'X', message: 'x' })
    const other = await bed.writer()
    const again = await ledger.claimTask(task.id, claimOf(other))
    assert.ok(await isAlive(bed, writer))
    await commit({ ...started, writer: other, task: again }, { taskState: 'settled' })
    await ledger.claimTask(task.id, claimOf(writer))
    assert.ok(await isAlive(bed, other))
  })

  test('a process that claims its own task again keeps its session', async t => {
    const bed = await openBed(t)
    const { ledger, task, writer } = await start(bed)
    await ledger.claimTask(task.id, claimOf(writer))
    assert.ok(await isAlive(bed, writer))
  })

  test('waits for a batch that commits soon, and keeps it', async t => {
    const bed = await openBed(t)
    const started = await start(bed)
    const tx = await started.writer.begin()
    await started.ledger.recordBatch(tx, await batch(started, { integers: mappedIntegers([1n]), upTo: ['1'] }))
    const claiming = bed.ledger().claimTask(started.task.id, claimOf(await bed.writer()))
    await sleep(50)
    await tx.commit({ durable: true })
    assert.deepEqual((await claiming).position, ['1'])
    assert.equal((await started.ledger.known(1, 1, [['1']]))[0]?.state, 'loaded')
  })

  test('a batch of another engine’s transaction is a bug', async t => {
    const bed = await openBed(t)
    const started = await start(bed)
    const memory = new MemoryTarget({ service: 'app', relations: [] })
    const writer = await memory.openWriter()
    const tx = await writer.begin()
    await assert.rejects(async () => started.ledger.recordBatch(tx, await batch(started)), hasCode('BUG'))
    await tx.rollback()
  })
})

suite('ledger in PostgreSQL: what a person reads', () => {
  test('a batch row says who, with what, which transaction, and the digest', async t => {
    const bed = await openBed(t)
    const started = await start(bed)
    const { id } = await commit(started, { after: ['1'], upTo: ['2'], digest: Buffer.alloc(32, 0xab), integers: mappedIntegers([2n]) })
    const rows = await bed.database.sql(
      `select b.id, b.kind, b.after_key, b.up_to_key, encode(b.digest, 'hex'), b.mapping_hash, b.program_version, b.operator, b.mapped, b.bytes,
        pg_xact_status(b.xid) from rehouse.batch b`,
    )
    assert.deepEqual(rows, [[id, 'load', '{1}', '{2}', 'ab'.repeat(32), 'abc', '0.1.0', 'Ada', '1', '10', 'committed']])
  })

  test('the views show the id map, the state of batches and the quarantine by name', async t => {
    const bed = await openBed(t)
    const started = await start(bed)
    const [row] = mappedIntegers([-5n])
    assert.ok(row)
    const counts = { read: 4, unchanged: 1 }
    const { id } = await commit(started, {
      upTo: ['7'],
      integers: [row],
      exclusions: [{ key: ['6'], code: 'x' }],
      quarantine: [refused(['7'])],
      counts,
    })
    const [tenant] = await started.ledger.tenants()
    assert.deepEqual(await bed.database.sql('select entity_type, tenant_id, legacy_id, id from rehouse.id_map'), [
      ['student', tenant?.id, '-5', row.id],
    ])
    assert.deepEqual(await bed.database.sql('select entity, tenant, key, code, part, first_run from rehouse.quarantined'), [
      ['student', 'A', '7', 'orphan', '', 'run-1'],
    ])
    const states = await bed.database.sql(
      'select id, tenant, status, last_legacy_key, completed > started, read, written, skipped, quarantined from rehouse.batch_state order by id',
    )
    assert.deepEqual(states, [
      [id, 'A', 'complete', '{7}', 't', '4', '1', '2', '1'],
      [null, 'A', 'running', '{7}', null, null, null, null, null],
    ])
  })

  test('every question of docs/ledger.md can be asked', async t => {
    const bed = await openBed(t)
    await bed.ledger().install(IDENTITY)
    await bed.database.script('create table public.student (id uuid)')
    const page = await readFile(new URL('../../docs/ledger.md', import.meta.url), 'utf8')
    const questions = page.match(/^ {4}SELECT [^;]+;/gm) ?? []
    assert.ok(questions.length >= 8)
    for (const question of questions) await bed.database.sql(question.replaceAll("'…'", 'null').replaceAll('…', 'null'))
  })

  test('identifiers that say where they come from are looked up without reading the id map through', async t => {
    const bed = await openBed(t)
    const [row, hidden] = mappedIntegers([7n, 8n])
    assert.ok(row && hidden)
    const decode = (id: string) => (id === row.id ? { tenant: 1, entity: 1, key: '7' } : null)
    const started = await start(bed)
    await commit(started, { integers: [row, hidden] })
    const [refusing, scanning, all] = [
      bed.ledger({ decode, unindexed: 'refuse' }),
      bed.ledger({ decode }),
      bed.ledger({ decode: () => ({ tenant: 1, entity: 1, key: '9' }) }),
    ]
    assert.deepEqual(
      (await refusing.keysOf([row.id])).map(match => match.key),
      [['7']],
    )
    await commit(started, { integers: mappedIntegers([6n]) })
    await assert.rejects(refusing.keysOf([hidden.id]), hasCode('LEDGER_INVALID'))
    assert.deepEqual(
      (await scanning.keysOf([hidden.id, row.id])).map(match => match.key),
      [['8'], ['7']],
    )
    // What an id says must be so.
    assert.deepEqual(await all.keysOf([row.id]), [])
  })
})

suite('ledger in PostgreSQL: audit', () => {
  test('the chain of entries does not fork, however many add at once', async t => {
    const bed = await openBed(t)
    const ledgers = Array.from({ length: 4 }, () => bed.ledger())
    await ledgers[0]?.install(IDENTITY)
    await Promise.all(
      Array.from({ length: 40 }, (_, i) =>
        (ledgers[i % 4] ?? assert.fail()).audit({ who: 'Ada', action: 'policy_denied', run: null, detail: { i, text: '"\\ü' } }),
      ),
    )
    const check = await ledgers[0]?.checkAudit()
    assert.deepEqual([check?.findings, check?.entries, check?.genuine.length], [[], 40, 40])
  })

  test('a changed, a missing, an added entry and a cut tail show', async t => {
    const bed = await openBed(t)
    const ledger = bed.ledger()
    await ledger.install(IDENTITY)
    for (const id of ['one', 'two', 'three']) await ledger.beginRun(run(id))
    const intact = await ledger.checkAudit()
    assert.deepEqual([intact.findings, intact.head], [[], await ledger.auditHead()])
    const setHead = (id: number): string =>
      `update rehouse.audit_head set id = ${id}, hash = (select hash from rehouse.audit where id = ${id})`
    const copy = 'select 9, at, who, action, run, detail, previous, hash from rehouse.audit where id = 2'
    const damages: readonly (readonly [string, string])[] = [
      [`update rehouse.audit set who = 'Eve' where id = 2`, 'altered 2'],
      [`update rehouse.audit set detail = '{}' where id = 2`, 'altered 2'],
      [`update rehouse.audit set at = replace(at, '2', '3') where id = 3`, 'altered 3'],
      [`update rehouse.audit set hash = sha256('forged') where id = 2`, 'altered 2'],
      [`update rehouse.audit set who = 'Eve', hash = sha256('forged') where id = 2`, 'altered 2'],
      ['delete from rehouse.audit where id = 1', 'removed 1'],
      ['delete from rehouse.audit where id = 2', 'removed 2'],
      ['delete from rehouse.audit where id = 2; update rehouse.audit set id = 2 where id = 3', 'removed 2, moved 2'],
      ['delete from rehouse.audit where id = 3', 'tail_missing 3'],
      ['delete from rehouse.audit where id > 1', 'tail_missing 2-3'],
      ['delete from rehouse.audit', 'tail_missing 1-3'],
      ['delete from rehouse.audit_head', 'head 3'],
      [setHead(2), 'head 3'],
      [`insert into rehouse.audit ${copy.replace('9', '4').replace('where id = 2', 'where id = 3')}`, 'inserted 4'],
      [`insert into rehouse.audit ${copy.replace('9', '4')}; ${setHead(4)}`, 'inserted 4'],
      [
        `insert into rehouse.audit select 4, at, who, action, run, detail, hash, sha256('x') from rehouse.audit where id = 3; ${setHead(4)}`,
        'altered 4',
      ],
      [
        `update rehouse.audit set id = -id; update rehouse.audit set id = case when id = -1 then 1 else 1 - id end;
        insert into rehouse.audit select 2, at, 'Eve', action, run, detail, hash, sha256('x') from rehouse.audit where id = 1; ${setHead(4)}`,
        'inserted 2, moved 3-4',
      ],
      ['update rehouse.audit set id = -id where id > 1; update rehouse.audit set id = 5 + id where id < 0', 'moved 2-3'],
    ]
    for (const [damage, expected] of damages) {
      await bed.database.script(
        'create table public.kept_audit as select * from rehouse.audit; create table public.kept_head as select * from rehouse.audit_head',
      )
      await bed.database.script(damage)
      const { findings } = await ledger.checkAudit()
      const named = findings.map(({ kind, from, to }) => `${kind} ${from === to ? from : `${from}-${to}`}`)
      assert.equal(named.join(', '), expected, damage)
      await bed.database.script(`delete from rehouse.audit; insert into rehouse.audit select * from public.kept_audit; drop table public.kept_audit;
        delete from rehouse.audit_head; insert into rehouse.audit_head select * from public.kept_head; drop table public.kept_head`)
    }
  })

  test('a tail cut together with its head shows against the head that was printed', async t => {
    const bed = await openBed(t)
    const ledger = bed.ledger()
    await ledger.install(IDENTITY)
    for (const id of ['one', 'two', 'three']) await ledger.beginRun(run(id))
    const printed = await ledger.auditHead()
    assert.equal(compareHead(await ledger.checkAudit(), printed), null)
    await bed.database.script(
      'delete from rehouse.audit where id = 3; update rehouse.audit_head set id = 2, hash = (select hash from rehouse.audit where id = 2)',
    )
    const cut = await ledger.checkAudit()
    assert.deepEqual(cut.findings, [])
    assert.deepEqual([compareHead(cut, printed)?.kind, compareHead(cut, printed)?.from], ['tail_missing', '3'])
    assert.equal(compareHead(cut, { id: null, hash: printed.hash })?.kind, 'tail_missing')
    // Written on after the cut: the third entry is another one.
    await ledger.beginRun(run('four'))
    assert.equal(compareHead(await ledger.checkAudit(), printed)?.kind, 'head')
  })

  test('another key fits no entry', async t => {
    const bed = await openBed(t)
    const ledger = bed.ledger()
    await ledger.install(IDENTITY)
    for (const id of ['one', 'two']) await ledger.beginRun(run(id))
    const other = await bed.ledger({ auditKey: Buffer.alloc(32, 8) }).checkAudit()
    assert.deepEqual(
      other.findings.map(({ kind, from }) => [kind, from]),
      [
        ['altered', '1'],
        ['altered', '2'],
      ],
    )
  })

  test('claims, starts and ends of runs are in the chain', async t => {
    const bed = await openBed(t)
    const { ledger } = await start(bed)
    await ledger.finishRun('run-1', 'clean', null)
    const entries = await bed.database.sql('select who, action, run from rehouse.audit order by id')
    assert.deepEqual(entries, [
      ['Ada', 'run:started', 'run-1'],
      ['Ada', 'task:claimed', 'run-1'],
      ['Ada', 'run:finished', 'run-1'],
    ])
  })
})

suite('ledger in PostgreSQL: texts', () => {
  const text = fc.string({ unit: 'binary' }).filter(value => value.isWellFormed() && !value.includes('\0'))

  test('arrays come back from the server as they were sent', async t => {
    const bed = await openBed(t)
    const arrays = fc.sample(fc.array(fc.oneof(text, fc.constantFrom('NULL', '', '{}', '"', '\\', ',', ' ', '\n'))), 200)
    const rows = await bed.database.sql(
      'select a::text[] from unnest($1::text[]) with ordinality as t(a, n) order by n',
      arrays.map(textArray),
    )
    assert.deepEqual(
      rows.map(([sent]) => parseTextArray(sent ?? null)),
      arrays,
    )
    assert.deepEqual(await bed.database.sql('select $1::text[] is not distinct from array[null, $2]', textArray([null, 'NULL']), 'NULL'), [
      ['t'],
    ])
  })

  test('the client and the server agree on which keys are integers', async t => {
    const bed = await openBed(t)
    await bed.ledger().install(IDENTITY)
    const near = fc.bigInt({ min: -(2n ** 63n) - 10n, max: 2n ** 63n + 10n }).map(String)
    const edges = [
      '0',
      '-0',
      '00',
      '+1',
      ' 1',
      '1 ',
      '1\n',
      '',
      '-',
      '١',
      '9223372036854775807',
      '9223372036854775808',
      '-9223372036854775808',
      '-9223372036854775809',
      '1e3',
    ]
    const keys = [...edges, ...fc.sample(fc.oneof(near, text), 300)]
    const rows = await bed.database.sql(
      'select rehouse.integer_key(k) from unnest($1::text[]) with ordinality as t(k, n) order by n',
      textArray(keys),
    )
    assert.deepEqual(
      rows.map(([key]) => key ?? null),
      keys.map(integerKey),
    )
  })
})

async function isAlive(bed: Bed, writer: Writer): Promise<boolean> {
  return (await bed.database.sql('select 1 from pg_stat_activity where pid = $1', writer.backend)).length === 1
}

async function endOthers(bed: Bed): Promise<void> {
  await bed.database.sql(
    'select pg_terminate_backend(pid, 2000) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()',
  )
}
