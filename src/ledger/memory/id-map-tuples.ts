import { TupleWriter } from '../../base/tuple-writer.ts'
import { uuidBytes } from '../../base/uuid-text.ts'
import type { IdMapRows } from '../../model/ledger-records.ts'
import type { KeyRoom, MemoryStore } from './memory-store.ts'

interface Place {
  readonly entity: number
  readonly tenant: number
}

/** The rows of one format, ordered by key, as PostgreSQL's COPY would give them. */
export async function* idMapTuples(store: MemoryStore, of: Place & Pick<IdMapRows, 'format'>): AsyncGenerator<Buffer> {
  yield tuplesOf(store.room(of), of)
}

function tuplesOf(room: KeyRoom, { entity, tenant, format }: Place & Pick<IdMapRows, 'format'>): Buffer {
  const out = new TupleWriter()
  const rows = [...room.mapped].filter(([, row]) => row.format === format)
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
