import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ProfileOptions } from '../../../src/cli/api.ts'
import { PROFILE } from '../report/sample-results.ts'
import { run } from './fake-host.ts'

test('profile passes on what the flags say, and nothing that was not said', async () => {
  const given = async (...words: readonly string[]) => {
    const {
      env: _env,
      signal: _signal,
      on: _on,
      ...options
    } = ((await run(['profile', ...words])).calls[0]?.options ?? {}) as ProfileOptions
    return options
  }
  assert.deepEqual(await given('postgres://h/a'), { sources: ['postgres://h/a'], cwd: '/nowhere' })
  assert.deepEqual(await given('a', 'b', '--tenant', 'a', '--rows', '7', '--format', 'md'), {
    sources: ['a', 'b'],
    cwd: '/nowhere',
    tenants: ['a'],
    rows: 7,
  })
})

test('what was found leaves the exit status alone, what could not be read does not', async () => {
  assert.equal((await run(['profile', 'a'])).exit, 0)
  const [finding] = PROFILE.findings
  assert.ok(finding)
  const broken = { ...PROFILE, findings: [{ ...finding, code: 'PROFILE_UNREADABLE', severity: 'error' as const }] }
  assert.equal((await run(['profile', 'a'], { api: { profile: async () => broken } })).exit, 1)
  assert.equal((await run(['profile'])).exit, 2)
  assert.equal((await run(['profile', 'a', '--format', 'pdf'])).exit, 2)
})

test('each form of the report escapes what names may hold', async () => {
  const form = async (format: string): Promise<string> => (await run(['profile', 'a', '--format', format])).out
  assert.match(await form('md'), /\| Code\\\|\\<b\\> \|/)
  assert.doesNotMatch(await form('html'), /<b>/)
  assert.match(await form('text'), /Code\|<b>/)
  assert.deepEqual(JSON.parse(await form('json')), PROFILE)
})

test('init shows how far a profile is only where one was asked for', async () => {
  const optionsOf = async (...words: readonly string[]): Promise<object> => {
    const options = (await run(['init', 'a', '--out', 'x', ...words])).calls[0]?.options
    return options instanceof Object ? options : {}
  }
  assert.ok(!('profile' in (await optionsOf())))
  assert.ok('profile' in (await optionsOf('--profile')))
})
