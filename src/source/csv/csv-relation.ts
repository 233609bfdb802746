import { didYouMean } from '../../base/did-you-mean.ts'
import { familyOf } from '../../cast/sql-family.ts'
import { RehouseError } from '../../errors.ts'
import type { Column, ForeignKey, Relation, UniqueKey } from '../../model/catalogue.ts'
import type { DeclaredReference } from './file-declaration.ts'
import { keysOf, type SurveyedFile } from './surveyed-file.ts'

/** The relations of a folder, with the references between them that were declared. Throws MANIFEST_INVALID for one that leads nowhere. */
export function relationsOf(files: readonly SurveyedFile[]): readonly Relation[] {
  return files.map(surveyed => ({
    schema: surveyed.file.schema,
    name: surveyed.file.name,
    kind: 'table',
    columns: columnsOf(surveyed),
    primaryKey: keysOf(surveyed).find(key => key.isPrimary)?.columns ?? null,
    uniqueKeys: uniqueKeysOf(surveyed),
    foreignKeys: (surveyed.declaration?.references ?? []).map((reference, i) =>
      foreignKeyOf(reference, { surveyed, files, number: i + 1 }),
    ),
    estimatedRows: surveyed.survey.rows,
  }))
}

function columnsOf(surveyed: SurveyedFile): readonly Column[] {
  const keyed = new Set(keysOf(surveyed).flatMap(key => (key.isPrimary ? key.columns : [])))
  const strict = new Set((surveyed.declaration?.columns ?? []).filter(column => !column.isNullable).map(({ name }) => name))
  return surveyed.columns.map(({ name, type }) => ({
    name,
    type,
    isNullable: !keyed.has(name) && !strict.has(name),
    hasDefault: false,
    generated: 'no',
    collation: isText(familyOf(type)) ? { name: 'C', isDeterministic: true, equality: 'bytes' } : null,
  }))
}

function isText(family: string): boolean {
  return family === 'text' || family === 'bpchar'
}

function uniqueKeysOf(surveyed: SurveyedFile): readonly UniqueKey[] {
  const { name } = surveyed.file
  return keysOf(surveyed).map(({ columns, isPrimary }) => ({
    name: isPrimary ? `${name}_pkey` : `${name}_${columns.join('_')}_key`,
    columns,
    isPrimary,
    isDeferrable: false,
    nullsNotDistinct: false,
    isPartialOrExpression: false,
  }))
}

interface Around {
  readonly surveyed: SurveyedFile
  readonly files: readonly SurveyedFile[]
  readonly number: number
}

function foreignKeyOf(reference: DeclaredReference, { surveyed, files, number }: Around): ForeignKey {
  const { file } = surveyed
  const other = files.find(each => isNamed(each, reference.relation, file.schema))
  if (other === undefined) {
    const names = files.map(each => each.file.name)
    throw wrong(surveyed, `expected a reference to a file of the folder, got ${reference.relation}${didYouMean(reference.relation, names)}`)
  }
  const referenced = reference.referenced.length > 0 ? reference.referenced : (keysOf(other).find(key => key.isPrimary)?.columns ?? [])
  refuseAbsent(surveyed, surveyed, reference.columns)
  refuseAbsent(surveyed, other, referenced)
  if (referenced.length !== reference.columns.length) {
    throw wrong(
      surveyed,
      `expected as many columns in a reference as it leads to, got ${reference.columns.length} and ${referenced.length}`,
    )
  }
  return {
    name: `${file.name}_fk${number}`,
    columns: reference.columns,
    referencedSchema: other.file.schema,
    referencedTable: other.file.name,
    referencedColumns: referenced,
    isDeferrable: false,
    // Nobody held the files to it.
    isValidated: false,
    onDelete: 'no action',
    setNullColumns: null,
  }
}

function isNamed({ file }: SurveyedFile, name: string, schema: string): boolean {
  return name === `${file.schema}/${file.name}` || (file.schema === schema && file.name === name)
}

function refuseAbsent(at: SurveyedFile, { columns, file }: SurveyedFile, names: readonly string[]): void {
  const known = columns.map(({ name }) => name)
  for (const name of names) {
    if (!known.includes(name)) throw wrong(at, `expected a column of ${file.label} in a reference, got ${name}${didYouMean(name, known)}`)
  }
}

function wrong({ file }: SurveyedFile, message: string): RehouseError {
  return new RehouseError('MANIFEST_INVALID', message, {
    where: { file: file.place, table: file.table },
    next: 'Correct `references` in the declaration of columns.',
  })
}
