import type { DraftName } from './draft.ts'
import { foldedName } from './folded-groups.ts'
import type { MergedTable } from './merged-table.ts'
import { asciiWord, NameSet, plainName } from './target-names.ts'

/** Names the draft gives itself. */
export const ID = 'id'
export const TENANT_ID = 'tenant_id'
export const LEGACY_ID = 'legacy_id'
/** A table has these already. */
const SYSTEM_COLUMNS = ['tableoid', 'xmin', 'cmin', 'xmax', 'cmax', 'ctid']
/** The schemas engines put tables into where nobody says another. */
const USUAL_SCHEMAS = new Set(['dbo', 'public', 'csv', ''])

/** Names in the target: each table its own in its schema, each entity its own in the manifest. */
export class DraftNames {
  readonly #schemas = new Map<string, string>()
  readonly #schemaNames = new NameSet(['public', 'rehouse', 'information_schema', 'legacy_staging'])
  readonly #relations = new Map<string, NameSet>()
  readonly #entities = new NameSet()

  /** `dbo` and `public` → `public`; others in snake_case. */
  schema(name: string): string {
    const folded = name.toLowerCase()
    if (USUAL_SCHEMAS.has(folded)) return 'public'
    const known = this.#schemas.get(folded)
    if (known !== undefined) return known
    const plain = plainName(name, 'schema')
    const given = this.#schemaNames.give(plain.startsWith('pg_') ? `legacy_${plain}` : plain)
    this.#schemas.set(folded, given)
    return given
  }

  table(of: DraftName): DraftName {
    const schema = this.schema(of.schema)
    return { schema, name: this.relation(schema, plainName(of.name, 'table')) }
  }

  /** The name of a table, index or type: they share one space. */
  relation(schema: string, wished: string): string {
    const names = this.#relations.get(schema) ?? new NameSet()
    this.#relations.set(schema, names)
    return names.give(wished)
  }

  /** With the schema in front where two schemas have a table of one name. */
  entity(table: MergedTable, isAlone: (name: string) => boolean): string {
    const word = asciiWord(table.name, 'table')
    return this.#entities.give(isAlone(word) ? word : asciiWord(`${table.schema}_${table.name}`, 'table'))
  }
}

/** Names of one table's columns. */
export class ColumnNames {
  readonly #names = new NameSet([ID, TENANT_ID, LEGACY_ID, ...SYSTEM_COLUMNS])

  /** What has a meaning of ours becomes `source_…`. */
  column(source: string): string {
    const plain = plainName(source, 'column')
    return this.#names.give([ID, TENANT_ID, LEGACY_ID].includes(plain) ? `source_${plain}` : plain)
  }

  /** `CustomerID` → `customer_id`; `reports_to` → `reports_to_id`; `country_code` → `country_id`; what says nothing (`id`) → the parent’s name. */
  reference(source: string, parent: string): string {
    const plain = plainName(source, 'reference').replace(/_$/, '')
    const stem = plain.replace(/_(?:id|code|no|nr|number|key|fk|ref|uuid|guid)$/, '')
    if (stem === 'id') return this.reference(parent, 'parent')
    return this.#names.give(stem === 'tenant' || stem === 'legacy' ? `source_${stem}_id` : `${stem}_id`)
  }
}

/** Finds a table by the name another refers to it with: to the letter, else whatever the case. */
export function tableFinder(tables: readonly MergedTable[]): (name: DraftName) => MergedTable | null {
  const exact = new Map(tables.map(table => [`${table.schema}\u0000${table.name}`, table]))
  const folded = new Map(tables.map(table => [foldedName(table), table]))
  return name => exact.get(`${name.schema}\u0000${name.name}`) ?? folded.get(foldedName(name)) ?? null
}
