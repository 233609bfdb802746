import assert from 'node:assert/strict'
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { check, type MigrateResult, migrate, quarantine, RehouseError } from '../../src/index.ts'
import { newDatabase, type TestDatabase, type TestLike } from '../support/postgres.ts'
import { TEST_SALT, workFolder } from '../support/rehouse-process.ts'

const SAMPLE = '--sample='

/** A legacy database, a target and a folder of one section of the tutorial. */
export class TutorialBed {
  readonly legacy: TestDatabase
  readonly target: TestDatabase
  readonly #folder: string

  constructor(of: { readonly legacy: TestDatabase; readonly target: TestDatabase; readonly folder: string }) {
    this.legacy = of.legacy
    this.target = of.target
    this.#folder = of.folder
  }

  write(name: string, text: string): void {
    const file = join(this.#folder, name)
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, text)
  }

  get #options(): Parameters<typeof migrate>[0] {
    const env = { OLD: this.legacy.url, NEW: this.target.url, REHOUSE_SALT: TEST_SALT }
    return { manifest: join(this.#folder, 'rehouse.yaml'), env, operator: 'tutorial' }
  }

  async migrate(flags: readonly string[]): Promise<MigrateResult> {
    const known = ['--top-up', '--dry-run']
    assert.deepEqual(
      flags.filter(flag => !known.includes(flag) && !flag.startsWith(SAMPLE)),
      [],
    )
    const drawn = flags.find(flag => flag.startsWith(SAMPLE))
    const sample = drawn === undefined ? {} : { sample: Number(drawn.slice(SAMPLE.length)) }
    return migrate({ ...this.#options, topUp: flags.includes('--top-up'), dryRun: flags.includes('--dry-run'), ...sample })
  }

  /** What the page prints of a run: each table its head lines name, then counts, outcomes, examples that differ, and refused rows. */
  async told(result: MigrateResult, heads: readonly string[]): Promise<readonly string[]> {
    const tables: string[] = []
    for (const head of heads) tables.push(...(await this.#table(head)))
    return [...tables, ...(await this.#run(result))]
  }

  async #table(head: string): Promise<readonly string[]> {
    const [table = '', ...columns] = head.split(/: |, /)
    const chosen = await Promise.all(columns.map(column => this.#column(table, column)))
    const rows = await this.target.sql(
      `select ${chosen.join(', ')} from app.${table} t order by ${columns.map((_, i) => i + 1).join(', ')}`,
    )
    return [head, ...rows.map(row => row.map(value => value ?? 'NULL').join(' | '))]
  }

  /** `school_id.name` is the name of the row the column refers to. */
  async #column(table: string, column: string): Promise<string> {
    const [own = '', theirs] = column.split('.')
    if (theirs === undefined) return `t.${own}::text collate "C"`
    const [found] = await this.target.sql(
      `select confrelid::regclass::text from pg_constraint c join pg_attribute a on a.attrelid = conrelid and a.attnum = any (conkey)
      where contype = 'f' and conrelid = $1::regclass and attname = $2`,
      `app.${table}`,
      own,
    )
    return `(select r.${theirs}::text from ${found?.[0] ?? assert.fail(`expected a foreign key of ${column}`)} r where r.id = t.${own}) collate "C"`
  }

  /** Of relations an entity accounts for besides its own rows. */
  async #owned(run: string): Promise<readonly string[]> {
    const [ledger] = await this.target.sql("select to_regclass('rehouse.batch_count')")
    if (ledger?.[0] === null) return []
    const fates = ['loaded', 'updated', 'unchanged', 'merged', 'skipped', 'excluded', 'quarantined']
    const lines = await this.target.sql(
      `select relation, sum(read), ${fates.map(fate => `sum(c.${fate})`).join(', ')}
      from rehouse.batch_count c join rehouse.batch b on b.id = c.batch where c.owned and b.run = $1 group by relation order by relation`,
      run,
    )
    return lines.map(([relation, read, ...counts]) => {
      const told = fates.flatMap((fate, i) => (counts[i] === '0' ? [] : [`${fate} ${counts[i]}`]))
      return `owned ${relation} ${read}: ${told.join(', ')}`
    })
  }

  async #run({ run, totals, outcomes, findings, failures }: MigrateResult): Promise<readonly string[]> {
    assert.deepEqual(failures, [])
    const { read, ...others } = totals
    const counts = Object.entries(others).flatMap(([name, count]) => (count === 0 ? [] : [`${name} ${count}`]))
    const { rows } = await quarantine(this.#options)
    return [
      `read ${read}: ${counts.join(', ')}`,
      ...(await this.#owned(run)),
      ...outcomes
        .filter(({ kind }) => kind !== 'quarantine')
        .map(o => `${o.kind} ${[o.entity, o.column, o.code].filter(word => word !== '').join(' ')}: ${o.count}`),
      ...findings.filter(({ code }) => code === 'EXAMPLE_DIFFERS').map(({ code, message }) => `${code}: ${message}`),
      ...rows.map(
        ({ entity, key, code, column, part }) =>
          `quarantine ${entity} ${key.join(',')}: ${[code, column, part].filter(word => word !== null).join(' ')}`,
      ),
    ]
  }

  /** The first error `check` finds. */
  async refusal(): Promise<string> {
    try {
      const { findings } = await check({ ...this.#options, examples: true })
      const first = findings.find(({ severity }) => severity === 'error')
      return first ? printed(first) : 'no error'
    } catch (error) {
      assert.ok(error instanceof RehouseError, String(error))
      return printed(error)
    }
  }
}

function printed({ code, message, next }: { readonly code: string; readonly message: string; readonly next: string }): string {
  return `${code}: ${message}${message.endsWith('?') ? '' : '.'} ${next}`
}

export async function openBed(t: TestLike): Promise<TutorialBed> {
  const [legacy, target] = await Promise.all([newDatabase(t), newDatabase(t)])
  await Promise.all([legacy.script('create schema old'), target.script('create schema app')])
  return new TutorialBed({ legacy, target, folder: workFolder(t) })
}
