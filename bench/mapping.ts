import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { median } from './figures.ts'
import { BARE, BOTH_PLAIN, CONSTRUCTS, type Construct, PLAIN, WITH_MANY } from './mapping-constructs.ts'
import { type Measured, migrateInChild, runRehouse } from './rehouse-run.ts'
import { checkpoint, type Ground, makeEmpty, REHOUSE_TARGET, sqlFile, withSession } from './setup.ts'

/** What `npm run bench mapping` prints. Costs are CPU of our own process in a dry run, the bare entity's subtracted. */
export interface MappingFigures {
  /** Things each construct was measured with. */
  readonly rows: number
  readonly rounds: number
  readonly constructs: readonly Price[]
  /** Every thing with its two details in a list ÷ both relations as two plain entities, wall time; the median of the rounds. At most 2. */
  readonly withManyOfPlain: number
  /** A rerun that finds nothing to do ÷ the migration before it, wall time; the median of the rounds. At most 0.7. */
  readonly rerunOfMigration: number
  readonly rerunRows: number
}

export interface Price {
  readonly name: string
  readonly microsecondsPerRow: number
  /** 1 = one plain text column. */
  readonly timesPlain: number
}

export const MAPPING_LIMITS = { withManyOfPlain: 2, rerunOfMigration: 0.7 } as const

const MAPPING_SOURCE = 'bench_mapping'
const MOST_THINGS = 500_000

/** `npm run bench mapping`. */
export async function benchMapping(ground: Ground, rounds: number, say: (text: string) => void): Promise<MappingFigures> {
  const rows = Math.min(ground.rows, MOST_THINGS)
  say(`Making ${rows.toLocaleString('en')} things with two details each …`)
  await makeThings(ground, rows)
  const all = [BARE, ...CONSTRUCTS, BOTH_PLAIN]
  const measured = new Map<Construct, Measured[]>(all.map(construct => [construct, []]))
  const reruns: number[] = []
  try {
    for (let i = 1; i <= rounds; i++) {
      await makeTarget(ground)
      for (const construct of all) measured.get(construct)?.push(await dryRun(ground, construct))
      reruns.push(await rerunRatio(ground))
      say(`round ${i} of ${rounds}: ${all.length} dry runs; a rerun took ${reruns.at(-1)?.toFixed(2)} of its migration`)
    }
  } finally {
    await makeEmpty(ground, MAPPING_SOURCE)
  }
  return { rows, rounds, ...figuresOfMapping(measured, rows), rerunOfMigration: rounded(median(reruns)), rerunRows: ground.rows }
}

/** Prices of what was measured, round by round; each price is the median of its rounds. */
export function figuresOfMapping(
  measured: ReadonlyMap<Construct, readonly Measured[]>,
  rows: number,
): Pick<MappingFigures, 'constructs' | 'withManyOfPlain'> {
  const of = (construct: Construct): readonly Measured[] => measured.get(construct) ?? []
  const price = (construct: Construct): number =>
    median(of(construct).map(({ cpuSeconds }, i) => cpuSeconds - (of(BARE)[i]?.cpuSeconds ?? Number.NaN))) * (1e6 / rows / construct.times)
  const plain = price(PLAIN)
  return {
    constructs: CONSTRUCTS.map(construct => ({
      name: construct.name,
      microsecondsPerRow: rounded(price(construct)),
      timesPlain: rounded(price(construct) / plain),
    })),
    withManyOfPlain: rounded(median(of(WITH_MANY).map(({ seconds }, i) => seconds / (of(BOTH_PLAIN)[i]?.seconds ?? Number.NaN)))),
  }
}

/** The lines of a table, its figures under one another. */
export function mappingLines(figures: MappingFigures): readonly string[] {
  const width = Math.max(...figures.constructs.map(({ name }) => name.length))
  const head = `${'construct'.padEnd(width)}  µs a row  × plain column`
  const lines = figures.constructs.map(
    ({ name, microsecondsPerRow, timesPlain }) =>
      `${name.padEnd(width)}  ${microsecondsPerRow.toFixed(2).padStart(8)}  ${timesPlain.toFixed(1).padStart(14)}`,
  )
  return [
    `${figures.rows.toLocaleString('en')} rows, ${figures.rounds} rounds; CPU of our process in a dry run, once, beyond the bare entity`,
    '',
    head,
    ...lines,
    '',
    `with many: ${figures.withManyOfPlain.toFixed(2)} of both relations as plain entities (at most ${MAPPING_LIMITS.withManyOfPlain})`,
    `rerun with nothing to do, ${figures.rerunRows.toLocaleString('en')} rows: ${figures.rerunOfMigration.toFixed(2)} of the migration (at most ${MAPPING_LIMITS.rerunOfMigration})`,
  ]
}

async function makeThings(ground: Ground, rows: number): Promise<void> {
  await makeEmpty(ground, MAPPING_SOURCE)
  await withSession(ground.server.url(MAPPING_SOURCE), async session => {
    await session.query(`select set_config('bench.rows', $1, false)`, [String(rows)])
    await session.script(sqlFile('mapping.sql'))
    await session.script('vacuum analyze')
  })
}

async function makeTarget(ground: Ground): Promise<void> {
  await makeEmpty(ground, REHOUSE_TARGET)
  await withSession(ground.server.url(REHOUSE_TARGET), session => session.script(sqlFile('mapping-tables.sql')))
  await checkpoint(ground)
}

async function dryRun(ground: Ground, construct: Construct): Promise<Measured> {
  const migrated = { manifest: writeManifest(ground, construct), source: ground.server.url(MAPPING_SOURCE) }
  return migrateInChild(ground, { profileFolder: null, migrated, isDry: true })
}

function writeManifest(ground: Ground, construct: Construct): string {
  const folder = `${ground.folder}mapping/`
  mkdirSync(`${folder}functions`, { recursive: true })
  copyFileSync(fileURLToPath(new URL('mapping-functions.ts', import.meta.url)), `${folder}functions/same.ts`)
  const file = `${folder}${construct.name.replaceAll(/[^a-z0-9]+/giu, '-')}.yaml`
  writeFileSync(file, manifestOf(construct))
  return file
}

/** The text of a construct's manifest. A manifest is YAML, and JSON is YAML. */
export function manifestOf({ manifest }: Construct): string {
  const whole = {
    migration: 'bench-mapping',
    sources: { legacy: 'env:BENCH_SOURCE' },
    tenants: [{ code: 'one', zone: 'America/Chicago' }],
    time: { gap: 'shift_forward', overlap: 'earlier' },
    services: { bench: { url: 'env:BENCH_TARGET', tenant_column: 'tenant_id' } },
    defaults: { unmapped: 'warn' },
    ...manifest,
  }
  return JSON.stringify(whole, null, 2)
}

async function rerunRatio(ground: Ground): Promise<number> {
  const first = await runRehouse(ground, null)
  await checkpoint(ground)
  const second = await migrateInChild(ground, { profileFolder: null, migrated: undefined })
  return second.seconds / first.seconds
}

function rounded(value: number): number {
  return Math.round(value * 1000) / 1000
}
