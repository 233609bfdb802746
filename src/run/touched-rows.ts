import type { Finding } from '../model/finding.ts'
import type { Entity } from '../model/mapping.ts'
import type { TopUpRule } from './load-context.ts'

const MOST_KEYS = 5

/** Rows that only the target changed, by entity and tenant. */
export class TouchedRows {
  readonly #found = new Map<string, { readonly entity: string; readonly tenant: string | null; rows: number; readonly keys: string[] }>()

  readonly #always: 'repair' | null

  /** `always`: whatever the manifest says of conflicts. */
  constructor(always: 'repair' | null) {
    this.#always = always
  }

  get isRepair(): boolean {
    return this.#always === 'repair'
  }

  /** How an entity of a tenant is topped up. */
  ruleFor(entity: Entity, tenant: string | null): TopUpRule {
    return { onConflict: this.#always ?? entity.onConflict, touched: keys => this.#add(entity.name, tenant, keys) }
  }

  #add(entity: string, tenant: string | null, keys: readonly (readonly string[])[]): void {
    if (keys.length === 0) return
    const name = JSON.stringify([entity, tenant])
    const found = this.#found.get(name) ?? { entity, tenant, rows: 0, keys: [] }
    this.#found.set(name, found)
    found.rows += keys.length
    for (const key of keys) if (found.keys.length < MOST_KEYS) found.keys.push(key.join(','))
  }

  findings(): readonly Finding[] {
    if (this.isRepair) return this.#notRepaired()
    return [...this.#found.values()].map(({ entity, tenant, rows, keys }) => ({
      code: 'TARGET_ROWS_CHANGED',
      severity: 'warning',
      where: { entity, ...(tenant === null ? {} : { tenant }) },
      message: `expected rows as they were loaded, got ${rows} that somebody changed or removed in the target since: ${namedKeys(keys, rows)}`,
      next: 'Nothing, if the application did it: what it wrote is kept, as long as the source does not change the same rows.',
    }))
  }

  #notRepaired(): readonly Finding[] {
    return [...this.#found.values()].map(({ entity, tenant, rows, keys }) => ({
      code: 'TARGET_ROWS_CHANGED',
      severity: 'warning',
      where: { entity, ...(tenant === null ? {} : { tenant }) },
      message: `expected to put every row that differs right, got ${rows} the server or the id map would not have: ${namedKeys(keys, rows)}`,
      next: 'Look what the target’s constraints and triggers say of them, then run `rehouse verify --level rigorous --repair` again.',
    }))
  }
}

/** The first keys, and that there are more. */
export function namedKeys(keys: readonly string[], rows: number): string {
  return `${keys.slice(0, MOST_KEYS).join(' ')}${rows > Math.min(MOST_KEYS, keys.length) ? ' …' : ''}`
}
