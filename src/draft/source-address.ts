import { basename, posix, relative, sep } from 'node:path'
import { RehouseError } from '../errors.ts'
import type { Finding } from '../model/finding.ts'

/** A source as the user gave it, with what is known once it was looked at. */
export type GivenSource =
  | { readonly kind: 'postgres'; readonly code: string; readonly address: string }
  /** `path` is absolute; `stem` without the endings that say what kind of file it is; `query` as written after `?`. */
  | {
      readonly kind: 'file'
      readonly code: string
      readonly scheme: string
      readonly path: string
      readonly stem: string
      readonly query: string
    }
  | { readonly kind: 'reference'; readonly code: string; readonly address: string }

/** One address for all of them, with `{tenant.X}` where they differ, and each tenant's columns for it. */
export interface AddressPattern {
  readonly address: string
  /** In the order of the sources. */
  readonly columns: readonly Readonly<Record<string, string>>[]
  readonly findings: readonly Finding[]
}

/** Throws USAGE where no one address stands for all of them. `folder`: of the manifest. */
export function addressPattern(sources: readonly GivenSource[], folder: string): AddressPattern {
  const files = sources.filter(source => source.kind === 'file')
  const servers = sources.filter(source => source.kind === 'postgres')
  const references = sources.filter(source => source.kind === 'reference')
  if (files.length === sources.length) return filePattern(files, folder)
  if (servers.length === sources.length) return serverPattern(servers)
  if (references.length === sources.length) return referencePattern(references)
  throw usage(
    'expected sources of one kind, got several kinds',
    'Run init for each kind into a folder of its own, and bring the manifests together.',
  )
}

type FileSource = Extract<GivenSource, { kind: 'file' }>

function filePattern(files: readonly FileSource[], folder: string): AddressPattern {
  const [first] = files
  if (first === undefined) return { address: '', columns: [], findings: [] }
  if (files.some(file => file.scheme !== first.scheme || file.query !== first.query))
    throw usage(
      'expected sources of one kind and with the same options, got different ones',
      'Run init for each kind into a folder of its own.',
    )
  const paths = files.map(file => posixPath(relative(folder, file.path)))
  const ending = commonEnding(files)
  const parent = commonFolder(paths)
  const columns = paths.map(path => ({ file: path.slice(parent.length, path.length - ending.length) }))
  const address = `${first.scheme}:${encodePath(parent)}{tenant.file}${encodePath(ending)}${first.query === '' ? '' : `?${first.query}`}`
  return { address, columns, findings: [] }
}

function posixPath(path: string): string {
  return sep === '/' ? path : path.split(sep).join(posix.sep)
}

/** What all file names end in after their stem: `.bacpac`. '' where they end differently. */
function commonEnding(files: readonly FileSource[]): string {
  const endings = new Set(files.map(file => basename(file.path).slice(file.stem.length)))
  const [ending = ''] = endings
  return endings.size === 1 ? ending : ''
}

/** With the slash at its end; '' = the manifest's own folder. */
function commonFolder(paths: readonly string[]): string {
  const [first = ''] = paths
  const parts = first.split('/').slice(0, -1)
  let shared = parts.length
  for (const path of paths) {
    const others = path.split('/').slice(0, -1)
    let same = 0
    while (same < shared && others[same] === parts[same]) same++
    shared = same
  }
  return shared === 0 ? '' : `${parts.slice(0, shared).join('/')}/`
}

/** What has a meaning in an address stands as %XX. */
function encodePath(path: string): string {
  return path.replace(/[%?{}\p{Cc}]/gu, character => `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`)
}

