import { TupleCursor } from '../base/tuple-cursor.ts'
import { valueText } from '../cast/value-text.ts'
import { buildTenants, type TenantRow } from '../config/build-tenants.ts'
import { RehouseError } from '../errors.ts'
import type { Relation } from '../model/catalogue.ts'
import type { Tenant, TenantsFrom } from '../model/mapping.ts'
import { WHOLE } from '../source/scan-keys.ts'
import type { Source, SourceKey } from '../source/source.ts'

type FromRelation = Extract<TenantsFrom, { kind: 'relation' }>

/** Tenants listed by a relation of a source: every column as text, NULL as absent. Throws TENANT_INVALID. */
export async function readTenantRelation(from: FromRelation, open: () => Promise<Source>): Promise<readonly Tenant[]> {
  const source = await open()
  try {
    const catalogue = await source.describe()
    const { schema, name } = from.relation
    const relation = catalogue.relations.find(r => r.schema === schema && r.name === name)
    if (relation === undefined) {
      throw new RehouseError('TENANT_INVALID', `expected relation ${schema}.${name} to list the tenants, got none`, {
        where: { ...from.at },
        next: 'Correct `tenants.from`.',
      })
    }
    const where = { ...from.at, table: `${schema}.${name}` }
    const rows = (await readRows(source, relation)).map((columns): TenantRow => ({ columns, where }))
    return buildTenants({ rows, known: relation.columns.map(c => c.name), columns: from.columns, where })
  } finally {
    await source.close()
  }
}

async function readRows(source: Source, relation: Relation): Promise<readonly Readonly<Record<string, string>>[]> {
  const names = relation.columns.map(c => c.name)
  const texts = relation.columns.map(c => valueText(c.type))
  // A file is read as it lies there.
  const key = source.capability === 'scan' ? WHOLE : keyOf(relation)
  const skip = key.kind === 'content' ? 2 : 0
  const cursor = new TupleCursor(names.length + skip)
  const rows: Record<string, string>[] = []
  const snapshot = await source.openSnapshot()
  for await (const chunk of snapshot.read({ relation, columns: names, key, after: null, signal: new AbortController().signal })) {
    cursor.push(chunk)
    while (cursor.next()) {
      const row: Record<string, string> = {}
      names.forEach((name, i) => {
        const length = cursor.length[i + skip] as number
        const text = texts[i]
        if (length >= 0 && text) row[name] = text(cursor.data, cursor.start[i + skip] as number, length)
      })
      rows.push(row)
    }
  }
  await snapshot.close()
  return rows
}

function keyOf({ primaryKey }: Relation): SourceKey {
  return primaryKey === null ? { kind: 'content' } : { kind: 'columns', names: primaryKey }
}
