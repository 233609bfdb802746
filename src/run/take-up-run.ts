import { bug, RehouseError } from '../errors.ts'
import type { RunRecord, RunSelection } from '../model/ledger-records.ts'
import type { Migration, RunOptions } from './migration.ts'
import { refuseMixedSample, withoutEmptySamples, withSample } from './sample-rule.ts'

/** The record of a new run, or of the one to resume, with what was asked for then. Null: there is nothing to resume. */
export async function takeUpRun(
  { services, mapping }: Migration,
  options: RunOptions,
): Promise<Omit<RunRecord, 'status' | 'finishedAt'> | null> {
  const control = services[0]?.ledger
  if (control === undefined) throw bug('expected a service')
  const { operator, host, pid, programVersion, selection, resume } = options
  const fresh = {
    id: options.newRunId,
    migration: mapping.migration,
    mappingHash: mapping.hash,
    programVersion,
    operator,
    host,
    pid,
    startedAt: options.wallClock(),
    selection,
    settings: {
      options: mapping.options,
      stop: mapping.stop,
      batchRows: options.batchRows,
      lanes: options.lanes,
      resumed: resume !== null,
    },
  }
  const runs = await control.runs()
  if (resume === null) {
    if (!options.acceptsMapping) refuseChangedMapping(mapping, runs[0])
    const asked = withSample(selection, await withoutEmptySamples(runs, { services }))
    await refuseMixedSample(asked, { earlier: runs, services })
    return { ...fresh, selection: asked }
  }
  const open = runs.find(run => (resume === 'latest' ? run.status !== 'clean' && run.status !== 'findings' : run.id === resume))
  if (open === undefined && resume !== 'latest')
    throw new RehouseError('USAGE', `expected a run of this ledger to resume, got ${resume}`, {
      next: 'Run `rehouse status` to see the runs.',
    })
  if (open === undefined || open.status === 'clean' || open.status === 'findings') return null
  refuseChangedMapping(mapping, open)
  refuseOtherSelection(selection, open)
  return { ...fresh, id: open.id, startedAt: open.startedAt, selection: open.selection }
}

/** Another mapping would make the ledger's hashes and outcomes meaningless. */
function refuseChangedMapping(mapping: Migration['mapping'], run: RunRecord | undefined): void {
  if (run === undefined || run.mappingHash === mapping.hash) return
  throw new RehouseError(
    'MAPPING_CHANGED',
    `expected the mapping run ${run.id} was made with (${run.mappingHash.slice(0, 12)}), got another (${mapping.hash.slice(0, 12)})`,
    {
      where: { file: mapping.file },
      next: 'Put the manifest and the options of that run back; to migrate with another mapping, begin with empty targets.',
    },
  )
}

/** A resumed run does what it began with, so asking for something else would not be answered. */
function refuseOtherSelection(asked: RunSelection, { id, selection }: RunRecord): void {
  const isSame = (a: readonly string[] | null, b: readonly string[] | null): boolean =>
    a === null || JSON.stringify(a.toSorted()) === JSON.stringify(b?.toSorted())
  if (
    isSame(asked.tenants, selection.tenants) &&
    isSame(asked.entities, selection.entities) &&
    (asked.phase ?? selection.phase) === selection.phase &&
    (asked.topUp ?? selection.topUp) === selection.topUp &&
    (asked.sample ?? selection.sample) === selection.sample &&
    (asked.deleteGone ?? selection.deleteGone) === selection.deleteGone &&
    (asked.repairs ?? selection.repairs) === selection.repairs
  )
    return
  throw new RehouseError('USAGE', `expected no other tenants, entities, phase, sample or top-up than run ${id} began with, got others`, {
    next: 'Leave --tenant, --entity, --phase, --sample, --top-up and --delete-gone out: a resumed run does what was asked for when it began.',
  })
}
