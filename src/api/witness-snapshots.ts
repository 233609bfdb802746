import type { Migration } from '../run/migration.ts'
import type { Source, SourceSnapshot } from '../source/source.ts'
import type { VerifiedEntity } from '../verify/table-scopes.ts'

/** Snapshots for sums, one for each source and tenant, opened when first asked for, closed once all that is read from it is done. Whoever made it closes it. */
export class WitnessSnapshots {
  readonly #migration: Migration
  readonly #entities: readonly VerifiedEntity[]
  readonly #done = new Set<VerifiedEntity>()
  readonly #open = new Map<string, Promise<{ readonly source: Source; readonly snapshot: SourceSnapshot }>>()

  constructor(migration: Migration, entities: readonly VerifiedEntity[]) {
    this.#migration = migration
    this.#entities = entities
  }

  /** Nothing more is asked about an entity. What was staged for its source may go once no other needs it: tenants are many. */
  async done(entity: VerifiedEntity): Promise<void> {
    const name = this.#nameOf(entity)
    this.#done.add(entity)
    if (this.#entities.some(other => this.#nameOf(other) === name && !this.#done.has(other))) return
    const open = this.#open.get(name)
    this.#open.delete(name)
    await (await open)?.source.close()
  }

  async of(entity: VerifiedEntity): Promise<SourceSnapshot> {
    const name = this.#nameOf(entity)
    const known = this.#open.get(name) ?? this.#openFor(entity)
    this.#open.set(name, known)
    return (await known).snapshot
  }

  #nameOf({ facts, tenant }: VerifiedEntity): string {
    const { source } = facts.entity.from
    return JSON.stringify([source, this.#migration.isPerTenant(source) ? tenant?.code : null])
  }

  async #openFor(entity: VerifiedEntity): Promise<{ readonly source: Source; readonly snapshot: SourceSnapshot }> {
    const name = entity.facts.entity.from.source
    const same = this.#entities.filter(other => this.#nameOf(other) === this.#nameOf(entity) && !other.facts.isAbsent)
    const source = await this.#migration.openSource(name, this.#migration.isPerTenant(name) ? entity.tenant : null)
    try {
      return { source, snapshot: await source.openSnapshot([...new Set(same.map(other => other.facts.relation))]) }
    } catch (error) {
      await source.close()
      throw error
    }
  }

  async close(): Promise<void> {
    for (const open of this.#open.values())
      await open.then(
        ({ source }) => source.close(),
        () => undefined,
      )
    this.#open.clear()
  }
}
