import { tableLabel } from '../base/table-label.ts'
import type { Relation } from '../model/catalogue.ts'
import { score } from './accept-references.ts'
import { circlesOf } from './circles.ts'
import { columnFindings } from './column-findings.ts'
import { counted, type ProfileFindings } from './findings.ts'
import { isUnique, uniqueColumn } from './likely-keys.ts'
import type { PolymorphicFacts, ReferenceFacts, SourceFacts, TableFacts } from './table-facts.ts'

/** What is remarkable about one source: tables in the order of the catalogue, then references. */
export function sourceFindings(source: SourceFacts, findings: ProfileFindings): void {
  const { tenant, tables } = source
  for (const table of tables) {
    readable(tenant, table, findings)
    keys(tenant, table, findings)
    columnFindings(tenant, table, findings)
  }
  for (const reference of source.references) references(tenant, reference, findings)
  for (const pair of source.polymorphic) polymorphic(tenant, pair, findings)
  for (const circle of circlesOf(tables.map(({ relation }) => relation)))
    findings.note('PROFILE_CIRCLE', {
      tenant,
      table: circle[0] ?? null,
      count: circle.length,
      message: `${circle.length} tables refer to one another in a circle: ${circle.map(labelOf).join(', ')}`,
      next: 'Nothing: such references are settled after the load. Their columns have to allow NULL in the target.',
    })
}

function labelOf({ schema, name }: Relation): string {
  return tableLabel(schema, name)
}

function readable(tenant: string, { relation, refusal, isWhole, rows }: TableFacts, findings: ProfileFindings): void {
  if (refusal !== null)
    findings.error('PROFILE_UNREADABLE', {
      tenant,
      table: relation,
      count: rows,
      message: `expected every row to be readable, got after ${counted(rows, 'row')}: ${refusal}`,
      next: 'Nothing is known of the rest. Give the login the right, or mend the file, and profile again.',
    })
  else if ((relation.denied?.columns.length ?? 0) > 0)
    findings.warn('PROFILE_UNREADABLE', {
      tenant,
      table: relation,
      count: relation.denied?.columns.length ?? 0,
      message: `expected every column to be readable, got a login that may not select ${relation.denied?.columns.join(', ')}`,
      next: 'Nothing is known of them. Give the login the right and profile again, or leave them out.',
    })
  if (refusal === null && !isWhole)
    findings.note('PROFILE_PART', {
      tenant,
      table: relation,
      count: rows,
      message: `only the first ${counted(rows, 'row')} were read`,
      next: 'Leave out --rows to have all of them; references to this table were not counted.',
    })
}

function keys(tenant: string, table: TableFacts, findings: ProfileFindings): void {
  const { relation, rows, keys: all, columns } = table
  if (rows === 0 && all.length === 0 && columns.length === 0) return
  if (!all.some(key => key.kind === 'primary' || key.kind === 'unique')) {
    const likely = likelyKey(table)
    findings.warn('PROFILE_NO_KEY', {
      tenant,
      table: relation,
      message: `no key is declared${likely === undefined ? '' : `; ${likely.join(', ')} tell${likely.length === 1 ? 's' : ''} all ${counted(rows, 'row')} apart`}`,
      next:
        likely === undefined ? 'Tell rows apart by their content, or name columns that do.' : 'Name it as the key, if that is no accident.',
      hint: { kind: 'key', columns: likely ?? [] },
    })
  }
  for (const key of all) {
    const name = key.columns.join(', ')
    const isDeclared = key.kind !== 'likely'
    const duplicates = key.duplicates ?? 0
    // A column called like a key of which every second value comes twice is none.
    if (duplicates > 0 && (isDeclared || duplicates * 10 <= key.rows))
      findings.warn('PROFILE_DUPLICATE_KEY', {
        tenant,
        table: relation,
        column: name,
        count: duplicates,
        message: `${duplicates} of ${counted(key.rows, 'row')} repeat ${isDeclared ? 'a declared key' : 'what looks like a key'}`,
        next: isDeclared
          ? 'All but the first row of a key go into quarantine (`duplicate_key`); tell rows apart by their content where all are wanted.'
          : 'Do not take it for a key, and declare no unique key over it in the target before the rows are put right.',
        ...(isDeclared ? { hint: { kind: 'key', columns: [] } as const } : {}),
      })
    const texts = key.columns.length === 1 ? columns.find(({ column }) => column.name === key.columns[0])?.texts : undefined
    if (texts != null && texts.variants > 0 && (isDeclared || duplicates * 10 <= key.rows))
      findings.warn('PROFILE_UNIQUE_CLASH', {
        tenant,
        table: relation,
        column: name,
        count: texts.variants,
        message: `${counted(texts.variants, 'key')} ${texts.variants === 1 ? 'differs' : 'differ'} from another only by case, white space or the form of accents`,
        next: 'They clash where the target, or its application, holds such texts for equal. Decide which row is the right one.',
        hint: { kind: 'cleanse', column: name, step: 'trim' },
      })
  }
}

