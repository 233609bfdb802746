import assert from 'node:assert/strict'
import { test } from 'node:test'
import { report, type TestEvent } from '../../support/reporter.ts'

async function told(events: readonly TestEvent[]): Promise<string> {
  async function* source(): AsyncGenerator<TestEvent> {
    yield* events
  }
  let text = ''
  for await (const part of report(source(), '/project')) text += part
  return text
}

const passed = (name: string, skip?: string | boolean): TestEvent => ({
  type: 'test:pass',
  data: {
    name,
    nesting: 0,
    testNumber: 1,
    details: { duration_ms: 1 },
    file: '/project/test/a.test.ts',
    ...(skip !== undefined && { skip }),
  },
})

test('the report ends by listing every test that was left out, with its reason', async () => {
  const text = await told([passed('runs'), passed('needs data', 'no data folder'), passed('silent', true)])
  const closing = text.slice(text.indexOf('===='))
  assert.match(closing, /2 TESTS LEFT OUT/)
  assert.match(closing, /needs data\n.*because: no data folder\n.*test\/a\.test\.ts/)
  assert.match(closing, /silent\n.*because: NO REASON GIVEN/)
  assert.doesNotMatch(closing, /runs/)
})

test('the report says so when nothing was left out', async () => {
  assert.match(await told([passed('runs')]), /Nothing was left out\.\n$/)
})
