import { builtinType } from '../cast/builtin-types.ts'
import { integerKey } from '../cast/key-text.ts'
import { baseOf, familyOf } from '../cast/sql-family.ts'
import type { SqlType } from '../model/sql-type.ts'
import type { ChosenColumn, ChosenTable } from './choose-columns.ts'
import type { ChosenReference } from './choose-references.ts'
import type { DraftColumn, DraftName } from './draft.ts'
import type { DraftFindings } from './draft-finding.ts'
import { ColumnNames, ID, LEGACY_ID } from './draft-names.ts'
import type { EnumTypes } from './enum-types.ts'
import type { MergedExtras } from './merged-extras.ts'
import type { MergedTable } from './merged-table.ts'
import { sqlName, sqlType } from './sql-name.ts'
import { snakeCase } from './target-names.ts'
import { translateDefault } from './translate-default.ts'

/** The columns of a table in the target, and which of them holds which source column. */
export interface DraftedColumns {
  readonly columns: readonly DraftColumn[]
  /** Source column → the plain column with its value. */
  readonly plain: ReadonlyMap<string, DraftColumn>
  /** Source column → the reference made of it alone. */
  readonly references: ReadonlyMap<string, DraftColumn>
}

export interface ColumnSetting {
  readonly references: readonly ChosenReference[]
  readonly entityOf: (table: MergedTable) => string
  readonly enums: EnumTypes
  readonly to: DraftName
  readonly extras: MergedExtras
  readonly findings: DraftFindings
}

const UUID = builtinType('uuid')

/** The key first (`legacy_id`), then the source's own order; a column that is a reference by itself is only that. */
export function draftColumns(chosen: ChosenTable, setting: ColumnSetting): DraftedColumns {
  const names = new ColumnNames()
  const legacy = legacyColumn(chosen)
  const plain = new Map<string, DraftColumn>()
  const references = new Map<string, DraftColumn>()
  const columns: DraftColumn[] = []
  const add = (column: DraftColumn): DraftColumn => {
    columns.push(column)
    return column
  }
  // Plain columns are named first: a reference makes way for them.
  const isOnlyReference = (name: string): boolean =>
    name !== legacy && setting.references.some(({ sources }) => sources.length === 1 && sources[0] === name)
  const plainNames = new Map(
    chosen.columns
      .filter(({ source }) => !isOnlyReference(source.name))
      .map(({ source }) => [source.name, source.name === legacy ? LEGACY_ID : names.column(source.name)]),
  )
  const first = chosen.columns.filter(({ source }) => source.name === legacy)
  for (const column of [...first, ...chosen.columns.filter(({ source }) => source.name !== legacy)]) {
    const { name } = column.source
    const plainName = plainNames.get(name)
    if (plainName !== undefined) plain.set(name, add(plainColumn(column, { name: plainName, isLegacy: name === legacy }, setting)))
    for (const reference of setting.references) {
      if (reference.sources[0] !== name) continue
      const drafted = add(referenceColumn(reference, { chosen, names }, setting))
      if (reference.sources.length === 1 && !references.has(name)) references.set(name, drafted)
    }
  }
  return { columns, plain, references }
}

/** A key of one number or UUID, or one called `id`, says nothing by itself: it becomes `legacy_id`. Other keys keep their names. */
function legacyColumn({ key, columns }: ChosenTable): string | null {
  if (key === null || key.length !== 1) return null
  const [name = ''] = key
  const column = columns.find(({ source }) => source.name === name)
  const isNumber = (type: SqlType): boolean => integerKey(type) !== null || ['uuid', 'numeric'].includes(familyOf(baseOf(type)))
  return snakeCase(name) === ID || column?.source.types.every(({ type }) => isNumber(type)) ? name : null
}

function plainColumn(
  { source, target }: ChosenColumn,
  { name, isLegacy }: { readonly name: string; readonly isLegacy: boolean },
  setting: ColumnSetting,
): DraftColumn {
  const typeSql = typeSqlOf(target.type, setting)
  return {
    name,
    type: target.type,
    typeSql,
    // What the new application adds has no legacy key.
    isNullable: isLegacy || source.isNullable,
    fallback: isLegacy ? null : fallbackOf({ source, target }, setting),
    comment: setting.extras.commentOf(source.name),
    value: { kind: 'column', source: source.name, losesDigits: target.losesDigits },
  }
}

function typeSqlOf(type: SqlType, { enums, to }: ColumnSetting): string {
  if (type.kind === 'enum') return enums.typeSql(type, to.schema)
  if (type.kind === 'array' && type.element?.kind === 'enum') return `${enums.typeSql(type.element, to.schema)}[]`
  // Extensions are made in `public`.
  return type.schema === 'pg_catalog' || type.kind === 'array' ? sqlType(type.text) : `public.${sqlName(type.name)}`
}

function fallbackOf({ source, target }: ChosenColumn, { extras, findings, to }: ColumnSetting): string | null {
  const found = extras.defaults.find(item => item.column === source.name)
  if (found === undefined) return null
  const translated = found.isShared ? translateDefault(found.expression, target.type) : null
  if (translated === 'none') return null
  if (translated !== null) return translated.sql
  if (found.isShared && /nextval\s*\(/i.test(found.expression) && source.generated === 'no') {
    findings.note('INIT_DEFAULT', {
      table: `${to.schema}.${to.name}`,
      column: source.name,
      message: 'expected a default that says the same in the target, got the next number of a sequence: the column has none there',
      next: 'Add a sequence to target.sql if the new application is to go on numbering.',
    })
    return null
  }
  findings.note('INIT_DEFAULT', {
    table: `${to.schema}.${to.name}`,
    column: source.name,
    message: found.isShared
      ? 'expected a default that says the same in the target, got one that was not translated: the column has none there'
      : 'expected one default in every source, got different ones: the column has none in the target',
    next: 'Add a default to target.sql if new rows need one. Rows that are migrated do not.',
  })
  return null
}

function referenceColumn(
  reference: ChosenReference,
  { chosen, names }: { readonly chosen: ChosenTable; readonly names: ColumnNames },
  setting: ColumnSetting,
): DraftColumn {
  const { sources, parent, onDelete, isCircular } = reference
  const [alone = ''] = sources
  const columns = chosen.columns.filter(({ source }) => sources.includes(source.name))
  const isNullable = columns.some(({ source }) => source.isNullable)
  const name = sources.length === 1 ? names.reference(alone, parent.name) : names.reference(parent.name, 'parent')
  if (isCircular && !isNullable)
    setting.findings.note('INIT_CIRCLE', {
      table: chosen.table.label,
      column: sources.join(', '),
      message:
        'expected the row referred to to be there first, got a reference in a circle: the target allows NULL in it, as long as that row is not there',
      next: 'Nothing. It is filled when all rows are there; make it NOT NULL after the last tenant if you like.',
    })
  return {
    name,
    type: UUID,
    typeSql: 'uuid',
    isNullable: isNullable || isCircular || onDelete === 'set null',
    fallback: null,
    comment: sources.length === 1 ? setting.extras.commentOf(alone) : null,
    value: { kind: 'reference', entity: setting.entityOf(parent), sources, onDelete, isCircular },
  }
}
