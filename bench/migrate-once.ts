import { migrate } from '../src/index.ts'

/** Runs the bench's migration in this process and prints what it took as JSON. */
const before = process.resourceUsage()
const began = performance.now()
const result = await migrate({ manifest: process.env.BENCH_MANIFEST ?? '', env: process.env, dryRun: process.env.BENCH_DRY === 'yes' })
const seconds = (performance.now() - began) / 1000
const after = process.resourceUsage()

if (result.status !== 'clean') {
  process.stderr.write(
    `${JSON.stringify({ status: result.status, totals: result.totals, failures: result.failures, findings: result.findings.slice(0, 5) })}\n`,
  )
  process.exitCode = 1
}
const microseconds = after.userCPUTime + after.systemCPUTime - before.userCPUTime - before.systemCPUTime
// maxRSS is in KiB.
process.stdout.write(JSON.stringify({ seconds, cpuSeconds: microseconds / 1e6, peakMiB: after.maxRSS / 1024 }))
