import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { runCli } from '../../src/cli/run-cli.ts'
import type { TestLike } from './postgres.ts'

/** The command line as a user has it: a process of its own, seen only through its words, streams and exit status. */
export interface Ended {
  readonly status: number
  readonly stdout: string
  readonly stderr: string
  /** What the process held at most, in KiB. */
  readonly peakKib: number
}

export interface ProcessOptions {
  /** Where it runs, and where `rehouse.yaml` lies. */
  readonly folder: string
  readonly env?: Readonly<Record<string, string>>
  /** Each line of stderr as it comes; `kill` sends a signal. */
  readonly onLine?: (line: string, kill: (signal: NodeJS.Signals) => void) => void
  /** Run as this user instead. */
  readonly uid?: number
}

export const TEST_SALT = 'a salt for tests, 32 bytes long..'
const BIN = fileURLToPath(new URL('../../bin/rehouse.js', import.meta.url))
/** Writes the peak to descriptor 3 when the process ends by itself. */
const TELL_PEAK = `data:text/javascript,${encodeURIComponent(
  "import { writeSync } from 'node:fs'; process.on('exit', () => writeSync(3, String(process.resourceUsage().maxRSS)))",
)}`
const STACK_LINE = /^\s+at .*(?:\(|\s|:\/\/)[^\s()]*:\d+:\d+\)?$/m

/** Runs one command line to its end. Fails the test at once where a stack trace or a bug shows, whatever the input was. */
export async function rehouse(words: readonly string[], options: ProcessOptions): Promise<Ended> {
  const ended = await run(words, options)
  assertNoBug(words, ended, options.folder)
  return ended
}

/** The same command line in this process, which saves starting Node: the words, streams, environment and status are all there is of it. */
export async function rehouseHere(words: readonly string[], { folder, env = {}, signal }: HereOptions): Promise<Ended> {
  let stdout = ''
  let stderr = ''
  const isManifestNamed =
    words[0] === 'init' || words[0] === 'profile' || words.includes('-m') || words.includes('--manifest') || words[0] === 'schema'
  const line = isManifestNamed ? words : [...words, '-m', join(folder, 'rehouse.yaml')]
  const status = await runCli(line, {
    out: { terminal: null, write: text => (stdout += text) },
    err: { terminal: null, write: text => (stderr += text) },
    env: { HOME: folder, REHOUSE_SALT: TEST_SALT, ...env },
    cwd: folder,
    version: '0.0.0',
    operator: 'tester',
    signal: signal ?? new AbortController().signal,
    nowMs: Date.now,
    cpuSeconds: () => 0,
    loadApi: () => import('../../src/index.ts'),
  })
  const ended = { status, stdout, stderr, peakKib: 0 }
  assertNoBug(words, ended, folder)
  return ended
}

/** The same with `--json`, and the one object it prints. */
export async function rehouseHereJson<T>(words: readonly string[], options: HereOptions): Promise<Ended & { readonly json: T }> {
  const ended = await rehouseHere([...words, '--json'], options)
  return { ...ended, json: onlyObject(ended.stdout) as T }
}

export interface HereOptions {
  readonly folder: string
  readonly env?: Readonly<Record<string, string>>
  readonly signal?: AbortSignal
}

/** The same with `--json`, and the one object it prints. */
export async function rehouseJson<T>(words: readonly string[], options: ProcessOptions): Promise<Ended & { readonly json: T }> {
  const ended = await rehouse([...words, '--json'], options)
  return { ...ended, json: onlyObject(ended.stdout) as T }
}

/** What `--json` promises of stdout: one JSON object in one line and nothing else. */
export function onlyObject(stdout: string): unknown {
  assert.match(stdout, /^\{.*\}\n$/, 'expected exactly one JSON object on stdout')
  return JSON.parse(stdout)
}

export interface ErrorAnswer {
  readonly error: {
    readonly code: string
    readonly message: string
    readonly where: Readonly<Record<string, unknown>>
    readonly next: string
  }
}

function run(words: readonly string[], { folder, env = {}, onLine, uid }: ProcessOptions): Promise<Ended> {
  const child = spawn(process.execPath, ['--import', TELL_PEAK, BIN, ...words], {
    cwd: folder,
    // Only what is given: a test must not depend on the machine's settings.
    env: { PATH: process.env.PATH ?? '', HOME: folder, REHOUSE_SALT: TEST_SALT, ...env },
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
    ...(uid === undefined ? {} : { uid, gid: uid }),
  })
  let stdout = ''
  let stderr = ''
  let peak = ''
  let rest = ''
  child.stdout?.setEncoding('utf8').on('data', text => (stdout += text))
  child.stdio[3]?.on('data', text => (peak += text))
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    stderr += text
    const lines = `${rest}${text}`.split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) onLine?.(line, signal => child.kill(signal))
  })
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (status, signal) =>
      resolve({ status: status ?? (signal === 'SIGKILL' ? 137 : -1), stdout, stderr, peakKib: Number(peak) }),
    )
  })
}

function assertNoBug(words: readonly string[], { status, stdout, stderr }: Ended, folder: string): void {
  const said = `rehouse ${words.join(' ')}: status ${status}\n${stdout.slice(0, 4000)}\n${stderr.slice(-4000)}`
  assert.notEqual(status, 70, `expected no bug, got one from ${said}\n${bugTexts(folder)}`)
  assert.doesNotMatch(stdout, STACK_LINE, `expected no stack trace from ${said}`)
  assert.doesNotMatch(stderr, STACK_LINE, `expected no stack trace from ${said}`)
}

/** What the bug files say: the stack a user would send in. */
function bugTexts(folder: string): string {
  const place = join(folder, '.rehouse')
  if (!existsSync(place)) return ''
  const files = readdirSync(place).filter(name => name.startsWith('bug-'))
  return files.map(name => readFileSync(join(place, name), 'utf8')).join('\n')
}

/** A folder of the test's own with these files, gone after the test. */
export function workFolder(t: TestLike, files: Readonly<Record<string, string>> = {}): string {
  const folder = mkdtempSync(join(tmpdir(), 'rehouse-cli-'))
  t.after(async () => rmSync(folder, { recursive: true, force: true }))
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text)
  return folder
}

/** The folder with real databases beside the project, or the one REHOUSE_SHARED names. Null where there is none. */
export function sharedFile(name: string): string | null {
  const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))))
  const file = join(process.env.REHOUSE_SHARED ?? join(root, '..', 'shared'), name)
  return existsSync(file) ? file : null
}
