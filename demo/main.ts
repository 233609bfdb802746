import { basename, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { type Host, pageOf } from '../src/cli/host.ts'
import { abortOnSignals, finish, surviveClosedPipes } from '../src/cli/process.ts'
import { openProgressView } from '../src/cli/progress-view.ts'
import { type EmbeddedServer, embeddedFolder, startEmbedded } from '../src/embedded/embedded.ts'
import { RehouseError } from '../src/errors.ts'
import { type EventListener, migrate } from '../src/index.ts'
import type { MigrateResult } from '../src/model/results.ts'
import { renderError } from '../src/report/error-text.ts'
import { exitStatus } from '../src/report/exit-status.ts'
import { renderMigrate } from '../src/report/migrate-text.ts'
import { formatCount, formatSeconds } from '../src/report/quantities.ts'
import { checkMoved, type Verdict } from './check-moved.ts'
import { DISTRICTS, LOGIN_DATABASE, soiled } from './districts.ts'
import { type HandedOver, handOverLegacy, type Legacy, makeLegacy } from './make-legacy.ts'
import { makeServices } from './make-services.ts'
import { nextSteps } from './next-steps.ts'

/** `npm start`: the main job on synthetic data, from nothing to rows that are checked. Everything it makes, it makes anew each time. */
const { values } = parseArgs({ options: { dirty: { type: 'boolean', default: false }, help: { type: 'boolean', default: false } } })
const FOLDER = fileURLToPath(new URL('.', import.meta.url))
const MANIFEST = fileURLToPath(new URL('rehouse.yaml', import.meta.url))
const EXPORTS = join(FOLDER, 'exports')

surviveClosedPipes()
const host: Host = {
  out: { terminal: process.stdout.isTTY ? process.stdout : null, write: text => process.stdout.write(text) },
  err: { terminal: process.stderr.isTTY ? process.stderr : null, write: text => process.stderr.write(text) },
  env: process.env,
  cwd: process.cwd(),
  version: '',
  operator: 'demo',
  signal: abortOnSignals({ isQuiet: false }),
  nowMs: Date.now,
  cpuSeconds: () => (process.cpuUsage().user + process.cpuUsage().system) / 1e6,
  loadApi: () => import('../src/index.ts'),
}
const page = pageOf(host.out, host.env)

if (values.help) say('npm start -- [--dirty]', '', '  --dirty   one district so dirty that the stop rule ends it; the others arrive')
else finish(await demonstrate().catch(report))

async function demonstrate(): Promise<number> {
  const legacy: Legacy = { districts: values.dirty ? soiled(DISTRICTS) : DISTRICTS, login: LOGIN_DATABASE }
  say(
    'Six synthetic school districts, all with the same integer keys, hand over their SQL Server databases as BACPAC files. They move into three',
    'multi-tenant services. Nothing but the files is read, and no SQL Server is needed.',
    '',
  )
  const server = await step('Start the built-in PostgreSQL', () => startEmbedded({ folder: embeddedFolder(FOLDER) }))
  await step('Make what the districts have, in databases Rehouse never sees', () => makeLegacy(server, legacy, sayDistrict))
  await step(`Hand it over as BACPAC files in ${relative(process.cwd(), EXPORTS)}`, () =>
    handOverLegacy(server, legacy, { folder: EXPORTS, handed: sayFile }),
  )
  await step('Make the services directory, student and assessment: keys, checks, row-level security, no rows', () =>
    makeServices(server, same => same),
  )

  say('', page.paint('strong', 'Migrate'))
  const result = await migrateWatched()
  // What is only remarked on is shown by `check`.
  const findings = result.findings.filter(finding => finding.severity !== 'info')
  say('', ...renderMigrate({ ...result, findings }, page), '')
  if (result.status === 'interrupted') return interruptedEnd()

  const verdicts = await step('Check the services against what the files were made from, with SQL of its own', () =>
    checkMoved(whatMoved(server, legacy, result)),
  )
  say(...verdicts.flatMap(renderVerdict))
  say(...nextSteps(result, { manifest: relative(process.cwd(), MANIFEST), isDirty: values.dirty, page }))
  return exitOf(result, verdicts)
}

function sayDistrict(district: Legacy['districts'][number], rows: number): void {
  say(
    `    ${district.code.padEnd(10)}  ${district.zone.padEnd(19)}  ${formatCount(rows).padStart(7)} rows${district.broken > 0 ? ', dirty' : ''}`,
  )
  host.signal.throwIfAborted()
}

function sayFile({ path, bytes, rows }: HandedOver): void {
  say(
    `    ${basename(path).padEnd(26)}  ${formatCount(Number(rows)).padStart(7)} rows  ${formatCount(Math.ceil(bytes / 1024)).padStart(5)} KiB`,
  )
  host.signal.throwIfAborted()
}

async function migrateWatched(): Promise<MigrateResult> {
  const view = openProgressView(host, 'text')
  try {
    // Each key set aside for the load and put back would be a line of its own.
    const on: EventListener = event => event.type !== 'schema:changed' && view.on(event)
    return await migrate({ manifest: MANIFEST, env: process.env, signal: host.signal, on, operator: host.operator })
  } finally {
    await view.close()
  }
}

/** A district that was stopped half-way has no totals to hold it to. */
function whatMoved(server: EmbeddedServer, legacy: Legacy, result: MigrateResult): Parameters<typeof checkMoved>[0] {
  const isWhole = (code: string): boolean => result.entities.every(line => line.tenant !== code || line.state === 'settled')
  const districts = legacy.districts.filter(district => isWhole(district.code))
  return { legacy: { ...legacy, districts }, legacyUrl: d => server.url(d), serviceUrl: s => server.url(s), result }
}

function renderVerdict(verdict: Verdict): readonly string[] {
  const isRight = verdict.wrong.length === 0
  return [
    `    ${page.paint(isRight ? 'good' : 'bad', isRight ? 'yes' : 'NO ')}  ${verdict.title} (${formatCount(verdict.covered)})`,
    ...verdict.wrong.map(line => `         ${line}`),
  ]
}

/** The dirty district's quarantined rows are what the demonstration means to show, not a failure of it. */
function exitOf(result: MigrateResult, verdicts: readonly Verdict[]): number {
  const meant: MigrateResult['status'] = values.dirty ? 'stopped' : 'findings'
  if (verdicts.some(verdict => verdict.wrong.length > 0)) return 1
  return result.status === meant ? 0 : exitStatus({ kind: 'migrate', result }) || 1
}

function interruptedEnd(): number {
  const manifest = relative(process.cwd(), MANIFEST)
  say(`bin/rehouse.js migrate --resume -m ${manifest} goes on after the last committed batch; npm start begins anew.`)
  return exitStatus({ kind: 'error', code: 'INTERRUPTED' })
}

function report(error: unknown): number {
  if (!(error instanceof RehouseError)) throw error
  const isOurs = error.code === 'INTERRUPTED'
  const next = isOurs
    ? 'Run npm start again: it begins anew. The PostgreSQL it started runs until `bin/rehouse.js embedded stop -m demo/rehouse.yaml`.'
    : error.next
  const lines = renderError({ code: error.code, message: error.message, where: error.where, next }, pageOf(host.err, host.env))
  host.err.write(`${lines.join('\n')}\n`)
  return exitStatus({ kind: 'error', code: error.code })
}

async function step<T>(title: string, work: () => Promise<T>): Promise<T> {
  host.signal.throwIfAborted()
  say(page.paint('strong', title))
  const began = performance.now()
  const done = await work()
  say(page.paint('dim', `    ${formatSeconds((performance.now() - began) / 1000)}`))
  return done
}

function say(...lines: readonly string[]): void {
  host.out.write(`${lines.join('\n')}\n`)
}
