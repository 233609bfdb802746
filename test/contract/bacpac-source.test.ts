import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Value } from '../../src/model/value.ts'
import { openBacpacSource } from '../../src/source/bacpac/bacpac-source.ts'
import type { DatabaseDescription, FieldValue } from '../support/bacpac/database-description.ts'
import { writeBacpac } from '../support/bacpac/write-bacpac.ts'
import { type ScanEngine, scanSourceContract } from './scan-source.ts'
import type { SourceTable } from './source.ts'
import type { TableSpec } from './table-spec.ts'

const TYPES: Readonly<Record<string, string>> = {
  int2: 'smallint',
  int4: 'int',
  int8: 'bigint',
  text: 'nvarchar(max)',
  uuid: 'uniqueidentifier',
}

const bacpac: ScanEngine = {
  name: 'bacpac',
  write: async (t, first) => {
    const folder = await mkdtemp(join(tmpdir(), 'rehouse-bacpac-'))
    t.after(() => rm(folder, { recursive: true }))
    const path = join(folder, 'contract.bacpac')
    const rewrite = async (tables: readonly SourceTable[]): Promise<void> => {
      await writeBacpac(path, describe(tables), table => rowsOf(tables, table.name), { fileRows: 1000 })
    }
    await rewrite(first)
    return {
      open: () => Promise.resolve(openBacpacSource({ path, options: new Map(), label: 'bacpac:contract', privateFolder: folder })),
      rewrite,
    }
  },
}

function describe(tables: readonly SourceTable[]): DatabaseDescription {
  return { tables: tables.map(({ spec }) => tableOf(spec)) }
}

function tableOf(spec: TableSpec): DatabaseDescription['tables'][number] {
  return {
    schema: 'public',
    name: spec.name,
    columns: spec.columns.map(({ name, type, isNullable }) => ({
      name,
      type: TYPES[type] ?? type,
      ...(isNullable === true ? {} : { nullable: false as const }),
    })),
    ...(spec.primaryKey && { primaryKey: { name: `${spec.name}_pkey`, columns: spec.primaryKey } }),
    uniqueKeys: spec.unique ?? [],
  }
}

function rowsOf(tables: readonly SourceTable[], name: string): readonly (readonly FieldValue[])[] {
  const table = tables.find(({ spec }) => spec.name === name)
  return (table?.rows ?? []).map(row => row.map(fieldOf))
}

/** The contract’s carriers in the words of the writer. */
function fieldOf(value: Value): FieldValue {
  if (typeof value === 'boolean' || value instanceof Uint8Array) throw new Error('expected numbers and texts alone')
  return value
}

scanSourceContract(bacpac)
