import { tableLabel } from '../base/table-label.ts'
import type { ProfiledColumn, ProfiledReference, ProfiledSource, ProfiledTable } from '../model/profile-result.ts'
import { score } from './accept-references.ts'
import type { ColumnFacts, Extremes, TextFacts } from './column-facts.ts'
import { isCredentialColumn, personalKindOf } from './column-findings.ts'
import type { SourceFacts, TableFacts } from './table-facts.ts'

/** Longest text of columns whose smallest and largest may be shown. */
const MOST_SHOWN_CHARACTERS = 20

export interface SourceResult {
  readonly source: ProfiledSource
  readonly tables: readonly ProfiledTable[]
  readonly references: readonly ProfiledReference[]
}

/** The facts as results: numbers, shapes, and the edges of what may be shown. */
export function sourceResult({ tenant, label, tables, references, seconds }: SourceFacts): SourceResult {
  return {
    source: { tenant, label, tables: tables.length, rows: tables.reduce((sum, table) => sum + table.rows, 0), seconds },
    tables: tables.map(table => ({
      tenant,
      table: tableLabel(table.relation.schema, table.relation.name),
      rows: table.rows,
      whole: table.isWhole,
      key: table.relation.primaryKey ?? [],
      columns: table.columns.map(facts => columnResult(table, facts)),
    })),
    references: references.map(facts => ({
      tenant,
      table: tableLabel(facts.child.schema, facts.child.name),
      columns: facts.columns,
      parent: tableLabel(facts.parent.schema, facts.parent.name),
      parent_columns: facts.parentColumns,
      declared: facts.isDeclared,
      checked: facts.checked,
      orphans: facts.orphans,
      score: facts.isDeclared ? null : Math.round(score(facts) * 100),
    })),
  }
}

function columnResult(table: TableFacts, facts: ColumnFacts): ProfiledColumn {
  const { column, texts, moments, numbers } = facts
  const personal = personalKindOf(table, facts)
  const credential = isCredentialColumn(table, facts)
  const shown = personal !== null || credential ? null : shownExtremes(facts)
  const looks =
    texts?.looks ??
    (numbers?.isWhole === true && !column.type.name.startsWith('int') ? 'integer' : moments?.isMidnight === true ? 'date' : null)
  return {
    column: column.name,
    type: column.type.text,
    looks,
    nulls: facts.nulls,
    blanks: (texts?.empty ?? 0) + (texts?.blank ?? 0),
    distinct: facts.distinct,
    distinct_is: facts.isDistinctExact ? 'exact' : 'about',
    min: shown?.min ?? null,
    max: shown?.max ?? null,
    shortest: texts?.shortest ?? null,
    longest: texts?.longest ?? null,
    // The shape of a secret tells what it is made of.
    shapes: credential ? [] : (texts?.shapes ?? []),
    shapes_are: texts?.areShapesExact === false ? 'about' : 'exact',
    personal,
    credential,
  }
}

function shownExtremes({ numbers, moments, texts }: ColumnFacts): Extremes | null {
  if (texts === null) return numbers?.extremes ?? moments?.extremes ?? null
  return isListOfCodes(texts) ? texts.extremes : null
}

/** Every value has a digit or is no longer than three characters: a word, or a name, is neither. */
function isListOfCodes({ shapes, areShapesExact, filled, personal, longest }: TextFacts): boolean {
  const isAll = areShapesExact && shapes.reduce((sum, { count }) => sum + count, 0) === filled
  return (
    isAll &&
    personal === null &&
    (longest ?? 0) <= MOST_SHOWN_CHARACTERS &&
    shapes.every(({ shape }) => shape.includes('9') || shape.length <= 3)
  )
}
