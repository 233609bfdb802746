import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { RehouseError } from '../../src/errors.ts'
import type { LedgerEngine } from './ledger-engines.ts'
import { hasCode, IDENTITY } from './ledger-samples.ts'

const HOLDER = { run: 'run-1', operator: 'Ada', host: 'here', pid: 42 }
const OTHER = { run: 'run-2', operator: 'Grace', host: 'there', pid: 43 }

const now = () => ({ wait: false, signal: new AbortController().signal })

export function holdTests(engine: LedgerEngine): void {
  test('one run holds the database; the second is refused with the holder named, and gets it after the release', async t => {
    const bed = await engine.open(t)
    const [first, second] = [bed.ledger(), bed.ledger()]
    await first.install(IDENTITY)
    const hold = await first.hold(HOLDER, now())
    await assert.rejects(second.hold(OTHER, now()), (error: unknown) => {
      assert.ok(error instanceof RehouseError)
      assert.equal(error.code, 'TARGET_HELD')
      assert.match(error.message, /run run-1 of Ada on here \(process 42\) since \d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ$/)
      return true
    })
    await hold.release()
    await hold.release()
    const next = await second.hold(OTHER, now())
    await assert.rejects(first.hold(HOLDER, now()), /run run-2 of Grace on there/)
    await next.release()
  })

  test('of many that ask at once exactly one gets it', async t => {
    const bed = await engine.open(t)
    const ledgers = Array.from({ length: 5 }, () => bed.ledger())
    await ledgers[0]?.install(IDENTITY)
    const asked = await Promise.allSettled(ledgers.map(ledger => ledger.hold(HOLDER, now())))
    assert.equal(asked.filter(result => result.status === 'fulfilled').length, 1)
    for (const result of asked) if (result.status === 'rejected') hasCode('TARGET_HELD')(result.reason)
  })

  test('who waits gets it when the holder lets go, and a signal ends the waiting', async t => {
    const bed = await engine.open(t)
    const [first, second, third] = [bed.ledger(), bed.ledger(), bed.ledger()]
    await first.install(IDENTITY)
    const hold = await first.hold(HOLDER, now())
    const abort = new AbortController()
    const waiting = second.hold(OTHER, { wait: true, signal: new AbortController().signal })
    const ended = third.hold(OTHER, { wait: true, signal: abort.signal })
    const refusal = assert.rejects(ended, hasCode('INTERRUPTED'))
    await sleep(50)
    abort.abort()
    await refusal
    await hold.release()
    await (await waiting).release()
  })

  test('closing the ledger lets go of what it holds', async t => {
    const bed = await engine.open(t)
    const [first, second] = [bed.ledger(), bed.ledger()]
    await first.install(IDENTITY)
    await first.hold(HOLDER, now())
    await first.close()
    await (await second.hold(OTHER, now())).release()
  })
}
