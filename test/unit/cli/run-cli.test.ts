import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import type { MigrateOptions } from '../../../src/cli/api.ts'
import { bug, RehouseError } from '../../../src/errors.ts'
import * as schemas from '../../../src/report/output-schemas.ts'
import { migrateResult, QUARANTINE, STATUS } from '../report/sample-results.ts'
import { run } from './fake-host.ts'

function folder(t: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), 'rehouse-cli-'))
  t.after(() => rmSync(path, { recursive: true }))
  return path
}

const COMMAND_LINES: readonly string[] = [
  'check',
  'plan',
  'types',
  'migrate',
  'status',
  'lookup student --tenant springfield --legacy 1',
  'quarantine list',
  'quarantine show',
  'quarantine export',
  'embedded start',
  'embedded stop',
  'embedded status',
  'embedded url',
]

test('with --json stdout is exactly one JSON object that fits the published schema', async () => {
  for (const line of COMMAND_LINES) {
    const { out } = await run([...line.split(' '), '--json'])
    assert.equal(out.indexOf('\n'), out.length - 1, line)
    const name = line
      .split(' ')
      .slice(0, /^(quarantine|embedded)/.test(line) ? 2 : 1)
      .join(' ')
    const schema = Object.entries(schemas.OUTPUTS).find(([key]) => key === name)?.[1]
    assert.ok(schema?.safeParse(JSON.parse(out)).success, line)
  }
})

