import { Session } from '../../src/postgres/session.ts'
import { MemorySource } from '../../src/source/memory/memory-source.ts'
import { openPostgresSource } from '../../src/source/postgres/postgres-source.ts'
import { newDatabase, type TestDatabase, type Version } from '../support/postgres.ts'
import type { ScanEngine } from './scan-source.ts'
import type { SourceEngine, SourceTable } from './source.ts'
import { ddlOf, fieldsOf, quoted, relationOf, rowTuples } from './table-spec.ts'

export const memorySource: SourceEngine = {
  name: 'memory',
  open: (_t, tables) => {
    const source = new MemorySource(
      'contract',
      tables.map(({ spec, rows }) => ({ relation: relationOf(spec), rows: rows.map(row => fieldsOf(spec, row)) })),
    )
    return Promise.resolve({
      source,
      replace: ({ spec, rows }: SourceTable) => {
        source.replaceRows(
          { schema: 'public', name: spec.name },
          rows.map(row => fieldsOf(spec, row)),
        )
        return Promise.resolve()
      },
    })
  },
}

/** A scan source without a file. */
export const memoryScan: ScanEngine = {
  name: 'memory',
  write: (_t, first) => {
    let tables = first
    const open = (): MemorySource =>
      new MemorySource(
        'contract',
        tables.map(({ spec, rows }) => ({ relation: relationOf(spec), rows: rows.map(row => fieldsOf(spec, row)) })),
        { capability: 'scan' },
      )
    const rewrite = (others: readonly SourceTable[]): Promise<void> => {
      tables = others
      return Promise.resolve()
    }
    return Promise.resolve({ open: () => Promise.resolve(open()), rewrite })
  },
}

export function postgresSource(version: Version): SourceEngine {
  return {
    name: `PostgreSQL ${version}`,
    open: async (t, tables) => {
      const database = await newDatabase(t, { version })
      for (const table of tables) {
        await database.script(ddlOf(table.spec))
        await fill(database, table)
      }
      const source = openPostgresSource({ url: await database.readerUrl(), applicationName: 'rehouse contract' })
      t.after(() => source.close())
      return { source, replace: table => fill(database, table) }
    },
  }
}

async function fill(database: TestDatabase, { spec, rows }: SourceTable): Promise<void> {
  const session = await Session.open({ url: database.url, applicationName: 'rehouse contract', side: 'target' })
  try {
    await session.script(`begin; delete from public.${quoted(spec.name)}`)
    await session.copyIn(`copy public.${quoted(spec.name)} from stdin (format binary)`, [rowTuples(spec, rows)])
    await session.script('commit')
  } finally {
    await session.close()
  }
}
