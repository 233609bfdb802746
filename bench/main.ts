import { rmSync } from 'node:fs'
import { cpus } from 'node:os'
import { parseArgs } from 'node:util'
import { type Figures, figuresOf, type Round } from './figures.ts'
import { benchFiles, type FileFigures } from './files.ts'
import { removeReadyRows, runFloor, takeReadyRows } from './floor.ts'
import { benchMapping, type MappingFigures, mappingLines } from './mapping.ts'
import { hasPgloader, runPgloader } from './pgloader.ts'
import { runRehouse } from './rehouse-run.ts'
import { FLOOR_TARGET, type Ground, makeEmpty, PGLOADER_TARGET, prepareGround, REHOUSE_TARGET } from './setup.ts'
import { type BenchLevel, runVerify, VERIFY_LIMITS, type Verified } from './verify-run.ts'

/** `npm run bench`: the engine against the floor and against pgloader. README.md says what each contestant does. */
const USAGE = `npm run bench [files | verify | mapping] -- [--rows N] [--rounds N] [--json] [--profile]

  files        the same rows as BACPAC, PostgreSQL dump and CSV, against the floor
  verify       how long verification takes, against the floor of the load
  mapping      what each construct of the mapping costs beside a plain column; a rerun with nothing to do
  --rows N     assessment results; default 2000000
  --rounds N   default 3; the figures are medians
  --json       one JSON object on stdout
  --profile    one migration only, with CPU profiles written to bench/.rehouse/profiles
`

const SUBJECTS: readonly string[] = ['files', 'verify', 'mapping']
const LEVELS: readonly BenchLevel[] = ['standard', 'rigorous']

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rows: { type: 'string', default: '2000000' },
    rounds: { type: 'string', default: '3' },
    json: { type: 'boolean', default: false },
    profile: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
})

if (values.help) process.stdout.write(USAGE)
else if (positionals.some(word => !SUBJECTS.includes(word)) || positionals.length > 1)
  refuse(`expected nothing, ${SUBJECTS.slice(0, -1).join(', ')} or ${SUBJECTS.at(-1)}, got ${positionals.join(' ')}`)
else await run(positive(values.rows, '--rows'), positive(values.rounds, '--rounds'))

async function run(rows: number, rounds: number): Promise<void> {
  say(`Making ${rows.toLocaleString('en')} assessment results on a server of the bench's own …`)
  const ground = await prepareGround(rows)
  process.once('SIGINT', () => void ground.server.stop().then(() => process.exit(130)))
  try {
    if (positionals[0] === 'files') printFiles(await benchFiles(ground, rounds, say))
    else if (positionals[0] === 'verify') printVerified(await measureVerify(ground, rounds))
    else if (positionals[0] === 'mapping') printMapping(await benchMapping(ground, rounds, say))
    else if (values.profile) await profile(ground)
    else print(figuresOf(rows, await measure(ground, rounds)))
  } finally {
    removeReadyRows(ground)
    for (const database of [REHOUSE_TARGET, FLOOR_TARGET, PGLOADER_TARGET]) await makeEmpty(ground, database)
    await ground.server.stop()
  }
}

/** Interleaved, so that what disturbs the machine disturbs all alike. The rows of the first migration are the floor's ready-made ones. */
async function measure(ground: Ground, count: number): Promise<readonly Round[]> {
  const withPgloader = hasPgloader()
  if (!withPgloader) say('pgloader is not installed: vsPgloader is null.')
  const rounds: Round[] = []
  for (let i = 1; i <= count; i++) {
    const rehouse = await runRehouse(ground, null)
    if (i === 1) await takeReadyRows(ground)
    const floorSeconds = await runFloor(ground)
    const pgloaderSeconds = withPgloader ? await runPgloader(ground) : null
    rounds.push({ rehouse, floorSeconds, pgloaderSeconds })
    const others = `floor ${floorSeconds.toFixed(1)} s${pgloaderSeconds === null ? '' : `, pgloader ${pgloaderSeconds.toFixed(1)} s`}`
    say(`round ${i} of ${count}: rehouse ${rehouse.seconds.toFixed(1)} s, ${others}`)
  }
  return rounds
}

interface VerifyRound {
  readonly floorSeconds: number
  readonly levels: Readonly<Record<BenchLevel, Verified>>
}

/** One migration, then floor and levels interleaved. */
async function measureVerify(ground: Ground, count: number): Promise<readonly VerifyRound[]> {
  await runRehouse(ground, null)
  await takeReadyRows(ground)
  const rounds: VerifyRound[] = []
  for (let i = 1; i <= count; i++) {
    const floorSeconds = await runFloor(ground)
    const levels = { standard: await runVerify(ground, 'standard'), rigorous: await runVerify(ground, 'rigorous') }
    rounds.push({ floorSeconds, levels })
    const told = LEVELS.map(level => `${level} ${levels[level].seconds.toFixed(1)} s (${levels[level].cpuSeconds.toFixed(1)} s of CPU)`)
    say(`round ${i} of ${count}: floor ${floorSeconds.toFixed(1)} s, ${told.join(', ')}`)
  }
  return rounds
}

