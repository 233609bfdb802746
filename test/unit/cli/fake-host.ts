import type { Api } from '../../../src/cli/api.ts'
import type { Host } from '../../../src/cli/host.ts'
import { runCli } from '../../../src/cli/run-cli.ts'
import { fakeApi, type Recorded } from './fake-api.ts'

export interface Ran {
  readonly exit: number
  readonly out: string
  readonly err: string
  readonly calls: readonly Recorded[]
}

/** Runs a command line in this process against the fake library. */
export async function run(
  words: readonly string[],
  options: { readonly api?: Partial<Api>; readonly host?: Partial<Host> } = {},
): Promise<Ran> {
  const { api, calls } = fakeApi(options.api)
  const out: string[] = []
  const err: string[] = []
  const host: Host = {
    out: { terminal: null, write: text => out.push(text) },
    err: { terminal: null, write: text => err.push(text) },
    env: {},
    cwd: '/nowhere',
    version: '0.1.0',
    operator: 'ada',
    signal: new AbortController().signal,
    nowMs: () => 0,
    cpuSeconds: () => 0,
    loadApi: async () => api,
    ...options.host,
  }
  const exit = await runCli(words, host)
  return { exit, out: out.join(''), err: err.join(''), calls }
}
