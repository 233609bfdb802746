import type { VerifyEntity, VerifyLevel, VerifyResult, WitnessLine } from '../model/results.ts'
import { type Differences, FIRST } from './differences.ts'
import { placeOf } from './explain-rows.ts'
import type { EntityLedger } from './ledger-facts.ts'
import type { VerifiedEntity } from './table-scopes.ts'

export interface Ended {
  readonly request: { readonly level: VerifyLevel; readonly sample: number | null; seconds(): number; nowMs(): number }
  readonly entities: readonly VerifiedEntity[]
  readonly differences: Differences
  readonly witness: readonly WitnessLine[]
  /** The target holds a sample of about so many rows of each entity and tenant; null = it does not. */
  readonly drawn: number | null
  factsOf(of: VerifiedEntity): EntityLedger | null
}

/** What was found, as it is told. What could not be verified is never green, whatever else is. */
export function resultOf(ended: Ended): VerifyResult {
  const { request, differences, witness, drawn } = ended
  const entities = ended.entities.map(of => lineOf(of, ended))
  const sum = (name: 'compared' | 'equal' | 'different' | 'missing' | 'extra' | 'not_verified'): number =>
    entities.reduce((total, line) => total + line[name], 0)
  const outcome = outcomeOf(differences)
  const isWhole = entities.every(line => line.quarantined === 0)
  const runs = ended.entities.map(of => ended.factsOf(of)?.run ?? null).filter(run => run !== null)
  const newest = runs.toSorted((a, b) => Date.parse(b.startedAt) - Date.parse(a.startedAt))[0]
  const seconds = request.seconds()
  return {
    run: newest?.id ?? '',
    level: request.level,
    outcome,
    parity: outcome !== 'equal' || request.sample !== null || drawn !== null ? 'none' : isWhole ? 'complete' : 'accounted',
    ...(drawn === null ? {} : { sample: drawn }),
    compared: sum('compared'),
    equal: sum('equal'),
    different: sum('different'),
    missing: sum('missing'),
    extra: sum('extra'),
    not_verified: sum('not_verified'),
    differences: differences.first.slice(0, FIRST),
    differences_total: differences.total,
    differences_file: differences.path,
    witness,
    reasons: differences.reasons,
    entities,
    rows_per_second: seconds > 0 ? sum('compared') / seconds : 0,
    lag_seconds: newest?.finishedAt == null ? null : (request.nowMs() - Date.parse(newest.finishedAt)) / 1000,
    repaired: 0,
    seconds,
  }
}

function outcomeOf(differences: Differences): VerifyResult['outcome'] {
  if (differences.reasons.length > 0) return 'could_not_verify'
  return differences.total > 0 ? 'different' : 'equal'
}

function lineOf(of: VerifiedEntity, { differences, factsOf }: Ended): VerifyEntity {
  const place = placeOf(of)
  const counts = factsOf(of)?.counts
  const loaded = (counts?.loaded ?? 0) + (counts?.updated ?? 0) + (counts?.unchanged ?? 0)
  return {
    ...place,
    service: of.facts.entity.service,
    ...differences.counts(place.entity, place.tenant),
    loaded,
    quarantined: (counts?.quarantined ?? 0) + (counts?.partsQuarantined ?? 0),
    excluded: counts?.excluded ?? 0,
  }
}
