// Run by tests in a process of its own, which sends itself a signal at the seam it is told. SIGKILL: nothing of it gets to say goodbye. SIGSTOP: it says so and stands still.
import { writeSync } from 'node:fs'
import { migrate, type Seam } from '../../src/index.ts'

interface Task {
  readonly manifest: string
  readonly env: Readonly<Record<string, string>>
  readonly batchRows: number
  readonly lanes: number
  readonly seam: Seam
  readonly occurrence: number
  readonly signal: 'SIGKILL' | 'SIGSTOP'
}

// Written by the tests from the same type.
const task = JSON.parse(process.argv[2] ?? '{}') as Task
const { seam, occurrence, signal, ...options } = task
let seen = 0

function at(here: Seam): void {
  if (here !== seam || ++seen !== occurrence) return
  if (signal === 'SIGSTOP') writeSync(1, 'standing still')
  process.kill(process.pid, signal)
}

const result = await migrate({ ...options, hooks: { at } })
process.exitCode = result.status === 'clean' || result.status === 'findings' ? 0 : 1
