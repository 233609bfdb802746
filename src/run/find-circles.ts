import { canonicalKey } from '../base/key-text.ts'
import { ReferenceCircles } from '../base/reference-circles.ts'
import { tableLabel } from '../base/table-label.ts'
import { TupleCursor } from '../base/tuple-cursor.ts'
import { keyText } from '../cast/key-text.ts'
import { bug } from '../errors.ts'
import type { Catalogue, ForeignKey, Relation } from '../model/catalogue.ts'
import type { Finding } from '../model/finding.ts'
import type { View } from '../model/mapping.ts'
import type { SourceSnapshot } from '../source/source.ts'
import type { Migration } from './migration.ts'
import type { MigrationSurvey } from './survey-migration.ts'

const KEYS_TOLD = 5

/** Reads the references within their table of what views recurse over: circles would keep them from ending. Where no view recurses nothing is read. */
export async function findCircles(migration: Migration, survey: MigrationSurvey): Promise<readonly Finding[]> {
  const findings: Finding[] = []
  for (const { name, tenant, catalogue } of survey.sources) {
    const recursions = recursionsIn(catalogue, migration.mapping.views)
    if (recursions.length === 0) continue
    const source = await migration.openSource(name, survey.tenants.find(({ code }) => code === tenant) ?? null)
    try {
      const snapshot = await source.openSnapshot([...new Set(recursions.map(({ relation }) => relation))])
      for (const recursion of recursions) {
        const { count, keys } = await circlesIn(snapshot, recursion)
        if (count > 0) findings.push(circle(recursion, { count, keys, file: migration.mapping.file, tenant }))
      }
    } finally {
      await source.close()
    }
  }
  return findings
}

interface Recursion {
  readonly view: View
  readonly relation: Relation
  readonly key: ForeignKey
}

function recursionsIn({ relations }: Catalogue, views: readonly View[]): readonly Recursion[] {
  return views.flatMap(view => {
    const query = relations.find(relation => relation.query !== undefined && relation.name === view.name)?.query
    const read = query?.recurses
      ? relations.filter(({ schema, name }) => query.reads.some(one => one.schema === schema && one.name === name))
      : []
    return read.flatMap(relation => relation.foreignKeys.filter(key => isToItself(relation, key)).map(key => ({ view, relation, key })))
  })
}

function isToItself({ schema, name }: Relation, key: ForeignKey): boolean {
  return key.referencedSchema === schema && key.referencedTable === name
}

async function circlesIn(snapshot: SourceSnapshot, { relation, key }: Recursion): Promise<ReturnType<ReferenceCircles['find']>> {
  const columns = [...key.referencedColumns, ...key.columns]
  const texts = columns.map(name => {
    const column = relation.columns.find(candidate => candidate.name === name) ?? missing(name)
    return keyText(column.type, column.collation?.equality)
  })
  const circles = new ReferenceCircles()
  const cursor = new TupleCursor(columns.length)
  const textAt = (i: number): string => texts[i]?.(cursor.data, cursor.start[i] as number, cursor.length[i] as number) ?? ''
  const own = key.referencedColumns.map((_, i) => i)
  const theirs = key.columns.map((_, i) => own.length + i)
  const request = { relation, columns, key: { kind: 'columns', names: [] }, after: null, signal: new AbortController().signal } as const
  for await (const chunk of snapshot.read(request)) {
    cursor.push(chunk)
    while (cursor.next())
      if (cursor.length.every(length => length >= 0)) circles.add(canonicalKey(own.map(textAt)), canonicalKey(theirs.map(textAt)))
  }
  return circles.find(KEYS_TOLD)
}

function missing(name: string): never {
  throw bug(`expected a column ${name} of a key in its table`)
}

interface Found {
  readonly count: number
  readonly keys: readonly string[]
  readonly file: string
  readonly tenant: string | null
}

function circle({ view, relation, key }: Recursion, { count, keys, file, tenant }: Found): Finding {
  const table = tableLabel(relation.schema, relation.name)
  const named = `${keys.join(' → ')}${count > keys.length ? ' …' : ''}`
  const rows = count === 1 ? '1 row that does' : `${count} rows that do`
  return {
    code: 'VIEW_CIRCLE',
    severity: 'warning',
    where: { file, line: view.at.line, table, ...(tenant === null ? {} : { tenant }) },
    message: `expected no row of ${table} to lead back to itself by ${key.columns.join(', ')}, over which view ${view.name} recurses, got ${rows} (${named})`,
    next: 'Put the rows right in the source, or let the SQL end where a row comes again: `cycle … set … using …`.',
  }
}
