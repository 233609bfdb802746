import { fileURLToPath } from 'node:url'
import { verify } from '../src/index.ts'

/** Verifies the bench's migration in this process, at the level given, and prints what it took as JSON. */
const level = process.argv[2] === 'rigorous' ? 'rigorous' : 'standard'
const before = process.resourceUsage()
const began = performance.now()
const result = await verify({ manifest: fileURLToPath(new URL('rehouse.yaml', import.meta.url)), env: process.env, level })
const seconds = (performance.now() - began) / 1000
const after = process.resourceUsage()

if (result.outcome !== 'equal') {
  process.stderr.write(`${JSON.stringify({ ...result, differences: result.differences.slice(0, 5) })}\n`)
  process.exitCode = 1
}
const microseconds = after.userCPUTime + after.systemCPUTime - before.userCPUTime - before.systemCPUTime
// maxRSS is in KiB.
process.stdout.write(JSON.stringify({ seconds, cpuSeconds: microseconds / 1e6, peakMiB: after.maxRSS / 1024 }))
