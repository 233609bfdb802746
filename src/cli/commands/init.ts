import { relative, resolve } from 'node:path'
import { RehouseError } from '../../errors.ts'
import type { EventListener } from '../../events.ts'
import type { ProfileResult } from '../../model/profile-result.ts'
import type { InitResult } from '../../model/results.ts'
import { exitStatus } from '../../report/exit-status.ts'
import { renderInit } from '../../report/init-text.ts'
import { renderNextSteps, stepsAfterInit } from '../../report/next-steps.ts'
import type { Answer, Call } from '../call.ts'
import { definedOnly } from '../flags.ts'
import { USUAL, writeProfileFiles } from '../profile-files.ts'
import { openProgressView } from '../progress-view.ts'

export async function run(call: Call): Promise<Answer> {
  const { flags, host, args } = call
  const out = flags.text('out')
  if (out === undefined)
    throw new RehouseError('USAGE', 'expected --out DIR, got no folder to write into', { next: 'Write for example `--out shop`.' })
  const api = await host.loadApi()
  const made = await withProgress(call, on =>
    api.init({
      sources: args,
      out,
      force: flags.isOn('force'),
      cwd: host.cwd,
      env: host.env,
      signal: host.signal,
      ...(flags.isOn('profile') ? { profile: true, on } : {}),
      ...definedOnly({ target: flags.text('target') }),
    }),
  )
  const result = made.profile === undefined ? made : await withProfileFiles(made, made.profile, resolve(host.cwd, out))
  const manifest = relative(host.cwd, result.files[0] ?? '')
  const isBuiltIn = flags.text('target')?.startsWith('embedded:') ?? true
  return {
    json: result,
    lines: page => [...renderInit(result, page), ...renderNextSteps(stepsAfterInit({ manifest }, { isBuiltIn }), page)],
    exit: exitStatus({ kind: 'done' }),
  }
}

/** The report of the profile lies beside the manifest. */
async function withProfileFiles(made: InitResult, found: ProfileResult, folder: string): Promise<InitResult> {
  const profile = await writeProfileFiles(found, { folder, formats: USUAL })
  return { ...made, profile, files: [...made.files, ...profile.files] }
}

/** Only a profile takes long enough to show how far it is. */
async function withProgress<T>(call: Call, work: (on: EventListener) => Promise<T>): Promise<T> {
  const view = openProgressView(call.host, call.isJson ? 'json' : 'text')
  try {
    return await work(view.on)
  } finally {
    await view.close()
  }
}
