import { relationsFrom } from '../../postgres/catalogue.ts'
import { type CatalogueRow, readCatalogueRows, text } from '../../postgres/catalogue-rows.ts'
import { qualifiedName, quoteLiteral } from '../../postgres/quote.ts'
import type { Session } from '../../postgres/session.ts'
import { sqlFile } from '../../postgres/sql-files.ts'
import type { TableName } from '../target.ts'
import { canLookInto, type TargetRows } from './target-relations.ts'

const LIST_RIGHTS = sqlFile('list-rights')
const LIST_TRIGGERS = sqlFile('list-triggers')
const LIST_CHECKS = sqlFile('list-checks')
const LIST_INDEXES = sqlFile('list-indexes')
const LIST_FOREIGN_KEY_DEFINITIONS = sqlFile('list-foreign-key-definitions')

/** What the server says about these tables, those that exist. In a transaction of its own, which only reads. */
export async function readTargetRows(session: Session, tables: readonly TableName[]): Promise<TargetRows> {
  await session.query('begin isolation level repeatable read read only')
  const rows = await readCatalogueRows(session, tables)
  const oids = rows.relations.map(row => row[0] ?? null)
  const list = async (statement: string): Promise<readonly CatalogueRow[]> => (await session.query(statement, [oids])).rows
  const rights = await list(LIST_RIGHTS)
  const rightsOf = new Map(rights.map(row => [text(row, 0), row]))
  const inspectable = [...relationsFrom(rows)].filter(([oid, relation]) => canLookInto(relation, rightsOf.get(oid) ?? []))
  const answer = {
    ...rows,
    rights,
    triggers: await list(LIST_TRIGGERS),
    checks: await list(LIST_CHECKS),
    indexes: await list(LIST_INDEXES),
    foreignKeyDefinitions: await list(LIST_FOREIGN_KEY_DEFINITIONS),
    empty: await emptyAmong(session, inspectable),
  }
  await session.query('commit')
  return answer
}

async function emptyAmong(session: Session, tables: readonly (readonly [string, TableName])[]): Promise<ReadonlySet<string>> {
  if (tables.length === 0) return new Set()
  const questions = tables.map(([oid, table]) => `select ${quoteLiteral(oid)} where not exists (select from ${qualifiedName(table)})`)
  const { rows } = await session.query(questions.join(' union all '))
  return new Set(rows.map(row => text(row, 0)))
}
