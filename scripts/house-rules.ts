import { readdirSync, readFileSync } from 'node:fs'
import { basename, dirname, join, posix } from 'node:path'

/** Which room may import from which. A room is a folder of src/, a loose file, or `port/*` for the engines behind a port. What is not listed is forbidden. */
const PORTS = ['source', 'target', 'ledger'] as const
const WORDS = ['model', 'base', 'errors']
const ENGINE = [...WORDS, 'cast', 'postgres']
const ENGINES = ['source/*', 'target/*', 'ledger/*']
const DECIDING = [...WORDS, 'cast', 'expression', 'plan', 'events']
export const ARROWS: Readonly<Record<string, readonly string[]>> = {
  model: [],
  base: [],
  errors: ['model'],
  events: ['model'],
  cast: WORDS,
  expression: WORDS,
  plan: [...WORDS, 'cast', 'expression'],
  source: ['model'],
  target: ['model'],
  // What both ledgers share lies beside the port.
  ledger: ['model', 'errors', 'target'],
  postgres: [...WORDS, 'target'],
  'source/*': [...ENGINE, 'source'],
  'target/*': [...ENGINE, 'target'],
  'ledger/*': [...ENGINE, 'ledger', 'target'],
  checks: [...DECIDING, ...PORTS],
  // Runs begin with the survey the checks look at.
  run: [...DECIDING, ...PORTS, 'checks'],
  // Tables are matched with names by the rules of the plan.
  tables: [...WORDS, 'cast', 'plan', 'source'],
  draft: [...WORDS, 'cast'],
  // What names say (credentials, people, tables) is said once, in draft/.
  profile: [...WORDS, 'events', 'cast', 'source', 'draft'],
  verify: [...DECIDING, ...PORTS],
  undo: [...DECIDING, ...PORTS],
  manifest: [...WORDS, 'expression'],
  config: WORDS,
  // Keys whose equality PostgreSQL does not know are compared by their canonical text.
  staging: [...WORDS, 'events', 'cast', 'postgres', 'embedded', 'source'],
  report: ['model', 'errors', 'events'],
  embedded: [...WORDS, 'postgres'],
  engines: [...WORDS, ...PORTS, ...ENGINES, 'postgres', 'config', 'embedded'],
  // The verbs: each puts the rooms together for one command.
  api: [
    ...DECIDING,
    ...PORTS,
    'checks',
    'run',
    'draft',
    'profile',
    'verify',
    'undo',
    'manifest',
    'config',
    'embedded',
    'engines',
    'staging',
    'tables',
  ],
  index: ['api', 'model', 'errors', 'events', 'manifest', 'embedded', 'run'],
  cli: ['index', 'report', 'config', 'errors', 'events', 'model'],
}

/** Drivers, and the one room that may know them. */
const DRIVERS = new Set(['pg', 'pg-copy-streams'])
const DRIVER_ROOM = 'postgres'
const BANNED_NAMES = new Set(['utils', 'util', 'helpers', 'helper', 'common', 'types', 'lib', 'misc'])
const MOST_LINES = 300
const BUDGET = /^\/\/ budget: \S+/m

/** Files by their path from the project's root, with `/`. */
export type SourceFiles = ReadonlyMap<string, string>

export function readSources(root: string): SourceFiles {
  const paths = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
  const files = paths.filter(path => path.endsWith('.ts')).sort()
  return new Map(files.map(path => [`src/${path}`, readFileSync(join(root, 'src', path), 'utf8')]))
}

/** Everything in src/ that breaks a rule of the house, one sentence each, in a stable order. */
export function brokenRules(files: SourceFiles): readonly string[] {
  const imports = new Map([...files].map(([path, text]) => [path, importsOf(path, text)]))
  const each = [...files].flatMap(([path, text]) => [
    ...nameRules(path),
    ...textRules(path, text),
    ...(imports.get(path) ?? []).flatMap(to => arrowRule(path, to)),
  ])
  return [...each, ...cycles(imports)]
}

