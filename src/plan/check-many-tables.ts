import { tableLabel } from '../base/table-label.ts'
import type { ListedTable, ManyTables } from '../model/catalogue.ts'
import type { Entity } from '../model/mapping.ts'
import { matchColumn } from './collect-names.ts'
import type { KeyPlan } from './compile-context.ts'
import type { Problems } from './problems.ts'

/**
 * The key of rows of many tables: first what tells the tables apart, then what tells rows of one table apart. So rows are read table after table, a position names table and key,
 * and a batch can end where a table does.
 */
export function checkManyTablesKey(
  { entity, many, key }: { readonly entity: Entity; readonly many: ManyTables; readonly key: KeyPlan },
  problems: Problems,
): void {
  const wrong = (message: string, next: string): void => problems.error('MANIFEST_INVALID', message, { at: entity.at, next })
  const { names } = key
  const leading = leadingConstants(many, names)
  if (
    leading === 0 ||
    !tellApart(
      many.tables,
      names.slice(0, leading).map(name => many.constants.indexOf(name)),
    )
  )
    wrong(
      `expected a key that begins with what tells the tables apart, got (${names.join(', ')})`,
      `Begin it with the column that names the table, ${many.list.columns[0]}, or a column under \`carry\` that is another for each table and never NULL.`,
    )
  else if (leading === names.length)
    wrong(
      `expected a key that tells rows of one table apart, got (${names.join(', ')}), the same for all of its rows`,
      'Add the key the tables have, for example `Id`.',
    )
  const late = names.slice(leading).find(name => many.constants.includes(name))
  if (leading > 0 && late !== undefined)
    wrong(
      `expected ${late} before the key within a table, got (${names.join(', ')})`,
      'Write first what is the same for all rows of a table.',
    )
}

/** Columns the mapping names although only some of the tables have them, or each of another type. */
export function checkManyTablesColumns(
  { entity, many, used }: { readonly entity: Entity; readonly many: ManyTables; readonly used: ReadonlySet<string> },
  problems: Problems,
): void {
  const columns = many.shapes.flat()
  const gathered = { columns: [...new Map(columns.map(column => [column.name, column])).values()] }
  for (const name of new Set([...used].map(wish => matchColumn(wish, gathered)))) {
    const types = new Set(columns.filter(column => column.name === name).map(column => column.type.text))
    const having = many.tables.filter(({ relation }) => relation.columns.some(column => column.name === name)).length
    if (name === null || having === 0) continue
    const isSome = having < many.tables.length
    problems.error(
      'MAPPING_UNKNOWN_COLUMN',
      `expected a column every table has, of one type, got ${name}: ${having} of ${many.tables.length} have it (${[...types].join(', ')})`,
      {
        at: { ...entity.at, entity: entity.name },
        next: isSome
          ? 'Write it under `from.may_lack` where its type is one, or leave it to `rest`.'
          : 'Leave it to `rest`: no program can read it as one column.',
      },
    )
  }
}

/** How many of the first parts of a key are the same for all rows of a table. */
export function leadingConstants(many: ManyTables, names: readonly string[]): number {
  const own = names.findIndex(name => !many.constants.includes(name))
  return own < 0 ? names.length : own
}

function tellApart(tables: readonly ListedTable[], constants: readonly number[]): boolean {
  const texts = tables.map(table => constants.map(i => table.constants[i]?.text ?? null))
  return texts.every(parts => !parts.includes(null)) && new Set(texts.map(parts => JSON.stringify(parts))).size === tables.length
}

/** Of a position: the table it lies in, as `schema.table`. Null: none that is listed. */
export function tableOfPosition(many: ManyTables, names: readonly string[], position: readonly string[]): string | null {
  const leading = leadingConstants(many, names)
  const parts = names.slice(0, leading).map((name, i) => ({ constant: many.constants.indexOf(name), text: position[i] }))
  const found = many.tables.find(({ constants }) => parts.every(({ constant, text }) => constants[constant]?.text === text))
  return found === undefined ? null : tableLabel(found.relation.schema, found.relation.name)
}
