import { exitStatus } from '../../report/exit-status.ts'
import { renderMigrate } from '../../report/migrate-text.ts'
import { renderNextSteps, stepsAfterMigrate } from '../../report/next-steps.ts'
import type { MigrateOptions } from '../api.ts'
import { type Answer, type Call, invocationOf, manifestOptions } from '../call.ts'
import { definedOnly } from '../flags.ts'
import { openProgressView } from '../progress-view.ts'

export async function run(call: Call): Promise<Answer> {
  const api = await call.host.loadApi()
  const view = openProgressView(call.host, call.isJson ? 'json' : 'text')
  try {
    const result = await api.migrate({ ...migrateOptions(call), on: view.on })
    return {
      json: result,
      lines: page => [...renderMigrate(result, page), ...renderNextSteps(stepsAfterMigrate(result, invocationOf(call)), page)],
      exit: exitStatus({ kind: 'migrate', result }),
    }
  } finally {
    await view.close()
  }
}

function migrateOptions(call: Call): MigrateOptions {
  const { flags } = call
  return {
    ...manifestOptions(call),
    dryRun: flags.isOn('dry-run'),
    createTarget: flags.isOn('create-target'),
    wait: flags.isOn('wait'),
    topUp: flags.isOn('top-up'),
    deleteGone: flags.isOn('delete-gone'),
    keepStaging: flags.isOn('keep-staging'),
    operator: flags.text('operator') ?? call.host.operator,
    ...definedOnly({
      tenants: flags.list('tenant'),
      entities: flags.list('entity'),
      phase: flags.text('phase'),
      resume: flags.optionalText('resume'),
      batchRows: flags.count('batch-rows'),
      until: flags.text('until'),
      sample: flags.count('sample'),
      audit: flags.text('audit'),
    }),
  }
}
