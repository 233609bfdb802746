import { writeFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Api } from '../../../src/cli/api.ts'
import { runProcess } from '../../../src/cli/process.ts'
import { migrateResult } from '../report/sample-results.ts'
import { BATCH, fakeApi } from './fake-api.ts'

/** The program with a fake library whose `migrate` does what FAKE_MIGRATE says: for tests of signals, pipes and bugs in a real process. */
const MIGRATES: Readonly<Record<string, Api['migrate']>> = {
  /** Goes on until it is told to stop, then ends in order. */
  obedient: async options => {
    options.on?.(BATCH)
    await sleep(60_000, undefined, options.signal === undefined ? {} : { signal: options.signal }).catch(() => undefined)
    return migrateResult({ status: 'interrupted' })
  },
  /** Goes on whatever it is told. */
  deaf: async options => {
    options.on?.(BATCH)
    await sleep(60_000)
    return migrateResult()
  },
  /** Breaks off with the signal’s reason. */
  abrupt: async options => {
    options.on?.(BATCH)
    await sleep(60_000, undefined, options.signal === undefined ? {} : { signal: options.signal }).catch(() =>
      options.signal?.throwIfAborted(),
    )
    return migrateResult()
  },
  buggy: async () => {
    throw new TypeError('x is not a function, password=hunter22')
  },
  /** Fails where nobody waits for it. */
  stray: async () => {
    setTimeout(() => {
      throw new TypeError('nobody catches this')
    }, 10)
    await sleep(60_000)
    return migrateResult()
  },
  strayPromise: async () => {
    void sleep(10).then(() => {
      throw new TypeError('nobody catches this')
    })
    await sleep(60_000)
    return migrateResult()
  },
  /** Fails after its result. */
  late: async () => {
    setTimeout(() => {
      throw new TypeError('too late')
    }, 200)
    return migrateResult()
  },
  /** Leaves something open behind. */
  lingering: async () => {
    setInterval(() => {}, 60_000)
    return migrateResult()
  },
  /** Proves that it came to its end although nobody reads. */
  unread: async options => {
    for (let i = 0; i < 2_000; i++) options.on?.(BATCH)
    await sleep(50)
    writeFileSync('ended', '')
    return migrateResult()
  },
}

const migrate = MIGRATES[process.env.FAKE_MIGRATE ?? '']
await runProcess({ loadApi: async () => fakeApi(migrate === undefined ? {} : { migrate }).api })
