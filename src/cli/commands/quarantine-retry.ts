import { exitStatus } from '../../report/exit-status.ts'
import { renderMigrate } from '../../report/migrate-text.ts'
import { renderNextSteps, stepsAfterMigrate } from '../../report/next-steps.ts'
import { type Answer, type Call, invocationOf, manifestOptions } from '../call.ts'
import { definedOnly } from '../flags.ts'
import { openProgressView } from '../progress-view.ts'

export async function run(call: Call): Promise<Answer> {
  const { flags } = call
  const api = await call.host.loadApi()
  const view = openProgressView(call.host, call.isJson ? 'json' : 'text')
  try {
    const result = await api.retryQuarantine({
      ...manifestOptions(call),
      wait: flags.isOn('wait'),
      operator: flags.text('operator') ?? call.host.operator,
      ...definedOnly({ tenants: flags.list('tenant'), entities: flags.list('entity'), batchRows: flags.count('batch-rows') }),
      on: view.on,
    })
    return {
      json: result,
      lines: page =>
        result.run === ''
          ? ['Nothing is in quarantine.']
          : [...renderMigrate(result, page), ...renderNextSteps(stepsAfterMigrate(result, invocationOf(call)), page)],
      exit: exitStatus({ kind: 'migrate', result }),
    }
  } finally {
    await view.close()
  }
}
