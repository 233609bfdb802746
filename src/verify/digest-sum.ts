import { allSettled } from '../base/all-settled.ts'
import { IdentifierSum } from '../base/identifier-hash.ts'
import { hashView } from '../base/row-hash.ts'
import type { Identifiers } from '../cast/identifiers.ts'
import type { Ledger } from '../ledger/ledger.ts'
import type { TargetReader } from '../target/target.ts'
import { idMapFormat } from './compare-id-map.ts'
import type { TableScope, VerifiedEntity } from './table-scopes.ts'
import { TupleStream } from './tuple-stream.ts'

export interface DigestSumSetting {
  readonly identifiers: Identifiers
  readonly signal: AbortSignal
  reader(service: string): TargetReader
  ledger(service: string): Ledger
}

/**
 * How many rows an entity has, if every one is as the id map says and no other is there: told from sums, the table’s made here of each row’s identifier, key and hash,
 * the id map’s made where it lies. Null: it is not so, or cannot be told that way (its rows fill several tables, its identifiers do not say their key).
 */
export async function rowsAsLoaded(of: VerifiedEntity, scopes: readonly TableScope[], setting: DigestSumSetting): Promise<number | null> {
  const [scope, ...others] = scopes
  const [writer] = scope?.writers ?? []
  if (scope === undefined || writer === undefined || others.length > 0 || of.compiled.tables.length > 1) return null
  if (idMapFormat(of) !== 'integer' || of.facts.entity.into[writer.shape]?.each) return null
  const columns = writer.plan.columns
  const key = columns.indexOf(scope.keyColumn ?? '')
  if (key < 0) return null
  const rows = setting.reader(scope.service).rows({ ...scope.rows, columns, orderBy: null, ids: null, signal: setting.signal })
  const stream = new TupleStream(rows, { fields: columns.length, what: scope.label })
  const tenant = of.tenant?.number ?? 0
  const known = setting.ledger(of.facts.entity.service).sumIdMap({ entity: of.number, tenant })
  try {
    const [own, mapped] = await allSettled([sumOf(stream, { key, keyIn: setting.identifiers.orderedKey(tenant, of.number) }), known])
    return own !== null && mapped !== null && own.rows === mapped.rows && own.sum === mapped.sum ? own.rows : null
  } finally {
    await stream.close()
  }
}

/** Null: an identifier is not of this entity. */
async function sumOf(
  stream: TupleStream,
  of: { readonly key: number; readonly keyIn: ReturnType<Identifiers['orderedKey']> },
): Promise<IdentifierSum | null> {
  const sum = new IdentifierSum()
  const lanes = new Int32Array(2)
  const key = new Int32Array(2)
  while (stream.isHere() || (await stream.row())) {
    const { view, start, length } = stream
    const id = start[of.key] as number
    if (length[of.key] !== 16 || !of.keyIn(view, id, key)) return null
    lanes[0] = 0
    lanes[1] = 0
    hashView(view, stream.at, stream.end, lanes)
    sum.add(view, id, (key[0] as number) ^ (lanes[0] as number), (key[1] as number) ^ (lanes[1] as number))
    stream.pass()
  }
  return sum
}
