import { tableLabel } from '../base/table-label.ts'
import type { Code } from '../errors.ts'
import type { Finding } from '../model/finding.ts'
import type { ProfileFinding } from '../model/profile-result.ts'
import type { Hint, ManifestLines, TableName } from './manifest-lines.ts'

export interface Remark {
  readonly tenant?: string | undefined
  readonly table: TableName | null
  readonly column?: string | undefined
  /** Rows, or values, as the message says. */
  readonly count?: number
  readonly message: string
  readonly next: string
  readonly hint?: Hint
}

/** Findings in the order found; their manifest lines are written when all are known. */
export class ProfileFindings {
  readonly #found: { readonly finding: Finding; readonly remark: Remark }[] = []
  readonly #lines: ManifestLines

  constructor(lines: ManifestLines) {
    this.#lines = lines
  }

  error(code: Code, remark: Remark): void {
    this.#add(code, 'error', remark)
  }

  warn(code: Code, remark: Remark): void {
    this.#add(code, 'warning', remark)
  }

  note(code: Code, remark: Remark): void {
    this.#add(code, 'info', remark)
  }

  all(): readonly ProfileFinding[] {
    return this.#found.map(({ finding, remark: { table, hint, count } }) => ({
      ...finding,
      count: count ?? null,
      manifest: table === null || hint === undefined ? null : this.#lines.text(table, hint),
    }))
  }

  #add(code: Code, severity: Finding['severity'], remark: Remark): void {
    const { tenant, table, column, message, next, hint } = remark
    const where = {
      ...(tenant === undefined ? {} : { tenant }),
      ...(table === null ? {} : { table: tableLabel(table.schema, table.name) }),
      ...(column === undefined ? {} : { column }),
    }
    this.#found.push({ finding: { code, severity, where, message, next }, remark })
    if (table !== null && hint !== undefined) this.#lines.note(table, hint)
  }
}

/** `1 row`, `2 rows`: plain digits, so that equal findings are equal texts. */
export function counted(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`
}
