import { Session } from '../../src/postgres/session.ts'
import { MemoryTarget } from '../../src/target/memory/memory-target.ts'
import { openPostgresTarget } from '../../src/target/postgres/postgres-target.ts'
import { newDatabase, type Version } from '../support/postgres.ts'
import { collectFields, ddlOf, type Fields, quoted, type Row, relationOf, type TableSpec, valueIn } from './table-spec.ts'
import type { TargetEngine } from './target.ts'

export const memoryTarget: TargetEngine = {
  name: 'memory',
  open: (_t, tables) => {
    const target = new MemoryTarget({ service: 'contract', relations: tables.map(relationOf) })
    const rows = (spec: TableSpec): Promise<readonly Row[]> => {
      const values = target.rows({ schema: 'public', name: spec.name }).map(fields => rowIn(spec, fields))
      return Promise.resolve(values.toSorted((a, b) => (String(a[0]) < String(b[0]) ? -1 : 1)))
    }
    return Promise.resolve({ target, rows })
  },
}

export function postgresTarget(version: Version): TargetEngine {
  return {
    name: `PostgreSQL ${version}`,
    open: async (t, tables) => {
      const database = await newDatabase(t, { version })
      for (const spec of tables) await database.script(ddlOf(spec))
      const url = await database.writerUrl({ ownsTables: true })
      const target = openPostgresTarget({ service: 'contract', url, settings: {}, applicationName: 'rehouse contract' })
      t.after(() => target.close())
      const session = await Session.open({ url, applicationName: 'rehouse contract', side: 'target' })
      await session.query('create schema rehouse')
      await session.close()
      return { target, rows: spec => readRows(database.url, spec) }
    },
  }
}

async function readRows(url: string, spec: TableSpec): Promise<readonly Row[]> {
  const session = await Session.open({ url, applicationName: 'rehouse contract', side: 'target' })
  try {
    const statement = `copy (select * from public.${quoted(spec.name)} order by 1) to stdout (format binary)`
    return (await collectFields(session.copyOut(statement), spec.columns.length)).map(fields => rowIn(spec, fields))
  } finally {
    await session.close()
  }
}

function rowIn(spec: TableSpec, fields: Fields): Row {
  return spec.columns.map(({ type }, i) => valueIn(type, fields[i] ?? null))
}
