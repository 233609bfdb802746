import type { EventListener } from '../events.ts'
import type { Finding } from '../model/finding.ts'
import type { MigrateResult } from '../model/results.ts'

/** Findings that come up while rows are read: each once, however often its batch was tried. */
export class FoundFindings {
  readonly #found = new Map<string, Finding>()

  /** Listens in. */
  passing(emit: EventListener): EventListener {
    return event => {
      if (event.type === 'finding:found') this.#found.set(JSON.stringify(event.finding), event.finding)
      emit(event)
    }
  }

  /** The result with what came up; a clean one that has an error among it is clean no more. */
  added(result: MigrateResult): MigrateResult {
    const known = new Set(result.findings.map(finding => JSON.stringify(finding)))
    const more = [...this.#found].filter(([text]) => !known.has(text)).map(([, finding]) => finding)
    const isWrong = more.some(finding => finding.severity === 'error')
    return { ...result, findings: [...result.findings, ...more], status: isWrong && result.status === 'clean' ? 'findings' : result.status }
  }
}
