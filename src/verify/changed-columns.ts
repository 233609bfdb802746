import type { Ledger } from '../ledger/ledger.ts'
import type { TableScope } from './table-scopes.ts'

/** `kind entity table.column` of outcomes values took in any run, by service; `other` for all kinds but a replacement. */
export async function changedColumns({
  scopes,
  ledger,
}: {
  readonly scopes: readonly TableScope[]
  ledger(service: string): Pick<Ledger, 'runs' | 'outcomes'>
}): Promise<ReadonlyMap<string, ReadonlySet<string>>> {
  const changed = new Map<string, ReadonlySet<string>>()
  for (const service of new Set(scopes.map(scope => scope.service))) {
    const names = new Set<string>()
    for (const run of await ledger(service).runs()) {
      for (const { entity, kind, column, count } of await ledger(service).outcomes(run.id)) {
        const isOther = kind === 'loss' || kind.startsWith('zone_') || kind === 'lacking'
        if ((kind === 'value' || isOther) && count > 0) names.add(`${isOther ? 'other' : 'value'} ${entity} ${column}`)
      }
    }
    changed.set(service, names)
  }
  return changed
}
