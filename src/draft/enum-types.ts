import type { SqlType } from '../model/sql-type.ts'
import type { DraftEnum } from './draft.ts'
import type { DraftNames } from './draft-names.ts'
import { sqlTable } from './sql-name.ts'
import { plainName } from './target-names.ts'

/** The enum types the target needs: one for each type of the sources, whatever columns use it; one more where the labels differ. */
export class EnumTypes {
  readonly #names: DraftNames
  readonly #types = new Map<string, DraftEnum>()

  constructor(names: DraftNames) {
    this.#names = names
  }

  /** How SQL spells it. */
  typeSql(type: SqlType, schema: string): string {
    const labels = type.labels ?? []
    const identity = JSON.stringify([type.schema, type.name, labels])
    const known = this.#types.get(identity)
    if (known !== undefined) return sqlTable(known)
    const made = { schema, name: this.#names.relation(schema, plainName(type.name, 'enum')), labels }
    this.#types.set(identity, made)
    return sqlTable(made)
  }

  get all(): readonly DraftEnum[] {
    return [...this.#types.values()]
  }
}
