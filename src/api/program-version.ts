import { readFileSync } from 'node:fs'

/** The version of this program, from its package. */
export const PROGRAM_VERSION: string = readVersion()

function readVersion(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8')
  // The package is ours: it has a version.
  const { version } = JSON.parse(text) as { readonly version: string }
  return version
}
