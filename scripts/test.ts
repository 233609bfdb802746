// npm test: runs test/**/*.test.ts against real PostgreSQL servers of its own.
// Arguments: parts of file names (only those files run), and --name=PATTERN (only tests whose title matches).
import { globSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { run } from 'node:test'
import { fileURLToPath } from 'node:url'
import { report } from '../test/support/reporter.ts'
import { addressVariable, leaveSignalsToCaller, startTestServer, type Version } from '../test/support/test-servers.ts'

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)))
const VERSIONS: readonly Version[] = ['18', '15']
const CONCURRENCY = 2
/** For a file and for a test. The crash matrix is one long file. */
const TIMEOUT_MS = 15 * 60_000
const INTERRUPTED = 130
const USAGE = 2

function chosenFiles(filters: readonly string[]): readonly string[] {
  const all = globSync('test/**/*.test.ts', { cwd: ROOT }).sort()
  return filters.length === 0 ? all : all.filter(file => filters.some(filter => file.includes(filter.replace(/^\.\//, ''))))
}

/** One server per version for the whole run. Files that need none run without. */
async function startServers(files: readonly string[]): Promise<void> {
  const isNeeded = files.some(file => readFileSync(join(ROOT, file), 'utf8').includes('/support/'))
  if (!isNeeded) return
  await Promise.all(
    VERSIONS.map(async version => {
      process.env[addressVariable(version)] = (await startTestServer(version)).url('postgres')
    }),
  )
}

/** A signal ends the running tests; the report so far is still printed. */
function endOnSignal(): AbortSignal {
  const ending = new AbortController()
  leaveSignalsToCaller()
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => ending.abort())
  return ending.signal
}

async function runFiles(files: readonly string[], options: { names: readonly string[]; signal: AbortSignal }): Promise<boolean> {
  const { names, signal } = options
  let isClean = true
  const events = run({
    files: files.map(file => join(ROOT, file)),
    concurrency: CONCURRENCY,
    timeout: TIMEOUT_MS,
    signal,
    ...(names.length > 0 && { testNamePatterns: [...names] }),
  })
  events.on('test:fail', event => {
    if (event.todo === undefined || event.todo === false) isClean = false
  })
  for await (const text of report(events, ROOT)) process.stdout.write(text)
  return isClean
}

const args = process.argv.slice(2)
const names = args.filter(arg => arg.startsWith('--name=')).map(arg => arg.slice('--name='.length))
const files = chosenFiles(args.filter(arg => !arg.startsWith('--')))
if (files.length === 0) {
  console.error(`expected test files whose name contains ${args.join(' or ') || 'anything'}, got none`)
  process.exit(USAGE)
}
const signal = endOnSignal()
await startServers(files)
const isClean = await runFiles(files, { names, signal })
process.exit(signal.aborted ? INTERRUPTED : isClean ? 0 : 1)
