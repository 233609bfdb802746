import type { QuarantineResult } from '../model/results.ts'
import { type Call, manifestOptions } from './call.ts'
import { definedOnly } from './flags.ts'
import { parseKey } from './key-values.ts'

/** The rows the command's filters describe, at most `limit` (null = all). */
export async function queryQuarantine(call: Call, limit: number | null, purpose?: 'shown' | 'exported'): Promise<QuarantineResult> {
  const { flags } = call
  const key = flags.text('key')
  const filter = definedOnly({
    tenant: flags.text('tenant'),
    entity: flags.text('entity'),
    code: flags.text('code'),
    run: flags.text('run'),
    key: key === undefined ? undefined : parseKey(key),
  })
  const api = await call.host.loadApi()
  return api.quarantine({
    ...manifestOptions(call),
    ...filter,
    limit,
    operator: flags.text('operator') ?? call.host.operator,
    ...definedOnly({ purpose }),
  })
}
