import { Readable } from 'node:stream'
import { spec } from 'node:test/reporters'

/** What the reporter needs of node:test's events. */
export interface TestEvent {
  readonly type: string
  readonly data?: unknown
}

interface Skipped {
  readonly title: string
  readonly reason: string
  readonly file: string
}

/** node:test's own report with its closing counts, and after it every test that was left out, with the reason: what was not tried must not look like what passed. */
export async function* report(events: AsyncIterable<TestEvent>, root: string): AsyncGenerator<string> {
  const skipped: Skipped[] = []
  async function* watched(): AsyncGenerator<TestEvent> {
    for await (const event of events) {
      const one = skippedTest(event, root)
      if (one) skipped.push(one)
      yield event
    }
  }
  for await (const text of Readable.from(watched()).compose(new spec())) yield String(text)
  yield closing(skipped)
}

function skippedTest(event: TestEvent, root: string): Skipped | null {
  if (event.type !== 'test:pass' && event.type !== 'test:fail') return null
  // The fields node:test documents for these events.
  const { name, skip, file } = event.data as { name: string; skip?: string | boolean; file?: string }
  if (skip === undefined || skip === false) return null
  return {
    title: name,
    reason: typeof skip === 'string' && skip !== '' ? skip : 'NO REASON GIVEN',
    file: (file ?? '').replace(`${root}/`, ''),
  }
}

function closing(skipped: readonly Skipped[]): string {
  if (skipped.length === 0) return '\nNothing was left out.\n'
  const lines = skipped.map(({ title, reason, file }) => `  LEFT OUT  ${title}\n            because: ${reason}\n            ${file}`)
  return `\n==== ${skipped.length} TEST${skipped.length === 1 ? '' : 'S'} LEFT OUT: what they guarantee was not tried ====\n${lines.join('\n')}\n`
}