/** One column by its name, one that holds no value twice, or several together. */
function likelyKey(table: TableFacts): readonly string[] | undefined {
  const named = table.keys.find(key => key.columns.length === 1 && isUnique(key, table.rows))
  const column = uniqueColumn(table)
  return named?.columns ?? (column === null ? table.keys.find(key => isUnique(key, table.rows))?.columns : [column])
}

function references(tenant: string, facts: ReferenceFacts, findings: ProfileFindings): void {
  const { child, columns, parent, checked, orphans, isDeclared, parentColumns } = facts
  const where = { tenant, table: child, column: columns.join(', ') }
  const to = labelOf(parent)
  if (checked === null) {
    findings.note('PROFILE_UNCHECKED', {
      ...where,
      message: `the reference to ${to} was not counted: its keys were not all read, are too many to hold, or are of another type`,
      next: 'A dry run finds every row that refers to nothing (`orphan`).',
    })
    return
  }
  if (isDeclared) {
    if (orphans === 0) return
    const isNullable = columns.every(name => child.columns.find(column => column.name === name)?.isNullable ?? false)
    findings.warn('PROFILE_ORPHANS', {
      ...where,
      count: orphans,
      message: `${orphans} of ${counted(checked, 'row')} refer to no row of ${to}, though a foreign key says they do`,
      next: 'Without a rule they go into quarantine (`orphan`); load them without the reference, or put the source right.',
      hint: { kind: 'missing', columns, isNullable },
    })
    return
  }
  const sureness = Math.round(score(facts) * 100)
  findings.warn('PROFILE_UNDECLARED', {
    ...where,
    count: checked - orphans,
    message: `${checked - orphans} of ${counted(checked, 'value')} are keys of ${to} (${parentColumns.join(', ')}), ${orphans} are not, and no foreign key says so; score ${sureness} of 100`,
    next: 'If it is a reference, say so, and make the column `uuid` in target.sql; else its values are legacy keys without a meaning.',
    hint: { kind: 'ref', column: columns[0] ?? '', parent, parentColumn: parentColumns[0] ?? '', hasOrphans: orphans > 0 },
  })
}

function polymorphic(tenant: string, { child, typeColumn, idColumn, kinds }: PolymorphicFacts, findings: ProfileFindings): void {
  const known = kinds.filter(kind => kind.parent !== null)
  if (known.length === 0) {
    findings.note('PROFILE_POLYMORPHIC', {
      tenant,
      table: child,
      column: idColumn,
      count: kinds.length,
      message: `${idColumn} may lead to several tables, as ${typeColumn} says in ${counted(kinds.length, 'way')}; none is called like a table`,
      next: 'Find out which word means which table, and write a reference with `when` for each.',
    })
    return
  }
  for (const { word, rows, parent } of known) {
    if (parent === null || word === null) continue
    findings.warn('PROFILE_POLYMORPHIC', {
      tenant,
      table: child,
      column: idColumn,
      count: rows,
      message: `${counted(rows, 'row')} lead to ${labelOf(parent.relation)}, as ${typeColumn} says, and ${rows - parent.found} of them to no row of it`,
      next: `Split it into one reference for each of the ${counted(kinds.length, 'kind')}, each with a uuid column of its own in target.sql; what it refers to depends on ${typeColumn}.`,
      hint: { kind: 'polymorphic', id: idColumn, type: typeColumn, word, parent: parent.relation },
    })
  }
}
