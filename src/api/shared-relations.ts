import type { Catalogue, Relation } from '../model/catalogue.ts'

/** Keeps one of each relation: 383 exports of one application describe the same tables 383 times. */
export class SharedRelations {
  readonly #known = new Map<string, Relation>()

  shared(catalogue: Catalogue): Catalogue {
    return { ...catalogue, relations: catalogue.relations.map(relation => this.#one(relation)) }
  }

  #one(relation: Relation): Relation {
    // How many rows there are is nothing a draft hangs on.
    const text = JSON.stringify({ ...relation, estimatedRows: null })
    const known = this.#known.get(text)
    if (known === undefined) this.#known.set(text, relation)
    return known ?? relation
  }
}
