import { IdentifierSum } from '../../base/identifier-hash.ts'
import { TupleWriter } from '../../base/tuple-writer.ts'
import { uuidBytes } from '../../base/uuid-text.ts'
import type { IdMapRows } from '../../model/ledger-records.ts'
import type { IdMapSum, KeyRange } from '../ledger.ts'
import type { KeyRoom, MemoryStore } from './memory-store.ts'

interface Place {
  readonly entity: number
  readonly tenant: number
}

/** The rows of one format, ordered by key, as PostgreSQL's COPY would give them. */
export async function* idMapTuples(
  store: MemoryStore,
  of: Place & Pick<IdMapRows, 'format'> & { between?: KeyRange },
): AsyncGenerator<Buffer> {
  yield tuplesOf(store.room(of), of)
}

export function sumIdMap(store: MemoryStore, place: Place, between?: KeyRange): IdMapSum {
  const sum = new IdentifierSum()
  const seed = new DataView(new ArrayBuffer(8))
  for (const [key, { format, id, hash }] of store.room(place).mapped) {
    if (format !== 'integer' || !isWithin(key, between)) continue
    seed.setBigInt64(0, BigInt(key) ^ BigInt(hash))
    const bytes = Uint8Array.from(uuidBytes(id) ?? Buffer.alloc(16))
    sum.add(new DataView(bytes.buffer), 0, seed.getInt32(0), seed.getInt32(4))
  }
  return { rows: sum.rows, sum: sum.sum }
}

function isWithin(key: string, between: KeyRange | undefined): boolean {
  return between === undefined || (BigInt(key) >= between.least && BigInt(key) <= between.most)
}

function tuplesOf(room: KeyRoom, { entity, tenant, format, between }: Place & Pick<IdMapRows, 'format'> & { between?: KeyRange }): Buffer {
  const out = new TupleWriter()
  const rows = [...room.mapped].filter(([key, row]) => row.format === format && (format === 'text' || isWithin(key, between)))
  const ordered =
    format === 'integer'
      ? rows.toSorted(([a], [b]) => (BigInt(a) < BigInt(b) ? -1 : 1))
      : rows.toSorted(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
  for (const [key, { id, hash }] of ordered) {
    out.fieldCount(6)
    out.int32(tenant)
    out.field(Buffer.from([entity >> 8, entity & 0xff]), 0, 2)
    if (format === 'integer') {
      out.int64(BigInt(key))
      out.field(uuidBytes(id) ?? Buffer.alloc(16), 0, 16)
    } else {
      out.text(key)
      out.text(id)
    }
    out.int64(BigInt(hash))
    out.int64(0n)
  }
  return Buffer.from(out.bytes())
}
