import type { Code } from '../errors.ts'
import type { Finding } from '../model/finding.ts'
import type { Place, Where } from '../model/place.ts'
import type { Survey } from './survey.ts'

/** One preflight check. `run` is pure and gives its findings in a stable order: that of the manifest, then of the tenants, then of the catalogue. */
export interface Check {
  /** That of its file. */
  readonly name: string
  /** What it looks for: one sentence for people. */
  readonly finds: string
  /** Every code it may give, with its severities. A test holds `run` to it. */
  readonly gives: readonly Given[]
  readonly run: (survey: Survey) => readonly Finding[]
}

export interface Given {
  readonly code: Code
  readonly severity: Finding['severity']
}

/** What is said about one thing: where it is, what was expected and found, what to do. */
export interface Said {
  readonly where: Where
  readonly message: string
  readonly next: string
}

export function finding({ code, severity }: Given, { where, message, next }: Said): Finding {
  return { code, severity, where, message, next }
}

/** A place in the manifest as part of a `where` that also names a table. */
export function filePlace(at: Place): Pick<Where, 'file' | 'line' | 'column'> {
  return { file: at.file, line: at.line, column: at.column }
}
