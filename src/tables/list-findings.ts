import { didYouMean } from '../base/did-you-mean.ts'
import { tableLabel } from '../base/table-label.ts'
import type { Code } from '../errors.ts'
import type { Catalogue, Constant, ListedTable, Relation } from '../model/catalogue.ts'
import type { Finding } from '../model/finding.ts'
import type { Entity, ListedTables, Mapping } from '../model/mapping.ts'
import { MOST_ROWS } from './read-small-relation.ts'
import { wordShown } from './settle-rest-types.ts'

/** An entity of many tables, and where they are looked for. */
export interface ListOf {
  readonly mapping: Mapping
  readonly entity: Entity & { readonly tables: ListedTables }
  /** Of the source itself. */
  readonly catalogue: Catalogue
}

const SHOWN = 10

/** What is found out about a list, as findings with its place in the manifest. */
export class ListFindings {
  readonly all: Finding[] = []
  readonly #from: ListOf

  constructor(from: ListOf) {
    this.#from = from
  }

  get hasErrors(): boolean {
    return this.all.some(finding => finding.severity === 'error')
  }

  add(findings: readonly Finding[]): void {
    this.all.push(...findings)
  }

  noListing(): this {
    const { entity, catalogue } = this.#from
    const { listing } = entity.tables
    const name = tableLabel(listing.schema, listing.name)
    const known = catalogue.relations.map(relation => tableLabel(relation.schema, relation.name))
    return this.#error(
      'MAPPING_UNKNOWN_COLUMN',
      `expected relation ${name} in source ${listing.source}, got none${didYouMean(name, known)}`,
      'Name the relation that lists the tables, as schema.table.',
    )
  }

  unknownColumn(wish: string, { listing, known }: { readonly listing: Relation; readonly known: readonly string[] }): null {
    const table = tableLabel(listing.schema, listing.name)
    this.#error(
      'MAPPING_UNKNOWN_COLUMN',
      `expected a column of ${table}, got ${wish}${didYouMean(wish, known)}`,
      `Use one of: ${known.join(', ')}.`,
    )
    return null
  }

  noText(column: string, type: string): null {
    this.#error(
      'MAPPING_TYPE',
      `expected names of tables in ${column}, got a column of type ${type}`,
      'Name the column that holds the names.',
    )
    return null
  }

  tooLong(listing: Relation): this {
    return this.#error(
      'MANIFEST_INVALID',
      `expected at most ${MOST_ROWS} rows in ${tableLabel(listing.schema, listing.name)}, which lists tables, got more`,
      'Name the relation that has one row for each table.',
    )
  }

  listedTwice(relation: Relation, { before, now }: { readonly before: readonly Constant[]; readonly now: readonly Constant[] }): void {
    const isSame = before.every(({ text }, i) => text === now[i]?.text)
    if (isSame) return
    this.#error(
      'MANIFEST_INVALID',
      `expected each table once in the list, got ${tableLabel(relation.schema, relation.name)} in two rows that differ in what they carry`,
      'Correct the list: whose rows they are would be a guess.',
    )
  }

  missing(names: readonly string[], listing: Relation): void {
    if (names.length === 0) return
    const { missing } = this.#from.entity.tables
    const shown = names.slice(0, SHOWN).map(wordShown).join(', ')
    const more = names.length > SHOWN ? ` and ${names.length - SHOWN} more` : ''
    const list = tableLabel(listing.schema, listing.name)
    const code = missing === null ? '' : ` (${missing.code})`
    this.#add(
      'SOURCE_TABLE_ABSENT',
      missing === null ? 'error' : missing.kind === 'note' ? 'warning' : 'info',
      `expected the tables ${list} names, got none for ${names.length} of them${code}: ${shown}${more}`,
      missing === null ? 'Say what to do: `missing: { note: code }` goes on without them.' : 'Nothing, if they hold no rows you want.',
    )
  }

  denied(listing: Relation, columns: readonly string[]): this {
    return this.#error(
      'SOURCE_REFUSED',
      `expected a login that may read ${tableLabel(listing.schema, listing.name)}, which lists tables, got no right to select ${columns.join(', ')}`,
      'Grant it; then run `rehouse check --grants`, which knows the tables only from the list.',
    )
  }

  /** `rows` null: the login may not count them. */
  unlisted(relation: Relation, rows: bigint | null): void {
    const table = tableLabel(relation.schema, relation.name)
    this.#add(
      'SOURCE_TABLE_UNLISTED',
      'warning',
      `expected ${table} in the list of tables, got no row that names it: ${rows === null ? 'its rows, which this login may not count,' : `its ${rows} rows`} are not migrated`,
      'Correct the list, or exclude the table with a reason under exclude.tables.',
    )
  }

  clash(name: string, tables: readonly Omit<ListedTable, 'shape'>[]): void {
    const having = tables.find(({ relation }) => relation.columns.some(column => column.name === name))
    if (having === undefined) return
    const table = tableLabel(having.relation.schema, having.relation.name)
    this.#error(
      'MANIFEST_INVALID',
      `expected a name no table has a column of, got ${name}, which ${table} has`,
      'Carry it under another name: `carry: { other_name: Column }`; the column that names the tables too.',
    )
  }

  #error(code: Code, message: string, next: string): this {
    return this.#add(code, 'error', message, next)
  }

  #add(code: Code, severity: Finding['severity'], message: string, next: string): this {
    const { entity, mapping } = this.#from
    const { line } = entity.tables.at
    this.all.push({ code, severity, where: { file: mapping.file, line, entity: entity.name }, message, next })
    return this
  }
}
