import { findCast } from '../cast/find-cast.ts'
import { integerKey } from '../cast/key-text.ts'
import type { ChosenTable } from './choose-columns.ts'
import type { DraftName } from './draft.ts'
import type { DraftFindings } from './draft-finding.ts'
import type { MergedForeignKey, MergedTable } from './merged-table.ts'

/** A foreign key that becomes a reference. */
export interface ChosenReference {
  readonly parent: MergedTable
  /** Source columns in the order of the parent's key. */
  readonly sources: readonly string[]
  readonly onDelete: 'no action' | 'restrict' | 'cascade' | 'set null'
  /** The row referred to may come later: the table itself, or a circle of tables. */
  readonly isCircular: boolean
}

export interface ReferenceScope {
  readonly chosen: ReadonlyMap<MergedTable, ChosenTable>
  readonly find: (name: DraftName) => MergedTable | null
}

/** The references of every table. A foreign key that cannot be one keeps its plain values, and that is said. */
export function chooseReferences(scope: ReferenceScope, findings: DraftFindings): ReadonlyMap<MergedTable, readonly ChosenReference[]> {
  const found = new Map<MergedTable, Omit<ChosenReference, 'isCircular'>[]>()
  for (const child of scope.chosen.values()) {
    const references: Omit<ChosenReference, 'isCircular'>[] = []
    for (const key of child.table.foreignKeys) {
      const reference = referenceOf(child, key, { scope, findings })
      const isTwice = references.some(
        known => known.parent === reference?.parent && known.sources.join('\0') === reference.sources.join('\0'),
      )
      if (reference !== null && !isTwice) references.push(reference)
    }
    found.set(child.table, references)
  }
  const parentsOf = (table: MergedTable): readonly MergedTable[] => (found.get(table) ?? []).map(reference => reference.parent)
  return new Map(
    [...found].map(([table, references]) => [
      table,
      references.map(reference => ({ ...reference, isCircular: leadsBack(reference.parent, table, parentsOf) })),
    ]),
  )
}

function referenceOf(
  child: ChosenTable,
  key: MergedForeignKey,
  { scope, findings }: { readonly scope: ReferenceScope; readonly findings: DraftFindings },
): Omit<ChosenReference, 'isCircular'> | null {
  const where = { table: child.table.label, column: key.columns.join(', ') }
  const plain = (why: string): null => {
    findings.warn('INIT_REFERENCE', {
      ...where,
      message: `expected a foreign key to the key of a table that is carried, got ${why}: the plain value is kept`,
      next: 'Nothing, if the value alone is enough. A reference needs the key by which the other entity knows its rows.',
    })
    return null
  }
  const parent = scope.find(key.parent)
  const chosen = parent === null ? undefined : scope.chosen.get(parent)
  if (parent === null || chosen === undefined) return plain('one to a table that is not')
  if (chosen.key === null) return plain('one to a table whose rows are told apart by content')
  const sources = inKeyOrder(key, chosen.key)
  if (sources === null) return plain('one to other columns than the key')
  if (parent === child.table && sources.join('\0') === chosen.key.join('\0')) return null
  if (!sources.every(name => child.columns.some(column => column.source.name === name))) return plain('one in a column that is not carried')
  if (!canCompare(child, sources, chosen)) return plain('one whose type cannot be compared with the key')
  if (key.isUnchecked)
    findings.note('INIT_REFERENCE_UNCHECKED', {
      ...where,
      message: 'expected a foreign key that holds for every row, got one the source never checked',
      next: 'Rows that refer to nothing go into quarantine (orphan); `missing: { value: null }` loads them without the reference.',
    })
  return { parent, sources, onDelete: key.onDelete === 'set default' ? 'no action' : key.onDelete }
}

function inKeyOrder(key: MergedForeignKey, parentKey: readonly string[]): readonly string[] | null {
  if (key.columns.length !== parentKey.length) return null
  const sources = parentKey.map(name => key.columns[key.referencedColumns.findIndex(column => column.toLowerCase() === name.toLowerCase())])
  return sources.some(name => name === undefined) ? null : sources.map(name => name ?? '')
}

function canCompare(child: ChosenTable, sources: readonly string[], parent: ChosenTable): boolean {
  return sources.every((name, i) => {
    const own = child.columns.find(column => column.source.name === name)?.source.types ?? []
    const theirs = parent.columns.find(column => column.source.name === parent.key?.[i])?.source.types ?? []
    return own.every(a =>
      theirs.every(b => {
        if (a.type.name === b.type.name || (integerKey(a.type) !== null && integerKey(b.type) !== null)) return true
        const rule = findCast({ source: a.type, target: b.type, sourceVersion: a.version, targetVersion: b.version })
        return rule !== null && !rule.needsZone
      }),
    )
  })
}

/** Whether one can come from a table back to another along references. */
function leadsBack(from: MergedTable, to: MergedTable, parentsOf: (table: MergedTable) => readonly MergedTable[]): boolean {
  const seen = new Set([from])
  for (const table of seen) {
    if (table === to) return true
    for (const parent of parentsOf(table)) seen.add(parent)
  }
  return false
}

/** Parents before children; inside a circle as they were found. */
export function inReferenceOrder(
  tables: readonly MergedTable[],
  references: ReadonlyMap<MergedTable, readonly ChosenReference[]>,
): readonly MergedTable[] {
  const done = new Set<MergedTable>()
  const visit = (table: MergedTable): void => {
    if (done.has(table)) return
    for (const { parent, isCircular } of references.get(table) ?? []) if (!isCircular) visit(parent)
    done.add(table)
  }
  for (const table of tables) visit(table)
  return [...done]
}
