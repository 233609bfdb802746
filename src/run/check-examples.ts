import { atPlace } from '../errors.ts'
import type { Finding } from '../model/finding.ts'
import { BatchBuffers } from '../plan/batch-buffers.ts'
import type { ExampleWatch } from '../plan/example-watch.ts'
import type { RowProgram } from '../plan/row-program.ts'
import { compileFor, type TenantPlan } from '../plan/tenant-plan.ts'
import type { Source, SourceSnapshot } from '../source/source.ts'
import { withoutRelations } from './absent-tables.ts'
import { fillRelated } from './fill-related.ts'
import type { Migration } from './migration.ts'
import { type RowsFrom, readRows } from './read-rows.ts'
import type { MigrationSurvey } from './survey-migration.ts'
import { examplesOf } from './watched-examples.ts'

const ROWS_KEPT = 1000

/**
 * Reads the rows the manifest's examples speak of, each entity's until all of its examples are met, and compares. Writes nothing. References are taken to lead to a row: whether one is
 * there is the run's to find out.
 */
export async function checkExampleRows(migration: Migration, survey: MigrationSurvey): Promise<readonly Finding[]> {
  const findings: Finding[] = []
  for (const plan of survey.plans) findings.push(...(await checkPlan(plan, { migration, survey })))
  return findings
}

interface Parts {
  readonly migration: Migration
  readonly survey: MigrationSurvey
}

async function checkPlan(plan: TenantPlan, { migration, survey }: Parts): Promise<readonly Finding[]> {
  const tenant = plan.tenant?.code ?? null
  const open = new OpenSnapshots(plan, migration)
  const findings: Finding[] = []
  try {
    for (const facts of plan.entities.values()) {
      if (facts.entity.examples.length === 0 || facts.isAbsent) continue
      const compiled = compileFor(plan, facts.entity.name, { setting: survey.setting, index: () => null })
      const watch = compiled.program === null ? null : examplesOf({ facts, compiled, tenant }, survey)
      if (watch === null) continue
      await fillRelated(compiled, { facts, snapshotOf: name => open.snapshot(name) })
      await readUntilDone(watch, {
        facts,
        compiled,
        snapshot: await open.snapshot(facts.entity.from.source),
        snapshotOf: name => open.snapshot(name),
      })
      findings.push(...watch.findings)
    }
  } catch (error) {
    throw atPlace(error, tenant === null ? {} : { tenant })
  } finally {
    await open.close()
  }
  return findings
}

async function readUntilDone(watch: ExampleWatch, of: RowsFrom & { readonly compiled: ReturnType<typeof compileFor> }): Promise<void> {
  // Looked at by the caller.
  const program = of.compiled.program as RowProgram
  const batch = new BatchBuffers(of.compiled.tables.length)
  program.setBatch('0')
  for await (const rows of readRows(of)) {
    while (rows.next()) {
      const loadedBefore = batch.loaded
      program.run(rows.cursor, batch)
      watch.look(batch, loadedBefore)
      if (batch.read >= ROWS_KEPT) batch.reset()
    }
    if (watch.isDone) return
  }
  watch.finish()
}

/** One snapshot of each source, opened when first asked for. */
class OpenSnapshots {
  readonly #plan: TenantPlan
  readonly #migration: Migration
  readonly #open = new Map<string, { readonly source: Source; readonly snapshot: SourceSnapshot }>()

  constructor(plan: TenantPlan, migration: Migration) {
    this.#plan = plan
    this.#migration = migration
  }

  async snapshot(name: string): Promise<SourceSnapshot> {
    const known = this.#open.get(name)
    if (known !== undefined) return known.snapshot
    const source = await this.#migration.openSource(name, this.#migration.isPerTenant(name) ? this.#plan.tenant : null)
    const absent = [...this.#plan.entities.values()].filter(facts => facts.isAbsent).map(facts => facts.relation)
    try {
      const snapshot = withoutRelations(await source.openSnapshot(), new Set(absent))
      this.#open.set(name, { source, snapshot })
      return snapshot
    } catch (error) {
      await source.close()
      throw error
    }
  }

  async close(): Promise<void> {
    for (const { source } of this.#open.values()) await source.close()
  }
}
