import { randomBytes } from 'node:crypto'
import { closeSync, constants, fsyncSync, linkSync, mkdirSync, openSync, readFileSync, unlinkSync, writeSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { RehouseError } from '../errors.ts'
import type { Environment } from './environment.ts'

export interface Salt {
  /** A secret: whoever has it can compute identifiers. */
  readonly salt: Buffer
  readonly origin: 'environment' | 'file' | 'created'
}

const VARIABLE = 'REHOUSE_SALT'
const BYTES = 32
const LEAST_CHARACTERS = 16

/**
 * The salt of the identifiers: REHOUSE_SALT of environment or `.env`, else the 32 bytes of `.rehouse/salt` beside the manifest, made on first use (0600; two
 * processes at once get the same). 64 or more hexadecimal digits and padded base64 of at least 32 bytes are decoded, any other text of at least 16 characters is
 * taken as its UTF-8 bytes; so `base64 < .rehouse/salt` gives the value that means the same as the file. Throws CONFIG_INVALID where it cannot be used.
 */
export function loadSalt(options: { readonly manifestFolder: string; readonly env: Environment }): Salt {
  const text = options.env.get(VARIABLE)
  if (text !== null) return { salt: decodeSalt(text), origin: 'environment' }
  const file = join(options.manifestFolder, '.rehouse', 'salt')
  const found = readSalt(file)
  if (found) return { salt: found, origin: 'file' }
  const origin = createSalt(file)
  const salt = readSalt(file)
  if (!salt) throw unusable(`expected the salt just made in ${file}, got none`, file)
  return { salt, origin }
}

function decodeSalt(text: string): Buffer {
  const trimmed = text.trim()
  if (/^(?:[0-9a-f]{2}){32,}$/i.test(trimmed)) return Buffer.from(trimmed, 'hex')
  const bytes = Buffer.from(trimmed, 'base64')
  if (bytes.length >= BYTES && bytes.toString('base64') === trimmed) return bytes
  if (trimmed.length >= LEAST_CHARACTERS) return Buffer.from(trimmed, 'utf8')
  throw new RehouseError('CONFIG_INVALID', `expected at least ${LEAST_CHARACTERS} characters in ${VARIABLE}, got ${trimmed.length}`, {
    next: `Make one with: openssl rand -hex ${BYTES}`,
  })
}

function readSalt(file: string): Buffer | null {
  let bytes: Buffer
  try {
    bytes = readFileSync(file)
  } catch (cause) {
    if (codeOf(cause) === 'ENOENT') return null
    throw unusable(`expected a readable salt at ${file}, got ${codeOf(cause)}`, file, cause)
  }
  if (bytes.length !== BYTES) throw unusable(`expected a salt of ${BYTES} bytes at ${file}, got ${bytes.length}`, file)
  return bytes
}

/** Written whole beside its place and linked into it: the name appears with all its bytes or not at all, and only for the first of several processes. */
function createSalt(file: string): 'created' | 'file' {
  const draft = `${file}.${process.pid}.${randomBytes(6).toString('hex')}`
  try {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
    writeWhole(draft, randomBytes(BYTES))
    try {
      linkSync(draft, file)
      syncFolder(dirname(file))
      return 'created'
    } catch (cause) {
      if (codeOf(cause) === 'EEXIST') return 'file'
      throw cause
    } finally {
      unlinkSync(draft)
    }
  } catch (cause) {
    throw unusable(`expected to be able to make the salt at ${file}, got ${codeOf(cause)}`, file, cause)
  }
}

function writeWhole(file: string, bytes: Buffer): void {
  const handle = openSync(file, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, 0o600)
  try {
    writeSync(handle, bytes)
    fsyncSync(handle)
  } finally {
    closeSync(handle)
  }
}

/** A salt lost in a power cut would make every identifier of the first run unreachable. */
function syncFolder(folder: string): void {
  const handle = openSync(folder, 'r')
  try {
    fsyncSync(handle)
  } finally {
    closeSync(handle)
  }
}

function codeOf(cause: unknown): string {
  return cause instanceof Error && 'code' in cause ? String(cause.code) : 'an error'
}

function unusable(message: string, file: string, cause?: unknown): RehouseError {
  return new RehouseError('CONFIG_INVALID', message, {
    where: { file },
    next: `Put back the salt the ledger was made with, or set ${VARIABLE}; with another salt other identifiers come out.`,
    cause,
  })
}
