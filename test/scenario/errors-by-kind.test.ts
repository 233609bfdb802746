import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { migrate, type ProgressEvent } from '../../src/index.ts'
import { Session } from '../../src/postgres/session.ts'
import { writeManifest } from '../fault/scene.ts'
import { newDatabase, type TestDatabase, type TestLike } from '../support/postgres.ts'

const TENANTS = ['north', 'south'] as const

interface Ground {
  readonly target: TestDatabase
  readonly sources: Readonly<Record<(typeof TENANTS)[number], TestDatabase>>
  options(more?: Partial<Parameters<typeof migrate>[0]>): Parameters<typeof migrate>[0]
}

/** Two tenants with items 1..60 each; `rules` is SQL on the target table public.items. */
async function ground(t: TestLike, of: { rules?: string; stop?: string; retries?: number } = {}): Promise<Ground> {
  const sources = { north: await newDatabase(t), south: await newDatabase(t) }
  for (const tenant of TENANTS)
    await sources[tenant].script(`create table item (id int primary key, name text, kind int, span int4range, amount int);
      insert into item select i, 'item ' || i, 1 + i % 3, int4range(i * 10, i * 10 + 5), i from generate_series(1, 60) i; analyze item`)
  const target = await newDatabase(t)
  await target.script(`
    create table kinds (id int primary key); insert into kinds values (1), (2), (3);
    create table items (id uuid primary key, tenant_id uuid not null, legacy_id int not null, name text, kind int, span int4range, amount int, stamp text);
    ${of.rules ?? ''}`)
  const addresses = await Promise.all(TENANTS.map(async tenant => new URL(await sources[tenant].readerUrl())))
  const rows = TENANTS.map(
    (code, i) => `  - { code: ${code}, user: ${addresses[i]?.username}, database: ${addresses[i]?.pathname.slice(1)} }`,
  )
  const manifest = `
migration: kinds-of-errors
sources: { legacy: "postgres://{tenant.user}:only-for-tests@${addresses[0]?.host}/{tenant.database}?sslmode=disable" }
tenants:
${rows.join('\n')}
services: { app: { url: "${await target.writerUrl({ ownsTables: true })}", tenant_column: tenant_id, triggers: fire } }
stop: ${of.stop ?? '{ quarantined: 100%, errors: 100% }'}
defaults: { batch: { retries: ${of.retries ?? 5} } }
entities:
  item:
    service: app
    from: public.item
    key: id
    into: { public.items: { columns: { legacy_id: id, name: name, kind: kind, span: span, amount: amount } } }
`
  const file = writeManifest(t, manifest)
  return {
    target,
    sources,
    options: more => ({ manifest: file, env: { REHOUSE_SALT: 'a salt for tests, 32 bytes long..' }, batchRows: 20, ...more }),
  }
}

const refused = async (target: TestDatabase): Promise<unknown> =>
  target.sql(`select tenant, key, code from rehouse.quarantined order by tenant, key::int`)

