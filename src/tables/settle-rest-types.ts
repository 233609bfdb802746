import { compareCodePoints } from '../base/code-point-order.ts'
import { didYouMean } from '../base/did-you-mean.ts'
import { tableLabel } from '../base/table-label.ts'
import { parseTypeName } from '../cast/type-name.ts'
import { type Code, RehouseError } from '../errors.ts'
import type { Catalogue, Constant, ListRead, Relation, RestTypes } from '../model/catalogue.ts'
import { everyValue } from '../model/every-value.ts'
import type { Finding } from '../model/finding.ts'
import type { Entity, Mapping, RestTypesFrom } from '../model/mapping.ts'
import { matchColumn } from '../plan/collect-names.ts'
import { findRelation } from '../plan/tenant-plan.ts'
import type { SourceSnapshot } from '../source/source.ts'
import { listMarker } from './list-marker.ts'
import { deniedOf, MOST_ROWS, readSmallRelation } from './read-small-relation.ts'

export interface SettleFrom {
  readonly mapping: Mapping
  readonly entity: Entity
  readonly catalogue: Catalogue
  readonly snapshot: SourceSnapshot
}

/** Types of the rest of an entity’s columns as rows of another relation say them, read once. */
export interface DeclaredTypes {
  readonly list: ListRead
  readonly findings: readonly Finding[]
  /** Of one table. `carried`: values, as text, of the columns its rows have besides. */
  of(columns: readonly string[], carried: ReadonlyMap<string, string | null>): RestTypes['types']
}

/** Where an entity says so (`rest.types` with `from`); null = it does not. */
export function typesFromOf(entity: Entity): RestTypesFrom | null {
  for (const value of everyValue(entity)) if (value.kind === 'rest' && value.typesFrom !== null) return value.typesFrom
  return null
}

interface Declaration {
  /** What the matched columns hold, in the order of `match`; null = NULL, which matches nothing. */
  readonly match: readonly (string | null)[]
  /** A type, or null: `else` holds. */
  readonly type: string | null
}

/** Null: the entity does not ask for it. What is wrong is a finding; then nothing is declared. */
export async function readDeclaredTypes(from: SettleFrom): Promise<DeclaredTypes | null> {
  const wanted = typesFromOf(from.entity)
  if (wanted === null) return null
  const told = new TypeFindings(from, wanted)
  const relation = findRelation(from.catalogue, wanted.from)
  if (relation === undefined) return told.nothing(told.noRelation())
  const columns = [...wanted.match.map(({ theirs }) => theirs), wanted.column].map(wish => told.column(wish, relation))
  const names = columns.filter(name => name !== null)
  if (names.length < columns.length) return told.nothing(relation)
  const denied = deniedOf(relation, names)
  if (denied.length > 0) return told.nothing(told.denied(relation, denied))
  const rows = await readSmallRelation(from.snapshot, { relation, columns: names })
  if (rows === null) return told.nothing(told.tooLong(relation))
  const declared = new Map<string, Declaration>()
  for (const row of rows) addDeclaration(row, { wanted, declared, told })
  told.tell(relation)
  const list = { relation, columns: names, marker: listMarker(rows) }
  return { list, findings: told.all, of: (own, carried) => typesOf({ own, carried, wanted, declarations: [...declared.values()] }) }
}

function addDeclaration(
  row: readonly Constant[],
  { wanted, declared, told }: { readonly wanted: RestTypesFrom; readonly declared: Map<string, Declaration>; readonly told: TypeFindings },
): void {
  const match = row.slice(0, -1).map(({ text }) => text?.trimEnd() ?? null)
  if (match.includes(null)) return
  const word = row.at(-1)?.text?.trim() ?? ''
  const mapped = wanted.map === null ? word : wanted.map.find(({ from }) => from === word)?.to
  const type = mapped === undefined || mapped === '' ? null : mapped
  if (type === null && wanted.otherwise.length === 0) told.unmapped(word)
  if (type !== null) told.check(type)
  const at = wanted.match.findIndex(({ ours }) => ours.kind === 'name')
  // A column is found whatever its case: two rows that differ in nothing else would both mean it.
  const alike = JSON.stringify(match.map((text, i) => (i === at ? text?.toLowerCase() : text)))
  told.declare(alike, { column: match[at] ?? '', type })
  declared.set(JSON.stringify(match), { match, type })
}

function typesOf({
  own,
  carried,
  wanted,
  declarations,
}: {
  readonly own: readonly string[]
  readonly carried: ReadonlyMap<string, string | null>
  readonly wanted: RestTypesFrom
  readonly declarations: readonly Declaration[]
}): RestTypes['types'] {
  const types = new Map<string, string | null>()
  const columns = { columns: own.map(name => ({ name })) }
  for (const { match, type } of declarations) {
    const isMeant = wanted.match.every(({ ours }, i) => {
      if (ours.kind === 'name') return true
      const value = ours.kind === 'constant' ? ours.text : carried.get(ours.name)
      return value != null && value.trimEnd() === match[i]
    })
    const name = isMeant ? matchColumn(match[wanted.match.findIndex(({ ours }) => ours.kind === 'name')] ?? '', columns) : null
    if (name !== null) types.set(name, type)
  }
  return types
}

