import { tableLabel } from '../base/table-label.ts'
import type { EventListener } from '../events.ts'
import type { Catalogue, Relation } from '../model/catalogue.ts'
import { NO_COUNTS } from '../model/counts.ts'
import type { Source } from '../source/source.ts'
import { acceptReferences } from './accept-references.ts'
import { chooseReferences } from './choose-references.ts'
import { firstPass, type PassContext } from './first-pass.ts'
import { KeyBudget } from './key-watch.ts'
import { isUnique } from './likely-keys.ts'
import { secondPass } from './second-pass.ts'
import type { PolymorphicFacts, ReferenceFacts, SourceFacts, TableFacts } from './table-facts.ts'

export interface ProfileRequest {
  readonly tenant: string
  readonly source: Source
  readonly catalogue: Catalogue
  /** Of each table at most so many rows; null = all. */
  readonly mostRows: number | null
  readonly signal: AbortSignal
  readonly emit: EventListener
}

export function tablesOf(catalogue: Catalogue): readonly Relation[] {
  return catalogue.relations.filter(({ kind }) => kind === 'table' || kind === 'partitioned')
}

/** Reads each table of a source once, and once more those columns that refer to others, in one snapshot. Throws what opening or losing the source throws. */
export async function profileSource(request: ProfileRequest): Promise<SourceFacts> {
  const began = performance.now()
  const relations = tablesOf(request.catalogue)
  const snapshot = await request.source.openSnapshot(relations.filter(isReadable))
  const contextOf = (relation: Relation): PassContext => ({
    snapshot,
    relations,
    mostRows: request.mostRows,
    signal: request.signal,
    onProgress: rows =>
      request.emit({ type: 'rows:read', entity: tableLabel(relation.schema, relation.name), tenant: request.tenant, rows }),
  })
  try {
    const budget = new KeyBudget()
    const tables: TableFacts[] = []
    for (const relation of relations) tables.push(await told(relation, request, () => firstPass(relation, contextOf(relation), budget)))
    const candidates = chooseReferences(tables)
    const keys = tables.flatMap(table => (table.isWhole ? table.keys : []))
    const references: ReferenceFacts[] = []
    const polymorphic: PolymorphicFacts[] = []
    const all: TableFacts[] = []
    for (const table of tables) {
      const { relation } = table
      const of = candidates.filter(({ child }) => child === relation)
      const found = await told(relation, request, () => secondPass(table, of, { context: contextOf(relation), keys, budget }))
      references.push(...found.references)
      polymorphic.push(...found.polymorphic)
      const likely = found.likely.find(key => isUnique(key, table.rows))
      all.push(likely === undefined ? table : { ...table, keys: [...table.keys, likely] })
    }
    const accepted = [...acceptReferences(references), ...unchecked(tables, references)]
    return {
      tenant: request.tenant,
      label: request.source.label,
      tables: all,
      references: accepted,
      polymorphic,
      seconds: (performance.now() - began) / 1000,
    }
  } finally {
    await snapshot.close()
  }
}

function isReadable({ denied, columns }: Relation): boolean {
  return denied === undefined || (!denied.rows && denied.columns.length < columns.length)
}

async function told<T>(relation: Relation, { tenant, emit }: ProfileRequest, work: () => Promise<T>): Promise<T> {
  const entity = tableLabel(relation.schema, relation.name)
  const began = performance.now()
  emit({ type: 'task:started', entity, tenant, estimatedRows: relation.estimatedRows })
  const done = await work()
  emit({ type: 'task:finished', entity, tenant, counts: NO_COUNTS, seconds: (performance.now() - began) / 1000 })
  return done
}

/** Declared references nothing was counted of: the parent was read in part, its keys are too many, or it is not there. */
function unchecked(tables: readonly TableFacts[], counted: readonly ReferenceFacts[]): readonly ReferenceFacts[] {
  return tables.flatMap(({ relation }) =>
    relation.foreignKeys.flatMap(foreign => {
      const parent = tables.find(
        table => table.relation.schema === foreign.referencedSchema && table.relation.name === foreign.referencedTable,
      )
      const isCounted = counted.some(
        facts => facts.child === relation && facts.isDeclared && facts.columns.join('\0') === foreign.columns.join('\0'),
      )
      const isEmpty = tables.some(table => table.relation === relation && table.rows === 0)
      if (isCounted || isEmpty || parent === undefined) return []
      return [
        {
          child: relation,
          columns: foreign.columns,
          parent: parent.relation,
          parentColumns: foreign.referencedColumns,
          isDeclared: true,
          checked: null,
          orphans: 0,
          likeness: 1,
          chance: 0,
        },
      ]
    }),
  )
}