function printVerified(rounds: readonly VerifyRound[]): void {
  const floor = median(rounds.map(round => round.floorSeconds))
  const figures = LEVELS.map(level => {
    const seconds = median(rounds.map(round => round.levels[level].seconds))
    return {
      level,
      seconds,
      ofFloor: seconds / floor,
      limit: VERIFY_LIMITS[level],
      peakMiB: Math.round(Math.max(...rounds.map(round => round.levels[level].peakMiB))),
    }
  })
  if (values.json) process.stdout.write(`${JSON.stringify({ floorSeconds: floor, levels: figures })}\n`)
  else
    for (const { level, seconds, ofFloor, limit, peakMiB } of figures)
      process.stdout.write(
        `${level.padEnd(9)} ${seconds.toFixed(2)} s, ${ofFloor.toFixed(2)} of the floor (at most ${limit}), ${peakMiB} MiB\n`,
      )
}

function median(numbers: readonly number[]): number {
  const sorted = numbers.toSorted((a, b) => a - b)
  return sorted[sorted.length >> 1] ?? 0
}

async function profile(ground: Ground): Promise<void> {
  const folder = `${ground.folder}profiles`
  rmSync(folder, { recursive: true, force: true })
  const measured = await runRehouse(ground, folder)
  say(
    `${measured.seconds.toFixed(1)} s, ${measured.cpuSeconds.toFixed(1)} s of CPU, ${Math.round(measured.peakMiB)} MiB; profiles in ${folder}`,
  )
}

function print(figures: Figures): void {
  if (values.json) process.stdout.write(`${JSON.stringify(figures)}\n`)
  else process.stdout.write(`\n${tableOf(figures).join('\n')}\n`)
}

function printFiles(figures: FileFigures): void {
  if (values.json) process.stdout.write(`${JSON.stringify(figures)}\n`)
  else process.stdout.write(`\n${fileLines(figures).join('\n')}\n`)
}

function printMapping(figures: MappingFigures): void {
  if (values.json) process.stdout.write(`${JSON.stringify(figures)}\n`)
  else process.stdout.write(`\n${mappingLines(figures).join('\n')}\n`)
}

function fileLines({ rows, rounds, floorSeconds, files, staging }: FileFigures): readonly string[] {
  const seconds = (of: readonly number[]): string => of.map(value => value.toFixed(2)).join(', ')
  const heads = ['source', 'of the floor', 'CPU s per million rows', 'peak MiB', 'seconds']
  const lines = Object.entries(files).map(([name, of]) => [
    name,
    of.ofFloor.toFixed(2),
    of.cpuSecondsPerMillionRows.toFixed(2),
    String(of.peakMiB),
    seconds(of.seconds),
  ])
  const widths = heads.map((head, i) => Math.max(head.length, ...lines.map(line => line[i]?.length ?? 0)))
  const lined = [heads, ...lines].map(line =>
    line
      .map((cell, i) => cell.padEnd(widths[i] ?? 0))
      .join('  ')
      .trimEnd(),
  )
  return [
    `${rows.toLocaleString('en')} rows, ${rounds} rounds, ${cpus().length} CPUs; floor ${seconds(floorSeconds)} s`,
    '',
    ...lined,
    '',
    `staging of the results: ${staging.ofCopy.toFixed(2)} of a binary COPY of the same bytes (${seconds(staging.stageSeconds)} s; COPY ${seconds(staging.copySeconds)} s)`,
  ]
}

function tableOf(figures: Figures): readonly string[] {
  const seconds = (values: readonly number[] | null): string => values?.map(value => value.toFixed(2)).join(', ') ?? 'not installed'
  const lines: readonly (readonly [string, string])[] = [
    ['rows', `${figures.rows.toLocaleString('en')}, ${figures.rounds} rounds, ${cpus().length} CPUs`],
    ['of the floor', figures.ofFloor.toFixed(2)],
    ['times pgloader’s plain copy', figures.vsPgloader?.toFixed(2) ?? 'not installed'],
    ['rows per second', figures.rowsPerSecond.toLocaleString('en')],
    ['CPU seconds per million rows', figures.cpuSecondsPerMillionRows.toFixed(2)],
    ['peak MiB', String(figures.peakMiB)],
    ['rehouse, seconds', seconds(figures.rehouseSeconds)],
    ['the same with starting Node', seconds(figures.rehouseProcessSeconds)],
    ['floor, seconds', seconds(figures.floorSeconds)],
    ['pgloader, seconds', seconds(figures.pgloaderSeconds)],
  ]
  const width = Math.max(...lines.map(([name]) => name.length))
  return lines.map(([name, value]) => `${name.padEnd(width)}  ${value}`)
}

function positive(text: string, flag: string): number {
  const value = Number(text.replaceAll('_', ''))
  if (Number.isSafeInteger(value) && value > 0) return value
  return refuse(`expected a whole number above 0 for ${flag}, got ${JSON.stringify(text)}`)
}

function refuse(problem: string): never {
  process.stderr.write(`${problem}\n\n${USAGE}`)
  process.exit(2)
}

/** Progress: never on stdout, which may be read by a program. */
function say(text: string): void {
  process.stderr.write(`${text}\n`)
}
