import type { CatalogueExtras, CheckExpression, ColumnExpression } from '../model/catalogue-extras.ts'
import type { DraftSource } from './draft.ts'
import { foldedName } from './folded-groups.ts'
import { columnNamed } from './merge-keys.ts'
import type { MergedTable } from './merged-table.ts'

export interface MergedExtras {
  readonly defaults: readonly ExpressionOf[]
  readonly checks: readonly ExpressionOf[]
  readonly indexes: readonly IndexOf[]
  commentOf(column: string | null): string | null
}

/** `isShared` false: not every source of the table says the same. */
export interface ExpressionOf {
  readonly dialect: CatalogueExtras['dialect']
  /** Of a default: the column as the merged table names it. */
  readonly column: string
  readonly expression: string
  readonly isShared: boolean
}

export interface IndexOf {
  readonly name: string
  readonly columns: readonly string[]
  readonly isUnique: boolean
  readonly filter: string | null
}

/** Finds what the sources say of a table besides its columns. */
export class ExtrasFinder {
  readonly #bySource = new Map<DraftSource, TableExtras>()

  constructor(sources: readonly DraftSource[]) {
    for (const source of sources) if (source.extras !== null) this.#bySource.set(source, new TableExtras(source.extras))
  }

  of(table: MergedTable): MergedExtras {
    const members = table.members.flatMap(({ source, relation }) => {
      const extras = this.#bySource.get(source)
      return extras === undefined
        ? []
        : [{ extras, place: foldedName(relation), columns: new Set(relation.columns.map(c => c.name.toLowerCase())) }]
    })
    const defaults = members.flatMap(({ extras, place }) =>
      extras.defaults(place).map(item => ({ ...item, column: columnNamed(item.column, table) })),
    )
    const checks = members.flatMap(({ extras, place }) => extras.checks(place))
    const having = (column: string): number => members.filter(member => member.columns.has(column)).length
    return {
      defaults: shared(
        defaults,
        item => item.column,
        item => having(item.column.toLowerCase()),
      ),
      checks: shared(
        checks,
        item => item.expression,
        () => members.length,
      ),
      indexes: [
        ...Map.groupBy(
          members.flatMap(({ extras, place }) => extras.indexes(place)),
          index => index.name.toLowerCase(),
        ).values(),
      ].flatMap(group => group.slice(0, 1)),
      commentOf: column => {
        for (const { extras, place } of members) {
          const text = extras.comment(place, column)
          if (text !== null) return text
        }
        return null
      },
    }
  }
}

/** One of each identity; shared where as many say it, in the same words, as there are to say it. */
function shared(
  items: readonly Omit<ExpressionOf, 'isShared'>[],
  identityOf: (item: Omit<ExpressionOf, 'isShared'>) => string,
  expected: (item: Omit<ExpressionOf, 'isShared'>) => number,
): readonly ExpressionOf[] {
  return [...Map.groupBy(items, identityOf).values()].flatMap(group => {
    const [first] = group
    if (first === undefined) return []
    const isShared = group.length >= expected(first) && group.every(item => item.expression === first.expression)
    return [{ ...first, isShared }]
  })
}

/** What one source says, by table. */
class TableExtras {
  readonly #extras: CatalogueExtras
  readonly #defaults: ReadonlyMap<string, readonly ColumnExpression[]>
  readonly #checks: ReadonlyMap<string, readonly CheckExpression[]>
  readonly #indexes: ReadonlyMap<string, CatalogueExtras['indexes']>
  readonly #comments: ReadonlyMap<string, string>

  constructor(extras: CatalogueExtras) {
    this.#extras = extras
    this.#defaults = byTable(extras.defaults)
    this.#checks = byTable(extras.checks)
    this.#indexes = byTable(extras.indexes)
    this.#comments = new Map(
      extras.comments.map(({ column, text, ...place }) => [`${placeOf(place)}\u0001${column?.toLowerCase() ?? ''}`, text]),
    )
  }

  defaults(place: string): readonly Omit<ExpressionOf, 'isShared'>[] {
    const { dialect } = this.#extras
    return (this.#defaults.get(place) ?? []).map(({ column, expression }) => ({ dialect, column, expression }))
  }

  checks(place: string): readonly Omit<ExpressionOf, 'isShared'>[] {
    const { dialect } = this.#extras
    return (this.#checks.get(place) ?? []).map(({ expression }) => ({ dialect, column: '', expression }))
  }

  indexes(place: string): readonly IndexOf[] {
    return this.#indexes.get(place) ?? []
  }

  comment(place: string, column: string | null): string | null {
    return this.#comments.get(`${place}\u0001${column?.toLowerCase() ?? ''}`) ?? null
  }
}

function placeOf({ schema, table }: { readonly schema: string; readonly table: string }): string {
  return foldedName({ schema, name: table })
}

function byTable<T extends { readonly schema: string; readonly table: string }>(items: readonly T[]): ReadonlyMap<string, readonly T[]> {
  return Map.groupBy(items, placeOf)
}
