import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import type { Measured } from './rehouse-run.ts'
import { checkpoint, type Ground, REHOUSE_TARGET, SOURCE } from './setup.ts'

export type Verified = Omit<Measured, 'processSeconds'>

/** What `npm run bench verify` holds each level against: a share of the floor of the load. */
export const VERIFY_LIMITS = { standard: 0.5, rigorous: 0.9 } as const
export type BenchLevel = keyof typeof VERIFY_LIMITS

/** One verification of what the last migration loaded, by a process of its own. */
export async function runVerify(ground: Ground, level: BenchLevel): Promise<Verified> {
  await checkpoint(ground)
  const profile = process.env.BENCH_VERIFY_PROFILE
  const flags = profile === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${profile}`]
  const child = spawn(process.execPath, [...flags, fileURLToPath(new URL('verify-once.ts', import.meta.url)), level], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: {
      ...process.env,
      BENCH_SOURCE: ground.server.url(SOURCE),
      BENCH_TARGET: ground.server.url(REHOUSE_TARGET),
      REHOUSE_SALT: 'bench-salt-that-is-not-a-secret-0123456789',
    },
  })
  const [printed, [status]] = await Promise.all([text(child.stdout), once(child, 'exit')])
  if (status !== 0) throw new Error(`expected the verification to end with status 0, got ${status}: ${printed}`)
  // Printed by verify-once.ts, which is ours.
  return JSON.parse(printed) as Verified
}
