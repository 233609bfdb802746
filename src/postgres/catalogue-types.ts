import type { SqlType, TypeKind } from '../model/sql-type.ts'
import { type CatalogueRow, names, text } from './catalogue-rows.ts'

/** A use of a type: the same type can be used with other modifiers. */
interface TypeUse {
  readonly oid: string
  readonly modifier: number
  /** As `format_type` prints it. */
  readonly text: string
}

/** From the rows of `list-types.sql`: what a column’s type is, all the way down. */
export class TypeReader {
  readonly #rows: ReadonlyMap<string, CatalogueRow>

  constructor(rows: readonly CatalogueRow[]) {
    this.#rows = new Map(rows.map(row => [text(row, 0), row]))
  }

  read(use: TypeUse): SqlType {
    const row = this.#row(use.oid)
    const kind = kindOf(row)
    const type = { kind, schema: text(row, 1), name: text(row, 2), modifier: use.modifier, text: use.text, oid: Number(use.oid) }
    if (kind === 'array')
      return { ...type, element: this.read({ oid: text(row, 5), modifier: use.modifier, text: use.text.replace(/\[\]$/, '') }) }
    if (kind === 'domain' || kind === 'range' || kind === 'multirange') {
      return { ...type, element: this.read({ oid: text(row, 5), modifier: Number(row[6]), text: text(row, 7) }) }
    }
    if (kind === 'enum') return { ...type, labels: names(row, 8) }
    if (kind === 'composite') return { ...type, fields: this.#fields(row) }
    return type
  }

  /** A domain that takes no NULL, or one over such a domain. */
  refusesNull(oid: string): boolean {
    const row = this.#row(oid)
    return kindOf(row) === 'domain' && (row[4] === 't' || this.refusesNull(text(row, 5)))
  }

  #fields(row: CatalogueRow): NonNullable<SqlType['fields']> {
    // Made by json_build_object in list-types.sql.
    const fields = JSON.parse(row[9] ?? '[]') as readonly (TypeUse & { readonly name: string })[]
    return fields.map(field => ({ name: field.name, type: this.read(field) }))
  }

  #row(oid: string): CatalogueRow {
    const row = this.#rows.get(oid)
    if (row === undefined) throw new RangeError(`expected type ${oid} in the answer of list-types.sql`)
    return row
  }
}

function kindOf(row: CatalogueRow): TypeKind {
  // The words of the CASE in list-types.sql.
  return text(row, 3) as TypeKind
}
