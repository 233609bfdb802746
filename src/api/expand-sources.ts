import { glob, stat } from 'node:fs/promises'
import { basename, extname, resolve } from 'node:path'
import { FILE_SCHEMES, schemeOf } from '../base/address-schemes.ts'
import { compareCodePoints } from '../base/code-point-order.ts'
import { fileAddress } from '../base/file-address.ts'
import type { GivenSource } from '../draft/source-address.ts'
import { RehouseError } from '../errors.ts'

const GLOB = /[*[\]{}]/
/** Endings that tell nothing about what is in a dump. */
const PACKED = /\.(?:gz|zst|zip)$/i
const MOST_SOURCES = 65_535

/** Sources as given on the command line → one per tenant: patterns become the files or folders they match, in the order of their paths. Throws USAGE. */
export async function expandSources(given: readonly string[], cwd: string): Promise<readonly GivenSource[]> {
  const found = (await Promise.all(given.map(text => expandSource(text, cwd)))).flat()
  if (found.length > MOST_SOURCES) throw usage(`expected at most ${MOST_SOURCES} sources, got ${found.length}`, 'Split the migration.')
  const paths = found.flatMap(source => (source.kind === 'file' ? [source.path] : [source.address]))
  const twice = paths.findIndex((path, i) => paths.indexOf(path) !== i)
  if (twice >= 0) throw usage(`expected each source once, got source ${twice + 1} again`, 'Take one of the two out.')
  return withCodes(found)
}

async function expandSource(text: string, cwd: string): Promise<readonly GivenSource[]> {
  const scheme = schemeOf(text)
  if (scheme === 'env' || (scheme === 'file' && !text.startsWith('file://')))
    return [{ kind: 'reference', code: text.slice(scheme.length + 1).toLowerCase(), address: text }]
  if (scheme === 'postgres' || scheme === 'postgresql') return [{ kind: 'postgres', code: databaseOf(text), address: text }]
  if (scheme in FILE_SCHEMES) return expandFiles(text, cwd)
  const guess = /\.bacpac$/i.test(text) ? 'bacpac' : /\.(?:sql|dump|backup)(?:\.gz|\.zst)?$/i.test(text) ? 'pgdump' : null
  throw usage(
    `expected a source as postgres://…, ${Object.keys(FILE_SCHEMES).join(':…, ')}:… or env:NAME, got ${scheme === '' ? 'something without a kind' : `${scheme}:…`}`,
    guess === null ? 'Write what kind of source it is before its address.' : `Write ${guess}: before the path.`,
  )
}

function databaseOf(address: string): string {
  const [, database = ''] = /^[^?#]*\/\/[^/]*\/([^?#/]*)/.exec(address) ?? []
  try {
    return decodeURIComponent(database) || 'database'
  } catch (error) {
    if (error instanceof URIError) return 'database'
    throw error
  }
}

async function expandFiles(text: string, cwd: string): Promise<readonly GivenSource[]> {
  const { scheme, path } = addressOf(text)
  const [, query = ''] = /\?(.*)$/s.exec(text) ?? []
  const paths = (await isThere(resolve(cwd, path))) || !GLOB.test(path) ? [resolve(cwd, path)] : await matching(path, { cwd, scheme })
  return paths.map(full => {
    const stem = stemOf(full, scheme)
    return { kind: 'file', code: stem, scheme, path: full, stem, query }
  })
}

function addressOf(text: string): ReturnType<typeof fileAddress> {
  try {
    return fileAddress(text)
  } catch (error) {
    if (error instanceof RangeError) throw usage(error.message, 'Correct the address.')
    throw error
  }
}

async function isThere(path: string): Promise<boolean> {
  try {
    await stat(path)
    return true
  } catch (error) {
    if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR')) return false
    throw error
  }
}

async function matching(pattern: string, { cwd, scheme }: { readonly cwd: string; readonly scheme: string }): Promise<readonly string[]> {
  const paths: string[] = []
  for await (const path of glob(pattern, { cwd })) {
    const full = resolve(cwd, path)
    // A folder of CSV files is one source; a dump may be a file or a folder.
    const isFolder = (await stat(full)).isDirectory()
    if (scheme === 'csv' ? isFolder : scheme !== 'bacpac' || !isFolder) paths.push(full)
  }
  if (paths.length === 0) {
    const what = scheme === 'csv' ? 'a folder' : 'a file'
    throw usage(
      `expected ${what} that matches ${pattern}, got none in ${cwd}`,
      'Correct the pattern, and put it in quotes, so that the shell leaves it alone.',
    )
  }
  return paths.sort(compareCodePoints)
}

function stemOf(path: string, scheme: string): string {
  const name = basename(path)
  if (scheme === 'csv') return name
  const bare = name.replace(PACKED, '')
  const stem = bare.slice(0, bare.length - extname(bare).length)
  return stem === '' ? name : stem
}

/** Codes are unique: a second `shop` is `shop-2`. Control characters and blanks around go. */
function withCodes(sources: readonly GivenSource[]): readonly GivenSource[] {
  const taken = new Set<string>()
  return sources.map(source => {
    const plain =
      source.code
        .replace(/\p{Cc}+/gu, ' ')
        .trim()
        .slice(0, 190) || 'tenant'
    let code = plain
    for (let n = 2; taken.has(code); n++) code = `${plain}-${n}`
    taken.add(code)
    return { ...source, code }
  })
}

function usage(message: string, next: string): RehouseError {
  return new RehouseError('USAGE', message, { next })
}