test('rows the server refuses go into quarantine one by one, whatever refuses them, and take no other row along', {
  timeout: 120_000,
}, async t => {
  const { target, sources, options } = await ground(t, {
    rules: `
      alter table items add constraint name_once unique (tenant_id, name), add constraint small check (amount < 1000),
        add constraint known_kind foreign key (kind) references kinds, add constraint late_kind foreign key (kind) references kinds deferrable initially deferred,
        add constraint no_overlap exclude using gist (span with &&) where (amount < 50 and tenant_id = md5('never')::uuid or amount = 7);
      create function look() returns trigger language plpgsql as $$ begin
        if new.amount = 33 then raise exception 'not this one'; end if;
        if new.amount = 34 then new.legacy_id := null; end if;
        return new; end $$;
      create trigger look before insert on items for each row execute function look();
      create function look_late() returns trigger language plpgsql as $$ begin
        if new.amount = 35 then raise check_violation using constraint = 'looked_late'; end if;
        return new; end $$;
      create constraint trigger look_late after insert on items deferrable initially deferred for each row execute function look_late();`,
  })
  await sources.north.script(`
    update item set name = 'item 1' where id = 12; update item set amount = 1000 where id = 25; update item set kind = 9 where id in (26, 59);
    update item set amount = 7, span = '[70,75)' where id in (7, 41); update item set amount = 60 where id in (33, 34, 35);
    update item set amount = 33 where id = 3; update item set amount = 34 where id = 4; update item set amount = 35 where id = 60`)
  await sources.south.script('delete from item where id in (7, 33, 34, 35)')
  const result = await migrate(options())
  assert.deepEqual(result.failures, [])
  assert.deepEqual(await refused(target), [
    ['north', '3', 'trigger_refused'],
    ['north', '4', 'not_null'],
    ['north', '12', 'unique_violation'],
    ['north', '25', 'check_violation'],
    ['north', '26', 'foreign_key_violation'],
    ['north', '41', 'exclusion_violation'],
    ['north', '59', 'foreign_key_violation'],
    ['north', '60', 'check_violation'],
  ])
  assert.deepEqual(
    result.entities.map(({ tenant, read, loaded, quarantined }) => [tenant, read, loaded, quarantined]),
    [
      ['north', 60, 52, 8],
      ['south', 56, 56, 0],
    ],
  )
  assert.deepEqual(await target.sql('select count(*) from items'), [['108']])
  const details = await target.sql(`select distinct detail from rehouse.quarantined where code = 'check_violation' order by 1`)
  assert.deepEqual(details.flat(), [
    'refused by the server by constraint looked_late (SQLSTATE 23514)',
    'refused by the server by constraint small (SQLSTATE 23514)',
  ])
})

test('a lock, a deadlock, a serialization failure and an ended session pass: the batch is tried again, waiting longer, and nothing is doubled', {
  timeout: 120_000,
}, async t => {
  const { target, options } = await ground(t, {
    rules: `
      create sequence tried;
      create function trouble() returns trigger language plpgsql security definer as $$
      declare n bigint := nextval('public.tried'); begin
        if n = 1 then raise serialization_failure; end if;
        if n in (2, 3) then raise deadlock_detected; end if;
        if n = 5 then raise lock_not_available; end if;
        if n = 7 then perform pg_terminate_backend(pg_backend_pid()); end if;
        return null; end $$;
      create trigger trouble after insert on items for each statement execute function trouble();`,
  })
  const retried: (readonly [number, number, string])[] = []
  const on = (event: ProgressEvent): void => {
    if (event.type === 'task:retried') retried.push([event.attempt, event.waitMs, event.code])
  }
  const result = await migrate(options({ on, lanes: 1 }))
  assert.deepEqual(result.failures, [])
  assert.equal(result.status, 'clean')
  assert.deepEqual(
    retried.map(([attempt, , code]) => [attempt, code]),
    [
      [1, 'TARGET_TRANSIENT'],
      [2, 'TARGET_TRANSIENT'],
      [3, 'TARGET_TRANSIENT'],
      [1, 'TARGET_TRANSIENT'],
      [1, 'TARGET_TRANSIENT'],
    ],
  )
  for (const [attempt, waitMs] of retried)
    assert.ok(waitMs >= 100 * 2 ** (attempt - 1) && waitMs <= 200 * 2 ** (attempt - 1), `${attempt}: ${waitMs} ms`)
  assert.deepEqual(await target.sql('select count(*), count(distinct legacy_id), count(distinct id) from items'), [['120', '60', '120']])
  assert.deepEqual(await target.sql('select count(*) from rehouse.quarantined'), [['0']])
})

test('a lock somebody really holds is waited for, and a real deadlock is survived', { timeout: 120_000 }, async t => {
  const { target, options } = await ground(t)
  const rival = await Session.open({ url: target.url, applicationName: 'rival', side: 'target', settings: { search_path: 'public' } })
  const own = await Session.open({ url: target.url, applicationName: 'watcher', side: 'target', settings: { search_path: 'public' } })
  try {
    let seen = 0
    let deadlock: Promise<unknown> = Promise.resolve()
    const codes: string[] = []
    const on = (event: ProgressEvent): void => {
      if (event.type === 'task:retried') codes.push(event.message)
    }
    // The rival holds kinds and then wants items; a batch has written items and then wants kinds, through a trigger.
    await target.script(`create function want_kinds() returns trigger language plpgsql security definer as $$ begin lock table public.kinds in share row exclusive mode; return null; end $$;
      create trigger want_kinds after insert on items for each statement execute function want_kinds();`)
    const at = async (seam: string): Promise<void> => {
      if (seam !== 'batch_filled' || ++seen !== 2) return
      await rival.script('begin; lock table kinds in share row exclusive mode')
      deadlock = untilWaiting(own)
        .then(() => rival.script('lock table items in exclusive mode; commit'))
        .catch(() => rival.script('rollback'))
    }
    const result = await migrate(options({ lanes: 1, hooks: { at }, on }))
    await deadlock
    assert.deepEqual(result.failures, [])
    assert.ok(codes.length <= 1, codes.join('; '))
    assert.deepEqual(await target.sql('select count(*), count(distinct id) from items'), [['120', '120']])
  } finally {
    await rival.close()
    await own.close()
  }
})

