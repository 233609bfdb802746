import type { Finding } from '../model/finding.ts'

/** What a draft has to say about a table, a column, or several sources. */
export interface Remark {
  readonly table?: string | undefined
  readonly column?: string | undefined
  readonly tenant?: string | undefined
  readonly message: string
  readonly next: string
}

export class DraftFindings {
  readonly #found: Finding[] = []

  warn(code: Finding['code'], remark: Remark): void {
    this.#add(code, 'warning', remark)
  }

  note(code: Finding['code'], remark: Remark): void {
    this.#add(code, 'info', remark)
  }

  #add(code: string, severity: Finding['severity'], { table, column, tenant, message, next }: Remark): void {
    const where = {
      ...(tenant === undefined ? {} : { tenant }),
      ...(table === undefined ? {} : { table }),
      ...(column === undefined ? {} : { column }),
    }
    this.#found.push({ code, severity, where, message, next })
  }

  /** In the order found. */
  get all(): readonly Finding[] {
    return this.#found
  }
}

const MOST_NAMED = 5

/** `a, b and 3 more`. */
export function listed(names: readonly string[]): string {
  if (names.length <= MOST_NAMED) return names.join(', ')
  return `${names.slice(0, MOST_NAMED).join(', ')} and ${names.length - MOST_NAMED} more`
}
