import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { RehouseError } from '../errors.ts'
import { parseEnvFile } from './env-file.ts'

/** Names and values: the environment over the `.env` file. An empty value counts as none. */
export interface Environment {
  get(name: string): string | null
  /** For messages: where a name may be set. */
  readonly places: string
}

export interface EnvironmentOptions {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly manifestFolder: string
  /** `--env-file`, relative to the working folder; absent = `.env` beside the manifest, if there is one. */
  readonly envFile?: string | undefined
}

/** Throws CONFIG_MISSING where a file that was named is not there, CONFIG_INVALID where it cannot be read. */
export function readEnvironment(options: EnvironmentOptions): Environment {
  const file = options.envFile === undefined ? join(options.manifestFolder, '.env') : resolve(options.envFile)
  const values = readEnvFile(file, options.envFile === undefined ? 'if there' : 'always')
  const get = (name: string): string | null => own(options.env, name) || values?.get(name) || null
  return { get, places: values === null ? 'the environment' : `the environment or ${file}` }
}

/** An environment without a file, for callers that have none. */
export function environmentOf(env: Readonly<Record<string, string | undefined>>): Environment {
  return { get: name => own(env, name) || null, places: 'the environment' }
}

function own(env: EnvironmentOptions['env'], name: string): string | undefined {
  return Object.hasOwn(env, name) ? env[name] : undefined
}

/** Flags over environment over `.env` over manifest: the first of them that says something. Null = none does. */
export function chosenSetting<T>(choices: {
  readonly flag?: T | null | undefined
  readonly environment?: T | null | undefined
  readonly manifest?: T | null | undefined
}): T | null {
  return choices.flag ?? choices.environment ?? choices.manifest ?? null
}

function readEnvFile(file: string, wanted: 'always' | 'if there'): ReadonlyMap<string, string> | null {
  let bytes: Buffer
  try {
    bytes = readFileSync(file)
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'an error'
    if (code === 'ENOENT' && wanted === 'if there') return null
    if (code === 'ENOENT')
      throw new RehouseError('CONFIG_MISSING', 'expected the file --env-file names, got none', {
        where: { file },
        next: 'Correct the path, or leave the flag out.',
        cause,
      })
    throw new RehouseError('CONFIG_INVALID', `expected a readable file of settings, got ${code}`, {
      where: { file },
      next: 'Let this user read the file.',
      cause,
    })
  }
  try {
    return parseEnvFile(new TextDecoder('utf-8', { fatal: true }).decode(bytes), file)
  } catch (cause) {
    if (cause instanceof RehouseError) throw cause
    throw new RehouseError('CONFIG_INVALID', 'expected a file of settings in UTF-8, got other bytes', {
      where: { file },
      next: 'Save the file as UTF-8.',
      cause,
    })
  }
}
