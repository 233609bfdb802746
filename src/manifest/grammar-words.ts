import { LATER_SCHEMES } from '../base/address-schemes.ts'
import { either, list, type TextForm, text } from './form.ts'

/** The smallest pieces of the language: names, codes, addresses. */

export const WORD = '^[a-z][a-z0-9_]{0,62}$'

export function word(meant: string): TextForm {
  return text(meant, WORD, { next: 'Use lower-case letters, digits and _, beginning with a letter, at most 63.' })
}

export const code = word('a code in snake_case')
export const entityName = word('the name of an entity in snake_case')
export const sourceName = text('the name of a source in snake_case', '^(?!view$)[a-z][a-z0-9_]{0,62}$', {
  next: 'Use lower-case letters, digits and _; `view` is the name of the views.',
})
export const serviceName = word('the name of a service in snake_case')

export const migrationName = text('a name of letters, digits, _ and -', '^[A-Za-z][A-Za-z0-9_-]{0,99}$')
export const anyText = text('a text', '\\S')
export const columnName = text('the name of a column', '^[^\\u0000]+$', {
  next: 'Write the column’s name as the database has it; put odd names in quotes.',
})
export const columnNames = either('the name of a column or a list of them', [
  { on: 'text', form: columnName },
  { on: 'list', form: list('a list of columns', columnName, 1) },
])

const PART = '(?:"(?:[^"]|"")+"|[^\\s."/](?:[^."/]*[^\\s."/])?)'
const SOURCE_PREFIX = '(?:[a-z][a-z0-9_]*/)?'
export const RELATION = `^${SOURCE_PREFIX}${PART}\\.${PART}$`
const RELATION_NEXT =
  'Write schema.table, after the source’s name and / where it is not the first source; put a part with dots in double quotes inside single ones.'

export const relationName = text(
  'a relation as schema.table, source/schema.table or view/name',
  `(?:^view/[a-z][a-z0-9_]*$|^(?!view/)${RELATION.slice(1)})`,
  { next: RELATION_NEXT },
)
export const tableName = text('a target table as schema.table', `^${PART}\\.${PART}$`, {
  next: 'Write schema.table, for example public.students; put a part with dots in double quotes inside single ones.',
})
export const tablePattern = text('a table as schema.table, * for any characters', RELATION, { next: RELATION_NEXT })
export const columnPattern = text('a column as schema.table.column or *.column', `^${SOURCE_PREFIX}${PART}\\.${PART}(?:\\.${PART})?$`, {
  next: 'Write schema.table.column, or "*.column" for the column in every table.',
})

export const stagingPlace = text(
  'embedded, or an address: postgres://…, env:NAME or file:PATH',
  '^(?:embedded$|postgres(?:ql)?://.|env:.|file:.)',
  { isSecret: true, next: 'Write embedded, postgres://USER@HOST/DATABASE, or env:NAME for an address kept outside the manifest.' },
)

/** Where a database is: an address or a reference to one. What the reference yields is checked when it is resolved (`config/`). */
export const address = text(
  'an address: postgres://…, embedded:NAME, bacpac:FILE, pgdump:FILE, csv:FOLDER, env:NAME or file:PATH',
  '^(?:postgres(?:ql)?://.|embedded:|bacpac:.|pgdump:.|csv:.|env:.|file:.)',
  {
    later: Object.entries(LATER_SCHEMES).map(([scheme, what]) => ({ pattern: `^${scheme}:`, what })),
    isSecret: true,
    next: 'Write postgres://USER@HOST/DATABASE, embedded:NAME, a file (bacpac:, pgdump:, csv:), or env:NAME for an address kept outside the manifest.',
  },
)