test('without --json results are lines of text on stdout', async () => {
  for (const line of COMMAND_LINES) {
    const { out, err } = await run(line.split(' '))
    assert.match(out, /\n$/)
    assert.doesNotMatch(out, /^\{/)
    assert.equal(err, '', line)
  }
})

test('with --json progress is JSON lines on stderr, a batch line with its six members and more', async () => {
  const { err } = await run(['migrate', '--json'])
  const lines = err
    .trimEnd()
    .split('\n')
    .map(line => JSON.parse(line))
  const batch = lines.find(line => line.type === 'batch:committed')
  assert.equal(lines[0].time, '1970-01-01T00:00:00.000Z')
  for (const member of ['batch_id', 'entity_type', 'tenant_id', 'count', 'duration', 'checksum']) assert.ok(member in batch, member)
})

test('every error is one object of the contract’s form with --json, and one sentence without', async () => {
  const api = {
    check: () =>
      Promise.reject(
        new RehouseError('SOURCE_UNREACHABLE', 'expected an answer, got none', { where: { tenant: 'a', key: undefined }, next: 'Look.' }),
      ),
  }
  const json = await run(['check', '--json'], { api })
  assert.deepEqual(JSON.parse(json.out), {
    error: { code: 'SOURCE_UNREACHABLE', message: 'expected an answer, got none', where: { tenant: 'a' }, next: 'Look.' },
  })
  assert.deepEqual([json.exit, json.err], [4, ''])
  const text = await run(['check'], { api })
  assert.deepEqual(
    [text.exit, text.out, text.err],
    [4, '', 'SOURCE_UNREACHABLE: expected an answer, got none\n  where: tenant a\n  next:  Look.\n'],
  )
  const usage = await run(['check', '--nope', '--json'])
  assert.equal(JSON.parse(usage.out).error.code, 'USAGE')
  assert.equal(usage.exit, 2)
  assert.equal((await run(['check', '--', '--json'])).out, '')
})

test('every command passes on what the flags say, and nothing that was not said', async () => {
  const base = ['-m', 'a.yaml', '--env-file', '.e', '--set', 'k=v']
  const given = async (words: readonly string[]) => {
    const { calls } = await run([...words, ...base])
    const { env: _env, signal: _signal, on: _on, ...options } = (calls[0]?.options ?? {}) as MigrateOptions
    const { manifest, envFile, set, ...own } = options
    assert.deepEqual({ manifest, envFile, set }, { manifest: 'a.yaml', envFile: '.e', set: { k: 'v' } })
    return own
  }
  const none = { dryRun: false, createTarget: false, wait: false, topUp: false, deleteGone: false, keepStaging: false, operator: 'ada' }
  assert.deepEqual(await given(['migrate']), none)
  assert.deepEqual(
    await given(
      'migrate --dry-run --create-target --tenant a --tenant b --entity e --phase p --resume 7 --wait --top-up --delete-gone --keep-staging --batch-rows 5 --until 06:30 --audit x --operator bob'.split(
        ' ',
      ),
    ),
    {
      dryRun: true,
      createTarget: true,
      tenants: ['a', 'b'],
      entities: ['e'],
      phase: 'p',
      resume: '7',
      wait: true,
      topUp: true,
      deleteGone: true,
      keepStaging: true,
      batchRows: 5,
      until: '06:30',
      audit: 'x',
      operator: 'bob',
    },
  )
  assert.deepEqual(await given(['migrate', '--resume']), { ...none, resume: true })
  assert.deepEqual(await given(['check', '--grants']), { grants: true, examples: false })
  assert.deepEqual(await given(['plan', '--compat']), { compat: true })
  assert.deepEqual(await given(['status', '7']), { run: '7' })
  assert.deepEqual(await given(['lookup', 'e', '--legacy', 'a,b', '--legacy', '"c,d"']), {
    entity: 'e',
    tenant: null,
    operator: 'ada',
    legacy: [['a', 'b'], ['c,d']],
  })
  assert.deepEqual(await given(['lookup', 'e', '--tenant', 't', '--id', 'u']), { entity: 'e', tenant: 't', operator: 'ada', ids: ['u'] })
  assert.deepEqual(await given('quarantine list --tenant t --entity e --code c --key 1,2 --run 7 --limit 3'.split(' ')), {
    tenant: 't',
    entity: 'e',
    code: 'c',
    key: ['1', '2'],
    run: '7',
    limit: 3,
    operator: 'ada',
  })
})

test('lists show a hundred rows as text and all to a program', async () => {
  const limit = async (...words: readonly string[]) => {
    const options = (await run(['quarantine', ...words])).calls[0]?.options
    return options instanceof Object && 'limit' in options ? options.limit : undefined
  }
  assert.equal(await limit('list'), 100)
  assert.equal(await limit('list', '--json'), null)
  assert.equal(await limit('list', '--limit', 'all'), null)
  assert.equal(await limit('show'), 20)
  assert.equal(await limit('export', '--out', '/dev/null'), null)
})

test('exit statuses are those of the contract', async () => {
  const exit = async (line: string, api = {}) => (await run(line.split(' '), { api })).exit
  assert.equal(await exit('check'), 1)
  assert.equal(await exit('plan'), 0)
  assert.equal(await exit('migrate'), 1)
  assert.equal(await exit('migrate', { migrate: async () => migrateResult({ status: 'stopped' }) }), 6)
  assert.equal(await exit('lookup e --legacy 1', { lookup: async () => ({ entity: 'e', tenant: null, matches: [] }) }), 1)
  assert.equal(await exit('quarantine list'), 0)
  assert.equal(await exit('status --json --watch'), 2)
  assert.equal(await exit('lookup e'), 2)
  assert.equal(await exit('lookup e --legacy 1 --id x'), 2)
  assert.equal(await exit('verify --level rigorous'), 1)
  assert.equal(await exit('schema --output rollback'), 2)
  assert.equal(await exit('schema --output nothing'), 2)
  assert.equal(await exit('schema --output migrate'), 0)
  assert.equal(await exit('schema'), 0)
})

test('embedded url prints one URL and nothing else, from beside the manifest', async () => {
  const folders: string[] = []
  const embeddedUrl = (from: string, name = 'rehouse'): string => {
    folders.push(from)
    return `postgres://x/${name}`
  }
  const ran = await run(['embedded', 'url', 'other', '-m', 'deep/a.yaml'], { api: { embeddedUrl } })
  assert.deepEqual([ran.out, ran.err, ran.exit, folders], ['postgres://x/other\n', '', 0, ['/nowhere/deep/.rehouse/embedded']])
})

test('an export is written for its owner alone, and to stdout where no file is named', async t => {
  const cwd = folder(t)
  const toFile = await run(['quarantine', 'export', '--out', 'q.csv'], { host: { cwd } })
  assert.equal(toFile.out, '1 row written to q.csv.\n')
  assert.match(readFileSync(join(cwd, 'q.csv'), 'utf8'), /^entity,.*\r\nstudent,.*\r\n$/)
  assert.equal(statSync(join(cwd, 'q.csv')).mode & 0o777, 0o600)
  await run(['quarantine', 'export', '--format', 'json', '--out', 'q.json'], { host: { cwd } })
  assert.deepEqual(JSON.parse(readFileSync(join(cwd, 'q.json'), 'utf8')), QUARANTINE)
  assert.match((await run(['quarantine', 'export'])).out, /^entity,.*\r\nstudent,.*\n$/)
  const refused = await run(['quarantine', 'export', '--out', 'none/q.csv'], { host: { cwd } })
  assert.deepEqual([refused.exit, refused.out], [2, ''])
  assert.match(refused.err, /^USAGE: .*ENOENT\n {2}where: .*none\/q\.csv\n/)
})

test('what nobody foresaw is BUG in one sentence, its stack in a file of the owner’s with secrets masked', async t => {
  const cwd = folder(t)
  for (const failure of [
    new TypeError('no password=hunter22', { cause: new Error('deeper') }),
    bug('expected a row, got none', new Error('deeper')),
  ]) {
    const ran = await run(['check', '-m', 'postgres://u:pw@h/d'], { api: { check: () => Promise.reject(failure) }, host: { cwd } })
    assert.deepEqual([ran.exit, ran.out], [70, ''])
    assert.match(ran.err, /^BUG: expected .*\n {2}next: {2}Report it with the file .*\.rehouse\/bug-.*\.txt; /)
    assert.doesNotMatch(ran.err, /hunter22| {4}at /)
    const [name = ''] = readdirSync(join(cwd, '.rehouse'))
    const text = readFileSync(join(cwd, '.rehouse', name), 'utf8')
    assert.match(text, /^rehouse 0\.1\.0, Node v.*\ncheck -m postgres:\/\/u:\*\*\*@h\/d\n[\s\S]* at .*\ncaused by: Error: deeper\n/)
    assert.doesNotMatch(text, /hunter22|pw@/)
    assert.equal(statSync(join(cwd, '.rehouse', name)).mode & 0o777, 0o600)
  }
})

test('a bug is still reported where its file cannot be written', async () => {
  const ran = await run(['check', '--json'], { api: { check: () => Promise.reject(new Error('x')) }, host: { cwd: '/dev/null' } })
  assert.equal(ran.exit, 70)
  assert.equal(JSON.parse(ran.out).error.code, 'BUG')
})

test('--watch without a terminal shows the status once', async () => {
  let reads = 0
  const status = async () => {
    reads++
    return STATUS
  }
  const ran = await run(['status', '--watch'], { api: { status } })
  assert.deepEqual([ran.exit, reads], [0, 1])
})

test('the engine is not loaded for what does not need it', async () => {
  const loadApi = (): never => {
    throw new Error('loaded')
  }
  for (const words of [['--help'], ['--version'], ['schema', '--output', 'check'], ['init'], ['chek'], ['lookup', 'e']]) {
    assert.ok([0, 2].includes((await run(words, { host: { loadApi } })).exit), words.join(' '))
  }
})
