import { builtinType } from '../../cast/builtin-types.ts'
import type { SqlType } from '../../model/sql-type.ts'
import type { FormatWish } from './csv-format.ts'
import type { FileDeclaration } from './file-declaration.ts'
import type { FileSurvey, SurveyedColumn } from './file-survey.ts'
import { BACKSLASH_N, EMPTY, NULL_WORD } from './null-spellings.ts'
import { TEXT_ONLY, typeOfKinds } from './value-kinds.ts'

/** What is decided of a column, from what one pass over its file showed. */
export interface DecidedColumn {
  readonly name: string
  readonly type: SqlType
  readonly isDeclared: boolean
  /** Which of the spellings looked for are NULL here. */
  readonly nulls: readonly number[]
  readonly hasNulls: boolean
}

export interface Evidence {
  readonly names: readonly string[]
  readonly survey: FileSurvey
  readonly wish: FormatWish
  readonly declaration: FileDeclaration | null
}

/**
 * NULL is what was declared. Else `\N`, where the file has it; `NULL`, where it stands in a column of numbers, dates or the like; and nothing at all, where
 * there is neither, or in a column whose other values are all of such a type. A type is what all values that are not NULL can be.
 */
export function decideColumns({ names, survey, wish, declaration }: Evidence): readonly DecidedColumn[] {
  const declared = names.map(name => declaration?.columns.find(column => column.name === name)?.type ?? null)
  const isTyped = survey.columns.map((column, i) => {
    const type = declared[i] ?? null
    return type === null ? column.kinds !== TEXT_ONLY && column.values > 0 : type.name !== 'text'
  })
  const usual = usualNulls(survey, isTyped)
  return names.map((name, i) => {
    const column = survey.columns[i] ?? NOTHING
    const nulls = wish.nulls?.map((_, spelling) => spelling) ?? usual[i] ?? []
    const type = declared[i] ?? null
    return {
      name,
      type: type ?? (wish.text === true ? builtinType('text') : inferredType(column, nulls)),
      isDeclared: type !== null,
      nulls,
      hasNulls: nulls.some(spelling => (column.nulls[spelling] ?? 0) > 0),
    }
  })
}

const NOTHING: SurveyedColumn = { kinds: TEXT_ONLY, values: 0, nulls: [], looks: '' }

function usualNulls({ columns }: FileSurvey, isTyped: readonly boolean[]): readonly (readonly number[])[] {
  const count = (column: SurveyedColumn, spelling: number): number => column.nulls[spelling] ?? 0
  const words = [
    ...(columns.some(column => count(column, BACKSLASH_N) > 0) ? [BACKSLASH_N] : []),
    ...(columns.some((column, i) => isTyped[i] === true && count(column, NULL_WORD) > 0) ? [NULL_WORD] : []),
  ]
  return columns.map((_, i) => (words.length === 0 || isTyped[i] === true ? [EMPTY, ...words] : words))
}

/** A spelling that is not NULL here is a value, and text. */
function inferredType({ kinds, values, nulls }: SurveyedColumn, isNull: readonly number[]): SqlType {
  const isText = values === 0 || nulls.some((count, spelling) => count > 0 && !isNull.includes(spelling))
  return builtinType(isText ? 'text' : typeOfKinds(kinds))
}
