#!/usr/bin/env node
import { readFileSync } from 'node:fs'
import { userInfo } from 'node:os'
import { fileURLToPath } from 'node:url'
import type { Host } from './host.ts'
import { abortOnSignals, finish, surviveClosedPipes } from './process.ts'
import { runCli } from './run-cli.ts'

/** The program: connects the process with `runCli` and does nothing else. */
const words = process.argv.slice(2)
surviveClosedPipes()
const host: Host = {
  out: { terminal: process.stdout.isTTY ? process.stdout : null, write: text => process.stdout.write(text) },
  err: { terminal: process.stderr.isTTY ? process.stderr : null, write: text => process.stderr.write(text) },
  env: process.env,
  cwd: process.cwd(),
  version: version(),
  operator: operator(),
  signal: abortOnSignals({ isQuiet: words.includes('--json') }),
  nowMs: Date.now,
  cpuSeconds: () => {
    const { user, system } = process.cpuUsage()
    return (user + system) / 1_000_000
  },
  loadApi: () => import('../index.ts'),
}
finish(await runCli(words, host))

function version(): string {
  const file = fileURLToPath(new URL('../../package.json', import.meta.url))
  return String(JSON.parse(readFileSync(file, 'utf8')).version)
}

/** The login name; containers may run as a user without one. */
function operator(): string {
  try {
    return userInfo().username
  } catch {
    return `uid ${process.getuid?.() ?? 'unknown'}`
  }
}
