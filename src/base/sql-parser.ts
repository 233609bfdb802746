import v8 from 'node:v8'

export type SqlParser = typeof import('libpg-query')

let loading: Promise<SqlParser> | null = null
let loaded: SqlParser | null = null

/** PostgreSQL’s own parser, a WebAssembly module: loaded once for the process, when it is first needed. */
export function loadSqlParser(): Promise<SqlParser> {
  loading ??= load()
  return loading
}

/** Of a process that has awaited `loadSqlParser`. */
export function loadedSqlParser(): SqlParser {
  if (loaded === null) throw new Error('expected the SQL parser to be loaded')
  return loaded
}

async function load(): Promise<SqlParser> {
  // Optimising the parser’s huge functions takes V8 half a gigabyte for a moment; a few hundred statements never earn that back. Must come before the module is compiled.
  v8.setFlagsFromString('--no-wasm-tier-up')
  v8.setFlagsFromString('--no-wasm-dynamic-tiering')
  const found = await import('libpg-query')
  await found.loadModule()
  loaded = found
  return found
}