const PARTS =
  /^(postgres(?:ql)?):\/\/(?:([^:@/?#]*)(?::((?:env|file):[^@]*|[^@/?#]*))?@)?(\[[^\]]*\]|[^:@/?#]*)(?::(\d*))?(?:\/([^?#]*))?(?:\?([^#]*))?$/i

interface ServerParts {
  readonly scheme: string
  readonly user: string | null
  readonly password: string | null
  readonly host: string
  readonly port: string
  readonly database: string
  readonly query: string
}

function serverParts(address: string): ServerParts {
  const found = PARTS.exec(address)
  if (found === null) throw usage('expected postgres://USER:PASSWORD@HOST:PORT/DATABASE, got another form', 'Write odd characters as %XX.')
  const [, scheme = '', user, password, host = '', port = '', database = '', query = ''] = found
  return { scheme, user: user ?? null, password: password ?? null, host, port, database, query }
}

function serverPattern(sources: readonly Extract<GivenSource, { kind: 'postgres' }>[]): AddressPattern {
  const parts = sources.map(source => serverParts(source.address))
  const [first] = parts
  if (first === undefined) return { address: '', columns: [], findings: [] }
  const queries = parts.map(part => withoutPassword(part.query))
  if (queries.some(query => query !== queries[0]))
    throw usage(
      'expected addresses with the same parameters after ?, got different ones',
      'Give all of them the same, or run init for each into a folder of its own.',
    )
  const columns: Record<string, string>[] = parts.map(() => ({}))
  const part = (name: 'user' | 'host' | 'port' | 'database', isAlways = false): string => {
    const values = parts.map(of => of[name] ?? '')
    if (!values.includes('') && (isAlways || new Set(values).size > 1)) {
      if (name === 'host' && values.some(value => value.startsWith('[')))
        throw usage('expected one host or names of hosts, got several IPv6 addresses', 'Give the hosts names.')
      values.forEach((value, i) => {
        ;(columns[i] ?? {})[name] = decoded(value)
      })
      return `{tenant.${name}}`
    }
    if (new Set(values).size > 1)
      throw usage(`expected a ${name} in every address or in none, got some without`, 'Write all of them in full.')
    return values[0] ?? ''
  }
  const [user, host, port, database] = [part('user'), part('host'), part('port'), part('database', true)]
  const password = passwordReference(sources, parts, columns)
  const login = first.user === null ? '' : `${user}${password.login === '' ? '' : `:${password.login}`}@`
  const query = [queries[0] ?? '', password.parameter].filter(text => text !== '').join('&')
  const address = `${first.scheme}://${login}${host}${port === '' ? '' : `:${port}`}${database === '' ? '' : `/${database}`}${query === '' ? '' : `?${query}`}`
  return { address, columns, findings: password.findings }
}

const PASSWORD_PARAMETER = /(?:^|&)password=([^&]*)/

function withoutPassword(query: string): string {
  return query.replace(PASSWORD_PARAMETER, '').replace(/^&/, '')
}

/** Passwords become references: to one variable where all have the same, else to one for each tenant. */
function passwordReference(
  sources: readonly GivenSource[],
  parts: readonly ServerParts[],
  columns: readonly Record<string, string>[],
): { readonly login: string; readonly parameter: string; readonly findings: readonly Finding[] } {
  const isParameter = parts.some(part => PASSWORD_PARAMETER.test(part.query))
  const given = parts.map(part => (isParameter ? (PASSWORD_PARAMETER.exec(part.query)?.[1] ?? null) : part.password))
  const as = (reference: string): { readonly login: string; readonly parameter: string } =>
    isParameter ? { login: '', parameter: `password=${reference}` } : { login: reference, parameter: '' }
  const distinct = new Set(given)
  const [only = null] = given
  if (distinct.size === 1 && (only === null || only === '')) return { login: '', parameter: '', findings: [] }
  if (distinct.size === 1 && only !== null && /^(?:env|file):/.test(only)) return { ...as(only), findings: [] }
  if (distinct.size === 1) return { ...as(`env:${PASSWORD_VARIABLE}`), findings: [keptOut([PASSWORD_VARIABLE])] }
  const variables = given.map((password, i) =>
    password?.startsWith('env:')
      ? password.slice(4)
      : `${PASSWORD_VARIABLE}_${(sources[i]?.code ?? String(i)).toUpperCase().replace(/[^A-Z0-9_]+/g, '_')}`,
  )
  variables.forEach((name, i) => {
    ;(columns[i] ?? {}).password_env = name
  })
  return { ...as('env:{tenant.password_env}'), findings: [keptOut(variables.filter((_, i) => !given[i]?.startsWith('env:')))] }
}

const PASSWORD_VARIABLE = 'LEGACY_PASSWORD'

function keptOut(variables: readonly string[]): Finding {
  const names = variables.slice(0, 3).join(', ') + (variables.length > 3 ? ` and ${variables.length - 3} more (column password_env)` : '')
  return {
    code: 'INIT_PASSWORD',
    severity: 'warning',
    where: {},
    message: `expected no password in a file, got ${variables.length === 1 ? 'one' : `${variables.length}`} in the addresses given: the manifest refers to ${names} instead`,
    next: `Set it before you migrate: export ${variables[0] ?? ''}=… (or write it into .env beside the manifest).`,
  }
}

function referencePattern(sources: readonly Extract<GivenSource, { kind: 'reference' }>[]): AddressPattern {
  const [first] = sources
  if (first !== undefined && sources.length === 1) return { address: first.address, columns: [{}], findings: [] }
  if (sources.some(source => !source.address.startsWith('env:')))
    throw usage('expected several references to be environment variables, got a file', 'Give the addresses as env:NAME.')
  return {
    address: 'env:{tenant.variable}',
    columns: sources.map(source => ({ variable: source.address.slice('env:'.length) })),
    findings: [],
  }
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch (error) {
    if (error instanceof URIError)
      throw usage('expected %XX in an address to stand for bytes of UTF-8, got another %', 'Write %25 for the character itself.')
    throw error
  }
}

function usage(message: string, next: string): RehouseError {
  return new RehouseError('USAGE', message, { next })
}
