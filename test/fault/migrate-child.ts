// Run by the crash matrix in a process of its own, which ends itself with SIGKILL at the seam it is told: nothing of it gets to say goodbye.
import { migrate, type Seam } from '../../src/index.ts'

interface Task {
  readonly manifest: string
  readonly env: Readonly<Record<string, string>>
  readonly batchRows: number
  readonly lanes: number
  readonly seam: Seam
  readonly occurrence: number
}

// Written by kill-case.ts from the same type.
const task = JSON.parse(process.argv[2] ?? '{}') as Task
let seen = 0
await migrate({
  manifest: task.manifest,
  env: task.env,
  batchRows: task.batchRows,
  lanes: task.lanes,
  hooks: {
    at: seam => {
      if (seam === task.seam && ++seen === task.occurrence) process.kill(process.pid, 'SIGKILL')
    },
  },
})
