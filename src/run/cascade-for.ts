import { bug, RehouseError } from '../errors.ts'
import type { Ledger } from '../ledger/ledger.ts'
import type { SchemaDebt, TaskRecord } from '../model/ledger-records.ts'
import { entityTables } from './entity-tables.ts'
import type { Migration } from './migration.ts'
import type { RunContext } from './run-context.ts'
import type { MigrationSurvey } from './survey-migration.ts'
import type { CascadeContext } from './take-back-cascade.ts'

/** What corrections of a run work with. A correction is recorded under the run’s own task; an entity that is not part of it, under the last run that had one. */
export function cascadeFor(
  migration: Migration,
  { context, survey, run }: { context: RunContext; survey: MigrationSurvey; run: string },
): CascadeContext {
  const service = (name: string) => migration.services.find(s => s.name === name) ?? fail(`service ${name}`)
  const taskOf = async (name: string, tenant: string | null): Promise<{ ledger: Ledger; task: TaskRecord }> => {
    const entity = context.entity(name)
    const { ledger } = service(entity.service)
    const number = tenant === null ? 0 : ((await ledger.tenants()).find(t => t.code === tenant)?.number ?? fail(`tenant ${tenant}`))
    return { ledger, task: await lastTask(ledger, { run, entity: entity.number, tenant: number }) }
  }
  return {
    mapping: migration.mapping,
    hooks: context.hooks,
    order: survey.order.map(({ entity }) => entity.name),
    service,
    tables: name => {
      const compiled = survey.compiled.find(c => c.entity.name === name)
      if (compiled === undefined) throw bug(`expected ${name} to be compiled`)
      return entityTables(compiled.entity, compiled.compiled.tables)
    },
    laterReference: (at, debt) => laterReference(survey, at.name, debt),
    isSettled: async (name, tenant) => (await taskOf(name, tenant)).task.state === 'settled',
    claimTask: async (name, tenant, writer) => {
      const { ledger, task } = await taskOf(name, tenant)
      const claim = {
        backend: writer.backend,
        snapshot: task.snapshot ?? '',
        marker: task.marker ?? '',
        consistency: task.consistency ?? 'snapshot',
        pass: task.pass,
        restart: false,
        state: 'keep',
      } as const
      return ledger.claimTask(task.id, claim)
    },
  }
}

function laterReference(survey: MigrationSurvey, service: string, debt: SchemaDebt): ReturnType<CascadeContext['laterReference']> {
  const name = `${debt.schema}.${debt.table}`
  // Described with what is set aside, so the key is there.
  const relation = survey.services.find(s => s.ref.name === service)?.relations.get(name)
  const names = relation?.foreignKeys.find(key => key.name === debt.name)?.columns ?? []
  const nullable = new Set(relation?.columns.filter(column => column.isNullable).map(column => column.name))
  for (const { entity, compiled } of survey.compiled) {
    const where = entityTables(entity, compiled.tables).tables.find(table => table.name === name)?.headColumn ?? null
    const set = names.find(column => nullable.has(column) && compiled.settled.some(reference => reference.column === `${name}.${column}`))
    if (where !== null && set !== undefined) return { table: { schema: debt.schema, name: debt.table }, where, set }
  }
  return null
}

async function lastTask(ledger: Ledger, { run, entity, tenant }: { run: string; entity: number; tenant: number }): Promise<TaskRecord> {
  const runs = [run, ...(await ledger.runs()).map(r => r.id)]
  for (const id of runs) {
    const task = await ledger.task({ run: id, entity, tenant })
    if (task) return task
  }
  throw new RehouseError('LEDGER_INVALID', 'expected a task for rows that must be taken back, got none', {
    next: 'Report it with the output of `rehouse status --json`.',
  })
}

function fail(what: string): never {
  throw bug(`expected ${what}, got none`)
}
