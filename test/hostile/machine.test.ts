import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { chmodSync, closeSync, mkdirSync, openSync, readdirSync, writeFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { type Ended, type ErrorAnswer, onlyObject, rehouse, rehouseHere, rehouseHereJson } from '../support/rehouse-process.ts'
import { type MigrateJson, manifestFor, migrateJson, type TwoSides, twoSides } from './two-sides.ts'

const isRoot = process.getuid?.() === 0
const NOBODY = 65_534
const WITHOUT_SALT = { REHOUSE_SALT: '' }

const MANIFEST = manifestFor({
  person: {
    service: 'main',
    from: 'public.person',
    into: { 'public.person': { columns: { legacy_id: 'id', name: { from: 'name', if_null: { quarantine: 'nameless' } } } } },
  },
})

function scene(t: TestContext): Promise<TwoSides> {
  return twoSides(t, {
    sourceSql: `create table person (id integer primary key, name text); insert into person values (1, 'Ada'), (2, 'Alan'), (3, null)`,
    targetSql: 'create table person (id uuid primary key, tenant_id uuid not null, legacy_id integer, name text)',
    manifest: () => MANIFEST,
  })
}

async function assertArrived({ source, target }: TwoSides): Promise<void> {
  assert.deepEqual(
    await target.sql('select legacy_id, name from person order by 1'),
    await source.sql('select id, name from person where name is not null order by 1'),
  )
}

async function assertNothing({ target }: TwoSides): Promise<void> {
  assert.deepEqual(await target.sql(`select to_regnamespace('rehouse'), count(*) from person`), [[null, '0']])
}

function assertRefused(ended: Ended, status: number, code: string): void {
  assert.equal(ended.status, status, ended.stdout)
  const answer = onlyObject(ended.stdout) as ErrorAnswer & Partial<MigrateJson>
  const told = answer.error ?? answer.failures?.[0]
  assert.equal(told?.code, code, ended.stdout)
  assert.match(told?.message ?? '', /^expected [^\n]{10,400}$/)
  assert.ok((told?.next ?? '').length > 5)
}

/** A disk of 64 KB, full to the last byte, where the work folder would be. Null where none can be mounted. */
function mountFullDisk(folder: string): string | null {
  const place = join(folder, '.rehouse')
  mkdirSync(place)
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', place])
  if (mounted.status !== 0) return null
  const file = openSync(join(place, 'filler'), 'w')
  try {
    for (;;) writeSync(file, Buffer.alloc(4096))
  } catch {
    // It is full now.
  } finally {
    closeSync(file)
  }
  return place
}

test('a full disk on the work folder is an error or a run that goes on, never a wrong row', {
  skip: !isRoot && 'only root may mount a disk to fill',
}, async t => {
  // Before the folder goes.
  let place: string | null = null
  t.after(() => {
    if (place !== null) spawnSync('umount', ['-l', place])
  })
  const sides = await scene(t)
  place = mountFullDisk(sides.folder)
  if (place === null) return t.skip('no disk can be mounted here')
  await t.test('no salt can be made: 2, nothing written', async () => {
    assertRefused(await rehouseHere(['migrate', '--json'], { ...sides, env: { ...sides.env, ...WITHOUT_SALT } }), 2, 'CONFIG_INVALID')
    await assertNothing(sides)
  })
  await t.test('no audit can be kept of a dry run: 2', async () => {
    assertRefused(await rehouseHere(['migrate', '--dry-run', '--json'], sides), 2, 'CONFIG_INVALID')
    await assertNothing(sides)
  })
  await t.test('no log can be kept of a run: the run goes on, as the ledger holds the same', async () => {
    const ended = await migrateJson(sides)
    assert.equal(ended.status, 1, JSON.stringify(ended.json))
    await assertArrived(sides)
  })
  await t.test('no export can be written: 2, and no half of one is taken for whole', async () => {
    const out = join(sides.folder, '.rehouse', 'refused.csv')
    assertRefused(await rehouseHere(['quarantine', 'export', '--out', out, '--json'], sides), 2, 'USAGE')
  })
  await t.test('no built-in server can be made: 5', async () => {
    assertRefused(await rehouse(['embedded', 'start', '--json'], sides), 5, 'EMBEDDED_FAILED')
    assert.equal((await rehouseHereJson<{ running: boolean }>(['embedded', 'status'], sides)).json.running, false)
  })
})

test('output that cannot be written ends with a status, not with a stack trace', async t => {
  const sides = await scene(t)
  for (const words of ['status', 'migrate', 'schema']) {
    const done = spawnSync(
      'sh',
      ['-c', `exec "$0" "$@" > /dev/full`, process.execPath, join(import.meta.dirname, '../../bin/rehouse.js'), words],
      {
        cwd: sides.folder,
        env: { ...sides.env, PATH: process.env.PATH, REHOUSE_SALT: 'a salt for tests, 32 bytes long..' },
        encoding: 'utf8',
      },
    )
    assert.equal(done.status, 2, `${words}: ${done.stderr}`)
    assert.doesNotMatch(done.stderr, /^\s+at /m)
    assert.match(done.stderr, /ENOSPC/)
  }
})

test('a work folder that may not be written to does not hold up a run that needs nothing from it', async t => {
  const sides = await scene(t)
  chmodSync(sides.folder, 0o555)
  const asUser = { ...sides, ...(isRoot ? { uid: NOBODY } : {}) }
  const probe =
    isRoot && spawnSync(process.execPath, [join(import.meta.dirname, '../../bin/rehouse.js'), '--version'], { uid: NOBODY, gid: NOBODY })
  if (probe && probe.status !== 0) return t.skip('another user may not read the project here')
  assertRefused(await rehouse(['migrate', '--json'], { ...asUser, env: { ...sides.env, ...WITHOUT_SALT } }), 2, 'CONFIG_INVALID')
  await assertNothing(sides)
  assertRefused(await rehouse(['migrate', '--dry-run', '--json'], asUser), 2, 'CONFIG_INVALID')
  const ended = await rehouse(['migrate', '--json'], asUser)
  assert.equal(ended.status, 1, ended.stdout)
  await assertArrived(sides)
  chmodSync(sides.folder, 0o755)
})

test('a salt that is damaged, or no file at all, is refused before anything is written', async t => {
  const sides = await scene(t)
  const env = { ...sides.env, ...WITHOUT_SALT }
  mkdirSync(join(sides.folder, '.rehouse'))
  writeFileSync(join(sides.folder, '.rehouse', 'salt'), 'short')
  assertRefused(await rehouseHere(['migrate', '--json'], { ...sides, env }), 2, 'CONFIG_INVALID')
  assertRefused(await rehouseHere(['migrate', '--json'], { ...sides, env: { ...env, REHOUSE_SALT: 'tooshort' } }), 2, 'CONFIG_INVALID')
  await assertNothing(sides)
  const other = await scene(t)
  mkdirSync(join(other.folder, '.rehouse', 'salt'), { recursive: true })
  assertRefused(await rehouseHere(['migrate', '--json'], { ...other, env: { ...other.env, ...WITHOUT_SALT } }), 2, 'CONFIG_INVALID')
  await assertNothing(other)
})

test('a target.sql that cannot be read or fails half-way leaves nothing', async t => {
  const sides = await scene(t)
  await sides.target.script('drop table person; create table keep (id integer)')
  const file = join(sides.folder, 'target.sql')
  mkdirSync(file)
  assertRefused(await rehouseHere(['migrate', '--create-target', '--json'], sides), 2, 'CONFIG_INVALID')
  const scripts = [
    'create table half (id integer); select 1/0;',
    'create table half (id integer); create table half (id integer)',
    'create table half (id integer); this is not SQL',
    'create table half (id integer); commit; drop table keep',
    'create table half (id integer); select pg_terminate_backend(pg_backend_pid())',
    "create table half (id integer); do $$ begin raise exception 'no'; end $$",
    'create table half (id integer); \\connect other',
  ]
  const { rmSync } = await import('node:fs')
  rmSync(file, { recursive: true })
  await sides.target.script(`grant create on schema public to public`)
  for (const script of scripts) {
    writeFileSync(file, script)
    const ended = await rehouseHere(['migrate', '--create-target', '--json'], sides)
    assert.equal(ended.status, 5, `${script}: ${ended.stdout}`)
    const there = await sides.target.sql(`select to_regclass('half'), to_regclass('keep'), to_regnamespace('rehouse')`)
    // A script that commits by itself has committed; what is not its own stays.
    assert.deepEqual(there, [[script.includes('commit;') ? 'half' : null, 'keep', null]], script)
    await sides.target.script('drop table if exists half')
  }
})

const CSV: Readonly<Record<string, string | Buffer>> = {
  'nothing at all': '',
  'a head and no tenant': 'code,id,name,zone\n',
  'no code column': 'kode,zone\nx,UTC\n',
  'a code twice': 'code,zone\na,UTC\na,UTC\n',
  'an id twice': 'code,id,zone\na,20000000-0000-4000-8000-000000000001,UTC\nb,20000000-0000-4000-8000-000000000001,UTC\n',
  'an id that is none': 'code,id,zone\na,1,UTC\n',
  'a zone nobody knows': 'code,zone\na,Mars/Olympus\n',
  'a Windows zone': 'code,zone\na,Eastern Standard Time\n',
  'a quote that never ends': 'code,zone\n"a,UTC\nb,UTC\n',
  'a row too long': 'code,zone\na,UTC,more,more\n',
  'an empty code': 'code,zone\n,UTC\n',
  'a column twice': 'code,code,zone\na,b,UTC\n',
  'NUL in a code': 'code,zone\na\0b,UTC\n',
  'bytes that are no UTF-8': Buffer.from([0x63, 0x6f, 0x64, 0x65, 0x0a, 0xff, 0xfe, 0x00]),
  'an image': Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex'),
  'one line of a megabyte': `code\n${'x'.repeat(1_000_000)}\n`,
}

test('tenants.csv that is garbage is refused with its place, before anything is written', async t => {
  const sides = await scene(t)
  writeFileSync(join(sides.folder, 'rehouse.yaml'), JSON.stringify({ ...MANIFEST, tenants: { from: 'tenants.csv' } }))
  assertRefused(await rehouseHere(['migrate', '--json'], sides), 2, 'CONFIG_MISSING')
  for (const [what, content] of Object.entries(CSV)) {
    writeFileSync(join(sides.folder, 'tenants.csv'), content)
    const ended = await rehouseHere(['migrate', '--json'], sides)
    assert.equal(ended.status, 2, `${what}: ${ended.stdout.slice(0, 500)}`)
    assertRefused(ended, 2, 'TENANT_INVALID')
    assert.match(String((onlyObject(ended.stdout) as ErrorAnswer).error.where.file), /tenants\.csv$/, what)
  }
  await assertNothing(sides)
})

const MANIFESTS: Readonly<Record<string, string | Buffer>> = {
  nothing: '',
  'a list': '- 1\n- 2\n',
  'a number': '42',
  'an image': Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex'),
  'UTF-16': Buffer.from('\ufeffmigration: x\n', 'utf16le'),
  'a program': '#!/bin/sh\nrm -rf /\n',
  'brackets without end': '['.repeat(200_000),
  'aliases that multiply': `a: &a [1,1,1,1,1,1,1,1,1]\n${Array.from(
    { length: 20 },
    (_, i) =>
      `${String.fromCharCode(98 + i)}: &${String.fromCharCode(98 + i)} [${Array(9)
        .fill(`*${String.fromCharCode(97 + i)}`)
        .join(',')}]`,
  ).join('\n')}\n`,
  'a key of a megabyte': `${'k'.repeat(1_000_000)}: 1\n`,
  'a tag that makes objects': 'migration: !!js/function "function () { process.exit(9) }"\n',
  'two documents': 'migration: a\n---\nmigration: b\n',
  'a name with SQL': JSON.stringify({ ...MANIFEST, migration: "x'; drop table person; --" }),
  'no entity': JSON.stringify({ ...MANIFEST, entities: {} }),
  'an expression with SQL': JSON.stringify(
    manifestFor({
      person: {
        service: 'main',
        from: 'public.person',
        into: { 'public.person': { columns: { name: '(select name from person limit 1)' } } },
      },
    }),
  ),
  'an expression with two statements': JSON.stringify(
    manifestFor({
      person: { service: 'main', from: 'public.person', into: { 'public.person': { columns: { name: 'name; drop table person' } } } },
    }),
  ),
  'an expression that nests': JSON.stringify(
    manifestFor({
      person: {
        service: 'main',
        from: 'public.person',
        into: { 'public.person': { columns: { name: `${'('.repeat(20_000)}name${')'.repeat(20_000)}` } } },
      },
    }),
  ),
  'an address with a password': JSON.stringify({ ...MANIFEST, sources: { legacy: 'postgres://reader:hunter2@host/db' } }),
}

test('an absurd manifest is refused in a sentence with its place, soon, and without its secrets', async t => {
  const sides = await scene(t)
  for (const [what, content] of Object.entries(MANIFESTS)) {
    writeFileSync(join(sides.folder, 'rehouse.yaml'), content)
    const began = performance.now()
    for (const command of ['check', 'migrate']) {
      const ended = await rehouseHereJson<ErrorAnswer & Partial<MigrateJson>>([command], sides)
      const said = ended.stdout
      // A password is a remark, and leads nowhere here.
      const expected = what === 'an address with a password' ? 4 : 2
      assert.ok(ended.status === expected || (command === 'check' && ended.status === 1), `${what}: ${ended.status} ${said.slice(0, 1000)}`)
      assert.ok(!said.includes('hunter2'), what)
      assert.ok(said.length < 20_000, `${what}: ${said.length} characters`)
      if (ended.status === 2) assertRefused(ended, 2, ended.json.error.code)
    }
    assert.ok(performance.now() - began < 10_000, what)
  }
  await assertNothing(sides)
  assert.deepEqual(
    readdirSync(sides.folder).filter(name => name !== '.rehouse'),
    ['rehouse.yaml'],
  )
})
