import type { Finding } from '../model/finding.ts'
import type { Entity } from '../model/mapping.ts'
import type { TopUpRule } from './load-context.ts'

const MOST_KEYS = 5

/** Rows that only the target changed, by entity and tenant. */
export class TouchedRows {
  readonly #found = new Map<string, { readonly entity: string; readonly tenant: string | null; rows: number; readonly keys: string[] }>()

  /** How an entity of a tenant is topped up. */
  ruleFor(entity: Entity, tenant: string | null): TopUpRule {
    return { onConflict: entity.onConflict, touched: keys => this.#add(entity.name, tenant, keys) }
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
    return [...this.#found.values()].map(({ entity, tenant, rows, keys }) => ({
      code: 'TARGET_ROWS_CHANGED',
      severity: 'warning',
      where: { entity, ...(tenant === null ? {} : { tenant }) },
      message: `expected rows as they were loaded, got ${rows} that somebody changed or removed in the target since: ${namedKeys(keys, rows)}`,
      next: 'Nothing, if the application did it: what it wrote is kept, as long as the source does not change the same rows.',
    }))
  }
}

/** The first keys, and that there are more. */
export function namedKeys(keys: readonly string[], rows: number): string {
  return `${keys.slice(0, MOST_KEYS).join(' ')}${rows > Math.min(MOST_KEYS, keys.length) ? ' …' : ''}`
}