/** What a file imports, types too: project files as paths, packages by their name. */
function importsOf(path: string, text: string): readonly string[] {
  const code = text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/^\s*\/\/.*$/gm, '')
  const patterns = [
    /^\s*(?:import|export)\b[^'"`;]*?\bfrom\s*['"]([^'"]+)['"]/gm,
    /^\s*import\s*['"]([^'"]+)['"]/gm,
    /\bimport\(\s*['"]([^'"]+)['"]/g,
    /\bnew URL\(\s*['"](\.[^'"]+\.ts)['"]/g,
  ]
  const names = patterns.flatMap(pattern => [...code.matchAll(pattern)].map(match => match[1] ?? ''))
  return [...new Set(names.map(name => (name.startsWith('.') ? posix.join(dirname(path), name) : name)))]
}

/** `src/source/csv/read.ts` → `source/*`; `src/source/source.ts` → `source`; `src/errors.ts` → `errors`. */
function roomOf(path: string): string {
  const [, room = '', ...rest] = path.split('/')
  if (rest.length === 0) return room.replace(/\.ts$/, '')
  const isEngine = rest.length > 1 && PORTS.some(port => port === room)
  return isEngine ? `${room}/*` : room
}

function arrowRule(from: string, to: string): readonly string[] {
  const room = roomOf(from)
  if (!to.startsWith('src/')) {
    if (to.startsWith('..') || /^(test|scripts|bench|demo)\//.test(to)) return [`${from} imports ${to}, which is not part of the product`]
    return DRIVERS.has(to) && room !== DRIVER_ROOM ? [`${from} imports the driver ${to}, which only src/${DRIVER_ROOM}/ may`] : []
  }
  const target = roomOf(to)
  const allowed = ARROWS[room]
  if (allowed === undefined) return [`${from} is in ${room}, a room that is not in the table of arrows`]
  if (!target.endsWith('/*'))
    return target === room || allowed.includes(target) ? [] : [`${from} imports ${to}, but ${room} may not import ${target}`]
  // An engine knows only itself.
  const isSameEngine = from.split('/').slice(0, 3).join('/') === to.split('/').slice(0, 3).join('/')
  return isSameEngine || allowed.includes(target) ? [] : [`${from} imports ${to}, but ${room} may not import another engine`]
}

function nameRules(path: string): readonly string[] {
  const parts = path.replace(/\.ts$/, '').split('/').slice(1)
  const broken = parts.filter(part => BANNED_NAMES.has(part)).map(part => `${path} is named ${part}, which does not say what is in it`)
  if (parts.length > 1 && basename(path) === 'index.ts')
    broken.push(`${path} is an index inside a room: import the file that defines the thing`)
  return [
    ...broken,
    ...parts.filter(part => !/^[a-z0-9]+(-[a-z0-9]+)*$/.test(part)).map(part => `${path} has a name that is not in kebab case: ${part}`),
  ]
}

function textRules(path: string, text: string): readonly string[] {
  const lines = text.split('\n').length - 1
  const broken: string[] = []
  if (/^export default\b/m.test(text)) broken.push(`${path} has a default export`)
  if (lines > MOST_LINES && !BUDGET.test(text))
    broken.push(`${path} has ${lines} lines, more than ${MOST_LINES}, and no line "// budget: why"`)
  return broken
}

/** Every file that takes part in a cycle is named once, with the way round. */
function cycles(imports: ReadonlyMap<string, readonly string[]>): readonly string[] {
  const done = new Set<string>()
  const found: string[] = []
  const visit = (path: string, way: readonly string[]): void => {
    const at = way.indexOf(path)
    if (at >= 0) found.push(`import cycle: ${[...way.slice(at), path].join(' → ')}`)
    if (at >= 0 || done.has(path)) return
    for (const next of imports.get(path) ?? []) if (imports.has(next)) visit(next, [...way, path])
    done.add(path)
  }
  for (const path of imports.keys()) visit(path, [])
  return found
}
