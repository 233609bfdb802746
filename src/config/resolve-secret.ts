import { readFileSync, statSync } from 'node:fs'
import { resolve } from 'node:path'
import { RehouseError } from '../errors.ts'
import type { Place, Where } from '../model/place.ts'
import type { Environment } from './environment.ts'

/** Where references lead: names in the environment, files beside the manifest. */
export interface ReferenceContext {
  readonly environment: Environment
  readonly manifestFolder: string
}

const MOST_BYTES = 64 * 1024

export function isReference(text: string): boolean {
  return /^(?:env|file):/.test(text)
}

/**
 * What `env:NAME` or `file:PATH` stands for. Paths are relative to the manifest; one line end at the end of a file is not part of the secret.
 * Throws CONFIG_MISSING where there is none, CONFIG_INVALID where it cannot be read, with the place in the manifest. The value is the caller's to keep secret.
 */
export function resolveReference(reference: string, at: Place, context: ReferenceContext): string {
  return reference.startsWith('env:')
    ? fromEnvironment(reference.slice(4), at, context.environment)
    : fromFile(reference.slice(5), at, context.manifestFolder)
}

function fromEnvironment(name: string, at: Place, environment: Environment): string {
  if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name))
    throw new RehouseError('MANIFEST_INVALID', 'expected the name of an environment variable after env:, got something else', {
      where: whereOf(at),
      next: 'Use letters, digits and _.',
    })
  const value = environment.get(name)
  if (value === null)
    throw new RehouseError('CONFIG_MISSING', `expected ${name} in ${environment.places}, got nothing`, {
      where: whereOf(at),
      next: `Set ${name}, or name a file that has it with --env-file.`,
    })
  return value
}

function fromFile(path: string, at: Place, folder: string): string {
  const file = resolve(folder, path.replace(/^\/\/(?=\/)/, ''))
  const text = readSecretFile(file, at)
  const value = text.replace(/\r?\n$/, '')
  if (value === '')
    throw new RehouseError('CONFIG_MISSING', `expected a secret in the file ${file}, got an empty file`, {
      where: whereOf(at),
      next: 'Write the secret into it.',
    })
  return value
}

function readSecretFile(file: string, at: Place): string {
  try {
    const facts = statSync(file)
    if (facts.isFile() && facts.size <= MOST_BYTES) return new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(file))
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'an error'
    const isMissing = code === 'ENOENT' || code === 'ENOTDIR'
    const message = isMissing ? `expected the file ${file}, got none` : `expected a readable text in the file ${file}, got ${code}`
    throw new RehouseError(isMissing ? 'CONFIG_MISSING' : 'CONFIG_INVALID', message, {
      where: whereOf(at),
      next: 'Create it, readable by its owner only (chmod 600), or correct the path; it is relative to the manifest.',
      cause,
    })
  }
  throw new RehouseError('CONFIG_INVALID', `expected a file of at most ${MOST_BYTES} bytes at ${file}, got something else`, {
    where: whereOf(at),
    next: 'Name the file that holds only the secret.',
  })
}

export function whereOf(at: Place): Where {
  return { file: at.file, line: at.line, column: at.column }
}