const SHOWN = 10

class TypeFindings {
  readonly all: Finding[] = []
  readonly #from: SettleFrom
  readonly #wanted: RestTypesFrom
  readonly #unmapped = new Set<string>()
  readonly #twice = new Set<string>()
  readonly #declared = new Map<string, string | null>()
  readonly #types = new Map<string, RehouseError | null>()

  constructor(from: SettleFrom, wanted: RestTypesFrom) {
    this.#from = from
    this.#wanted = wanted
  }

  noRelation(): Relation | null {
    const { schema, name, source } = this.#wanted.from
    const label = tableLabel(schema, name)
    const known = this.#from.catalogue.relations.map(relation => tableLabel(relation.schema, relation.name))
    this.#error(
      'MAPPING_UNKNOWN_COLUMN',
      `expected relation ${label} in source ${source} for \`rest.types\`, got none${didYouMean(label, known)}`,
      'Name the relation whose rows say the types, as schema.table.',
    )
    return null
  }

  column(wish: string, relation: Relation): string | null {
    const found = matchColumn(wish, relation)
    if (found !== null) return found
    const known = relation.columns.map(column => column.name)
    this.#error(
      'MAPPING_UNKNOWN_COLUMN',
      `expected a column of ${tableLabel(relation.schema, relation.name)} for \`rest.types\`, got ${wish}${didYouMean(wish, known)}`,
      `Use one of: ${known.join(', ')}.`,
    )
    return null
  }

  tooLong(relation: Relation): Relation {
    const table = tableLabel(relation.schema, relation.name)
    this.#error(
      'MANIFEST_INVALID',
      `expected at most ${MOST_ROWS} rows in ${table}, which says types, got more`,
      'Name the relation with one row for each column.',
    )
    return relation
  }

  denied(relation: Relation, columns: readonly string[]): Relation {
    const table = tableLabel(relation.schema, relation.name)
    this.#error(
      'SOURCE_REFUSED',
      `expected a login that may read ${table}, which says types, got no right to select ${columns.join(', ')}`,
      'Run `rehouse check --grants` and have the printed statements executed.',
    )
    return relation
  }

  unmapped(word: string): void {
    this.#unmapped.add(word)
  }

  /** `alike`: the same for rows that mean one column. */
  declare(alike: string, { column, type }: { readonly column: string; readonly type: string | null }): void {
    const before = this.#declared.get(alike)
    if (before !== undefined && before !== type) this.#twice.add(column)
    this.#declared.set(alike, type)
  }

  check(type: string): void {
    if (this.#types.has(type)) return
    this.#types.set(type, errorOf(type))
  }

  /** What the rows had wrong, each kind once. */
  tell(relation: Relation): void {
    const table = tableLabel(relation.schema, relation.name)
    const shown = (words: ReadonlySet<string>): string =>
      [...words].toSorted(compareCodePoints).slice(0, SHOWN).map(wordShown).join(', ') +
      (words.size > SHOWN ? ` and ${words.size - SHOWN} more` : '')
    if (this.#unmapped.size > 0)
      this.#error(
        'MAPPING_TYPE',
        `expected a type for each word in ${table}.${this.#wanted.column}, got none for ${shown(this.#unmapped)}`,
        'Add it under `as.map`, or say with `as.else` what becomes of values of such columns.',
      )
    if (this.#twice.size > 0)
      this.#error(
        'MAPPING_TYPE',
        `expected one type for each column in ${table}, got several for ${shown(this.#twice)}`,
        'Correct the rows, or match by more of their columns.',
      )
    for (const error of this.#types.values()) if (error !== null) this.#error(error.code, error.message, error.next)
  }

  nothing(relation: Relation | null): DeclaredTypes {
    const list = { relation: relation ?? NO_RELATION, columns: [], marker: '' }
    return { list, findings: this.all, of: () => new Map() }
  }

  #error(code: Code, message: string, next: string): void {
    const { entity, mapping } = this.#from
    const { line } = this.#wanted.at
    this.all.push({ code, severity: 'error', where: { file: mapping.file, line, entity: entity.name }, message, next })
  }
}

export const NO_RELATION: Relation = {
  schema: '',
  name: '',
  kind: 'table',
  columns: [],
  primaryKey: null,
  uniqueKeys: [],
  foreignKeys: [],
  estimatedRows: null,
}

function errorOf(type: string): RehouseError | null {
  try {
    parseTypeName(type)
    return null
  } catch (error) {
    if (error instanceof RehouseError) return error
    throw error
  }
}

/** Out of the data: shortened, and whatever cannot be seen escaped. */
export function wordShown(word: string): string {
  return JSON.stringify(word.length > 60 ? `${word.slice(0, 60)}…` : word)
}
