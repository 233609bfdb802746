import { canonicalKey, keyParts } from '../../base/key-text.ts'
import { TupleWriter } from '../../base/tuple-writer.ts'
import { bug } from '../../errors.ts'
import { type BatchRecord, type BeforeImage, ID_MAP_IMAGE } from '../../model/ledger-records.ts'
import type { Session } from '../../postgres/session.ts'
import { textArray } from './array-text.ts'

const COLUMNS = 'batch, ordinal, tenant, entity, key, table_name, operation, id_column, id, columns, row_before'

/** By COPY, as the rows themselves: a batch may overwrite all it holds. */
export async function copyImages(session: Session, record: BatchRecord): Promise<void> {
  const images = record.images ?? []
  if (images.length === 0) return
  const out = new TupleWriter()
  const entity = Buffer.alloc(2)
  entity.writeInt16BE(record.entity)
  for (const [ordinal, image] of images.entries()) {
    out.fieldCount(11)
    out.int64(BigInt(record.id))
    out.int32(ordinal)
    out.int32(record.tenant)
    out.field(entity, 0, 2)
    for (const text of [canonicalKey(image.key), image.table, image.operation, image.idColumn, image.id, JSON.stringify(image.columns)])
      out.text(text)
    if (image.before === null) out.null()
    else out.field(image.before, 0, image.before.length)
  }
  const stored = await session.copyIn(`copy rehouse.before_image (${COLUMNS}) from stdin (format binary)`, [out.bytes()])
  if (stored !== images.length) throw bug(`expected ${images.length} images to be stored, got ${stored}`)
}

export async function readUpdatedIn(
  session: Session,
  {
    run,
    entity,
    tenant,
    keys,
  }: { readonly run: string; readonly entity: number; readonly tenant: number; readonly keys: readonly (readonly string[])[] },
): Promise<ReadonlySet<string>> {
  if (keys.length === 0) return new Set()
  const { rows } = await session.query(
    `select distinct i.key from rehouse.before_image i join rehouse.batch b on b.id = i.batch
    where i.tenant = $1 and i.entity = $2 and i.key = any($3::text[]) and i.table_name = '${ID_MAP_IMAGE}' and i.operation = 'update' and b.run = $4`,
    [tenant, entity, textArray(keys.map(canonicalKey)), run],
  )
  return new Set(rows.map(row => String(row[0])))
}

export async function readImages(session: Session, batch: string): Promise<readonly BeforeImage[]> {
  const { rows } = await session.query(
    `select key, table_name, operation, id_column, id, columns::text, pg_catalog.encode(row_before, 'hex')
    from rehouse.before_image where batch = $1 order by ordinal`,
    [batch],
  )
  return rows.map(([key, table, operation, idColumn, id, columns, before]) => ({
    key: keyParts(String(key)) ?? [String(key)],
    table: String(table),
    // Held by a CHECK constraint, and written from lists of names.
    operation: String(operation) as BeforeImage['operation'],
    idColumn: String(idColumn),
    id: String(id),
    columns: JSON.parse(String(columns)) as string[],
    before: before == null ? null : Buffer.from(before, 'hex'),
  }))
}
