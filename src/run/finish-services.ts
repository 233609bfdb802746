import { tableLabel } from '../base/table-label.ts'
import { bug, RehouseError } from '../errors.ts'
import type { Finding } from '../model/finding.ts'
import type { Finish } from '../model/mapping.ts'
import { type Refresh, readFinish } from '../plan/finish-statement.ts'
import { Refusal } from '../target/target.ts'
import type { Service } from './load-context.ts'
import type { Migration } from './migration.ts'
import { withRetries } from './retry.ts'
import { atSeam, type Hooks } from './seams.ts'

const RETRIES = 5

export interface FinishSetting {
  readonly run: string
  readonly hooks: Hooks
  readonly signal: AbortSignal
  /** The load did not come to its end: nothing is run, and told. */
  readonly isIncomplete: boolean
  emit(finding: Finding): void
}

/**
 * Once all rows are there: runs the statements under `finish` that are due, in order, each in one transaction with its row in the ledger. If the process dies before the commit, nothing of it is there and the next run
 * does it; after it, the next run finds it done. Returns what could not be done: a failure of one does not hold up the others.
 */
export async function finishServices(migration: Migration, setting: FinishSetting): Promise<readonly RehouseError[]> {
  const failures: RehouseError[] = []
  for (const { service, wanted } of statementsBy(migration)) {
    const due = await service.ledger.dueFinish(wanted.map(({ statement }) => statement))
    for (const one of wanted) {
      if (!due.includes(one.statement)) setting.emit(told(one, 'unchanged'))
      else if (setting.isIncomplete) setting.emit(told(one, 'waits'))
      else await refresh(one, { service, setting }).catch(error => failures.push(failureOf(error, one)))
    }
  }
  return failures
}

/** What `finishServices` would do after a load of rows or none; writes nothing. */
export async function foreseeFinish(migration: Migration, of: { readonly writes: boolean }): Promise<readonly Finding[]> {
  const findings: Finding[] = []
  for (const { service, wanted } of statementsBy(migration)) {
    const isKnown = (await service.ledger.state()) === 'current'
    const due = isKnown
      ? await service.ledger.dueFinish(wanted.map(({ statement }) => statement))
      : wanted.map(({ statement }) => statement)
    for (const one of wanted) findings.push(told(one, of.writes || due.includes(one.statement) ? 'would' : 'unchanged'))
  }
  return findings
}

interface Wanted {
  readonly finish: Finish
  readonly view: Refresh
  /** As the ledger keeps it. */
  readonly statement: string
}

function statementsBy({ mapping, services }: Migration): readonly { readonly service: Service; readonly wanted: readonly Wanted[] }[] {
  return services.flatMap(service => {
    const wanted = mapping.finish.filter(finish => finish.service === service.name).map(wantedOf)
    return wanted.length === 0 ? [] : [{ service, wanted }]
  })
}

function wantedOf(finish: Finish): Wanted {
  const view = readFinish(finish.sql)
  if ('got' in view) throw bug(`expected a statement under finish that was checked, got ${view.got}`)
  const statement = `refresh materialized view ${view.isConcurrent ? 'concurrently ' : ''}${tableLabel(view.schema, view.name)}`
  return { finish, view, statement }
}

async function refresh(
  { view, statement }: Wanted,
  { service, setting }: { readonly service: Service; readonly setting: FinishSetting },
): Promise<void> {
  const { signal, hooks, run } = setting
  const place = { service: service.name }
  await withRetries({ retries: () => RETRIES, signal, random: Math.random, onRetry: () => undefined }, async () => {
    const writer = await service.target.openWriter()
    try {
      const tx = await writer.begin()
      try {
        await tx.refresh(view)
        await service.ledger.recordFinish(tx, { run, statement })
        await atSeam(hooks, 'before_refresh_commit', place)
        await tx.commit({ durable: true })
      } catch (error) {
        await tx.rollback()
        throw error
      }
    } finally {
      await writer.close()
    }
  })
  await atSeam(hooks, 'after_refresh_commit', place)
}

/** What neither passes nor is ours ends everything, as everywhere. */
function failureOf(error: unknown, { finish, view, statement }: Wanted): RehouseError {
  if (!(error instanceof Refusal || error instanceof RehouseError)) throw error
  if (error instanceof RehouseError && (error.retry || error.code === 'BUG')) return error
  const where = { file: finish.at.file, line: finish.at.line, service: finish.service, table: tableLabel(view.schema, view.name) }
  const reason = error instanceof Refusal ? `SQLSTATE ${error.sqlstate}` : error.message
  return new RehouseError('FINISH_FAILED', `expected \`${statement}\` to be done, got: ${reason}`, {
    where,
    next: 'All rows are there. Create the view, make this role its owner (or grant MAINTAIN), give it a unique index for CONCURRENTLY and fill it once without; then run with --resume.',
    cause: error,
  })
}

const SAID = {
  unchanged: 'it to be done again only if rows were written since, got none: it is left as it is',
  waits: 'all rows to be there before it is done, got a load that did not come to its end',
  would: 'it to be done once all rows are there, got a dry run: it would be done',
} as const

function told({ finish, view, statement }: Wanted, how: keyof typeof SAID): Finding {
  return {
    code: 'FINISH_NOT_RUN',
    severity: how === 'waits' ? 'warning' : 'info',
    where: { file: finish.at.file, line: finish.at.line, service: finish.service, table: tableLabel(view.schema, view.name) },
    message: `\`${statement}\`: expected ${SAID[how]}`,
    next: how === 'waits' ? 'Run with --resume: it is done when the load has come to its end.' : 'Nothing.',
  }
}
