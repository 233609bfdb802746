import { appendFile, mkdir } from 'node:fs/promises'
import { dirname } from 'node:path'
import { RehouseError } from '../errors.ts'
import type { ErrorResult } from '../model/results.ts'
import type { Migration } from '../run/migration.ts'

/** Appends JSON lines to a file, its folder made with the first. Rejects with CONFIG_INVALID where that cannot be done. */
export function auditFile(file: string): (line: unknown) => Promise<void> {
  let isReady = false
  return async line => {
    try {
      if (!isReady) await mkdir(dirname(file), { recursive: true })
      isReady = true
      await appendFile(file, `${JSON.stringify(line)}\n`)
    } catch (cause) {
      const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'an error'
      throw new RehouseError('CONFIG_INVALID', `expected to be able to write the audit file, got ${code}`, {
        where: { file },
        next: 'Make room and give this user the folder, or name another file with --audit.',
        cause,
      })
    }
  }
}

export interface Refused {
  readonly run: string
  readonly operator: string
  readonly time: string
}

export interface RefusalPlace {
  readonly file: string
  readonly of: Refused
  /** Whose audit remembers it too, as far as they take it. */
  readonly ledgers: Migration['services']
}

/** Who refuses rows may refuse this too: the file has it. */
async function tellLedgers({ code, message, where }: RehouseError, { of, ledgers }: Omit<RefusalPlace, 'file'>): Promise<void> {
  for (const { ledger } of ledgers) {
    try {
      if ((await ledger.state()) !== 'current') continue
      await ledger.audit({ who: of.operator, action: 'policy_denied', run: of.run, detail: { code, message, where } })
    } catch (error) {
      if (!(error instanceof RehouseError)) throw error
    }
  }
}

/** Keeps a refusal of the target (policy_denied) in the audit of the ledgers, and in a file for where the database will not take it. Resolves to the error to tell: the same one, with a word where even the file could not be written. */
export async function auditRefusal(error: unknown, { file, of, ledgers }: RefusalPlace): Promise<unknown> {
  if (!(error instanceof RehouseError) || error.code !== 'TARGET_POLICY_DENIED') return error
  await tellLedgers(error, { of, ledgers })
  try {
    await auditFile(file)(refusalLine(error, of))
    return error
  } catch (second) {
    const why = second instanceof RehouseError ? second.message : 'an error'
    const next = `${error.next} (The refusal could not be kept in ${file}: ${why}.)`
    return new RehouseError(error.code, error.message, { where: error.where, next, cause: error })
  }
}

/** One line of the audit file. */
export function refusalLine({ code, message, where }: Pick<ErrorResult['error'], 'code' | 'message' | 'where'>, of: Refused): object {
  return { time: of.time, run: of.run, operator: of.operator, action: 'policy_denied', code, message, where }
}
