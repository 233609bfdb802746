import { tableLabel } from '../base/table-label.ts'
import type { Relation } from '../model/catalogue.ts'
import { type ChosenTable, chooseTable } from './choose-columns.ts'
import { chooseReferences, inReferenceOrder } from './choose-references.ts'
import type { Draft, DraftSource, DraftTable, Excluded } from './draft.ts'
import { draftColumns } from './draft-columns.ts'
import { DraftFindings } from './draft-finding.ts'
import { draftKeys } from './draft-keys.ts'
import { DraftNames, tableFinder } from './draft-names.ts'
import { EnumTypes } from './enum-types.ts'
import { foldedName } from './folded-groups.ts'
import { relationLabel } from './manifest-labels.ts'
import { mergeCatalogues } from './merge-catalogues.ts'
import { ExtrasFinder } from './merged-extras.ts'
import type { MergedTable } from './merged-table.ts'
import { remarkOnDraft } from './remarks.ts'
import { withShownTypes } from './shown-types.ts'
import { asciiWord } from './target-names.ts'

/** The catalogues of one or many sources → one target and the mapping into it. Pure: the same catalogues give the same draft. */
export function draftMigration(given: readonly DraftSource[]): Draft {
  const findings = new DraftFindings()
  const sources = withShownTypes(given)
  const merged = mergeCatalogues(sources, findings)
  const chosen = new Map<MergedTable, ChosenTable>()
  const excludedTables: Excluded[] = [...otherRelations(sources, merged, findings)]
  for (const table of merged) {
    const verdict = chooseTable(table, findings)
    if ('reason' in verdict) excludedTables.push(verdict)
    else chosen.set(table, verdict)
  }
  const references = chooseReferences({ chosen, find: tableFinder(merged) }, findings)
  const names = new DraftNames()
  const enums = new EnumTypes(names)
  const order = inReferenceOrder([...chosen.keys()], references)
  const entities = entityNames(order, names)
  const targets = new Map(order.map(table => [table, names.table(table)]))
  const extras = new ExtrasFinder(sources)
  const tables = order.map((table): DraftTable => {
    // Made for each of them above.
    const of = chosen.get(table) as ChosenTable
    const to = targets.get(table) ?? { schema: '', name: '' }
    const about = extras.of(table)
    const entityOf = (parent: MergedTable): string => entities.get(parent) ?? ''
    const drafted = draftColumns(of, { references: references.get(table) ?? [], entityOf, enums, to, extras: about, findings })
    const keys = draftKeys(of, { drafted, extras: about, findings })
    return { ...draftTable(of, { entity: entityOf(table), to, comment: about.commentOf(null) }), columns: drafted.columns, ...keys }
  })
  remarkOnDraft({ tables, chosen: [...chosen.values()], references, sources }, findings)
  return {
    tables,
    enums: enums.all,
    extensions: [
      ...new Set([...chosen.values()].flatMap(of => of.columns.map(column => column.target.extension).filter(name => name !== null))),
    ],
    excludedTables,
    excludedColumns: [...chosen.values()].flatMap(of => of.excluded),
    findings: findings.all,
  }
}

function draftTable(
  { table, key, columns }: ChosenTable,
  { entity, to, comment }: Pick<DraftTable, 'entity' | 'to' | 'comment'>,
): Omit<DraftTable, 'columns' | 'uniqueKeys' | 'indexes' | 'checks'> {
  const keyTypes = key === null ? [] : key.map(name => columns.find(column => column.source.name === name)?.source.types ?? [])
  const isMixed = keyTypes.some(types => new Set(types.map(({ type }) => type.name.replace(/^int\d$/, 'int'))).size > 1)
  return {
    entity,
    from: { schema: table.schema, name: table.name },
    to,
    isOptional: table.isOptional,
    mayLack: columns.filter(({ source }) => source.lackedBy.length > 0).map(({ source }) => source.name),
    key: key === null ? { kind: 'content' } : { kind: 'columns', names: key, isOwn: table.isKeyOwn },
    isHashed: isMixed,
    comment,
  }
}

function entityNames(order: readonly MergedTable[], names: DraftNames): ReadonlyMap<MergedTable, string> {
  const words = order.map(table => asciiWord(table.name, 'table'))
  const isAlone = (word: string): boolean => words.indexOf(word) === words.lastIndexOf(word)
  return new Map(order.map(table => [table, names.entity(table, isAlone)]))
}

const KINDS: Readonly<Record<Relation['kind'], string>> = {
  table: 'table',
  partitioned: 'partitioned table',
  view: 'view',
  materialized_view: 'materialized view',
  foreign_table: 'foreign table',
}

/** Views and their like: they hold nothing of their own. */
function otherRelations(sources: readonly DraftSource[], merged: readonly MergedTable[], findings: DraftFindings): readonly Excluded[] {
  const known = new Set(merged.map(table => foldedName(table)))
  const out: Excluded[] = []
  for (const relation of sources.flatMap(source => source.catalogue.relations)) {
    if (known.has(foldedName(relation))) continue
    known.add(foldedName(relation))
    const kind = KINDS[relation.kind]
    findings.note('INIT_OBJECT', {
      table: tableLabel(relation.schema, relation.name),
      message: `expected tables, got a ${kind}: it is excluded`,
      next:
        relation.kind === 'foreign_table'
          ? 'Make the database it stands for a source of its own, if its rows are wanted.'
          : 'Write it anew on the target, if it is still needed.',
    })
    out.push({
      label: relationLabel(relation),
      reason: relation.kind === 'foreign_table' ? 'a foreign table: its rows live elsewhere' : `a ${kind}: computed from other tables`,
    })
  }
  return out
}