test('an error that no waiting mends ends its tenant at once and not the others; mended, a resume completes it', {
  timeout: 120_000,
}, async t => {
  const { target, options } = await ground(t)
  let seen = 0
  const events: ProgressEvent[] = []
  // In the middle of north somebody takes the right to read away.
  const at = async (seam: string, { tenant }: { readonly tenant?: string | null }): Promise<void> => {
    if (seam === 'after_batch_commit' && tenant === 'north' && ++seen === 1)
      await target.script(`revoke insert on items from "${target.name}_writer"`)
    if (seam === 'task_claimed' && tenant === 'south') await target.script(`grant insert on items to "${target.name}_writer"`)
  }
  const result = await migrate({ ...options(), lanes: 1, hooks: { at }, on: event => void events.push(event) })
  assert.equal(result.status, 'failed')
  assert.deepEqual(
    result.failures.map(({ code, where }) => [code, where.tenant, where.entity]),
    [['TARGET_POLICY_DENIED', 'north', 'item']],
  )
  assert.ok(!events.some(event => event.type === 'task:retried'))
  assert.deepEqual(
    result.entities.map(({ tenant, state }) => [tenant, state]),
    [
      ['north', 'failed'],
      ['south', 'settled'],
    ],
  )
  const resumed = await migrate({ ...options(), resume: true })
  assert.equal(resumed.status, 'clean')
  assert.deepEqual(await target.sql('select count(*), count(distinct id) from items'), [['120', '120']])
})

test('a tenant above the stop rule is stopped between two batches, status stopped; the others are finished, and once the rule allows it, a resume goes on', {
  timeout: 120_000,
}, async t => {
  const { target, sources, options } = await ground(t, {
    rules: 'alter table items add constraint small check (amount < 1000)',
    stop: '{ quarantined: 50%, errors: 10%, min_rows: 20 }',
  })
  await sources.north.script('update item set amount = 5000 where id between 18 and 22')
  const result = await migrate(options())
  assert.equal(result.status, 'stopped')
  assert.deepEqual(
    result.failures.map(({ code, where }) => [code, where.tenant]),
    [['STOPPED', 'north']],
  )
  assert.match(result.failures[0]?.message ?? '', /^expected at most 10 % of rows in error, got 3 of 20 /)
  assert.deepEqual(
    result.entities.map(({ tenant, state, read, loaded, quarantined }) => [tenant, state, read, loaded, quarantined]),
    [
      ['north', 'stopped', 20, 17, 3],
      ['south', 'settled', 60, 60, 0],
    ],
  )
  assert.deepEqual(await target.sql('select count(*) from items'), [['77']])

  const again = await migrate(options({ resume: true }))
  assert.equal(again.status, 'stopped', 'as long as nothing changed')
  const allowed = readFileSync(options().manifest, 'utf8').replace('errors: 10%', 'errors: 50%')
  const resumed = await migrate(options({ manifest: writeManifest(t, allowed), resume: true }))
  assert.equal(resumed.status, 'findings')
  assert.deepEqual(
    resumed.entities.map(({ tenant, state, read, loaded, quarantined }) => [tenant, state, read, loaded, quarantined]),
    [
      ['north', 'settled', 60, 55, 5],
      ['south', 'settled', 60, 60, 0],
    ],
  )
})

/** Until somebody of ours waits for a lock. */
async function untilWaiting(session: Session): Promise<void> {
  for (;;) {
    const { rows } = await session.query(
      `select 1 from pg_stat_activity where application_name = 'rehouse' and wait_event_type = 'Lock' and datname = current_database()`,
    )
    if (rows.length > 0) return
  }
}
