import { exitStatus } from '../../report/exit-status.ts'
import { renderVerify } from '../../report/verify-text.ts'
import type { VerifyOptions } from '../api.ts'
import { type Answer, type Call, manifestOptions } from '../call.ts'
import { definedOnly } from '../flags.ts'
import { openProgressView } from '../progress-view.ts'

export async function run(call: Call): Promise<Answer> {
  const api = await call.host.loadApi()
  const view = openProgressView(call.host, call.isJson ? 'json' : 'text')
  try {
    const result = await api.verify({ ...verifyOptions(call), on: view.on })
    return { json: result, lines: page => renderVerify(result, page), exit: exitStatus({ kind: 'verify', result }) }
  } finally {
    await view.close()
  }
}

const LEVELS: Readonly<Record<string, NonNullable<VerifyOptions['level']>>> = {
  basic: 'basic',
  standard: 'standard',
  rigorous: 'rigorous',
  forensic: 'forensic',
}

function verifyOptions(call: Call): VerifyOptions {
  const { flags } = call
  return {
    ...manifestOptions(call),
    level: LEVELS[flags.text('level') ?? ''] ?? 'standard',
    resume: flags.isOn('resume'),
    repair: flags.isOn('repair'),
    showValues: flags.isOn('show-values'),
    operator: flags.text('operator') ?? call.host.operator,
    ...definedOnly({
      tenants: flags.list('tenant'),
      entities: flags.list('entity'),
      sample: flags.count('sample'),
      report: flags.text('report'),
    }),
  }
}
