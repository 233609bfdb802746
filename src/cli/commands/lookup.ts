import { RehouseError } from '../../errors.ts'
import { exitStatus } from '../../report/exit-status.ts'
import { renderLookup } from '../../report/lookup-text.ts'
import { type Answer, type Call, manifestOptions } from '../call.ts'
import { definedOnly } from '../flags.ts'
import { parseKey } from '../key-values.ts'

export async function run(call: Call): Promise<Answer> {
  const legacy = call.flags.list('legacy')?.map(parseKey)
  const ids = call.flags.list('id')
  if ((legacy === undefined) === (ids === undefined)) {
    throw new RehouseError('USAGE', `expected either --legacy or --id, got ${legacy === undefined ? 'neither' : 'both'}`, {
      next: 'Give legacy keys with --legacy KEY, or identifiers of the target with --id UUID.',
    })
  }
  const api = await call.host.loadApi()
  const result = await api.lookup({
    ...manifestOptions(call),
    entity: call.args[0] ?? '',
    operator: call.flags.text('operator') ?? call.host.operator,
    tenant: call.flags.text('tenant') ?? null,
    ...definedOnly({ legacy, ids }),
  })
  return { json: result, lines: page => renderLookup(result, page), exit: exitStatus({ kind: 'lookup', result }) }
}
