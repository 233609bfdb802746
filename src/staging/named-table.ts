import { isUtf8 } from 'node:buffer'
import { canonicalKey } from '../base/key-text.ts'
import { TupleCursor } from '../base/tuple-cursor.ts'
import { TupleWriter } from '../base/tuple-writer.ts'
import { familyOf } from '../cast/sql-family.ts'
import { valueText } from '../cast/value-text.ts'
import { RehouseError } from '../errors.ts'
import type { Column, Relation } from '../model/catalogue.ts'
import type { SqlType } from '../model/sql-type.ts'
import { qualifiedName, underDomains } from '../postgres/quote.ts'
import type { Session } from '../postgres/session.ts'
import type { StagedTable } from './stage-relation.ts'
import { indexWhereItFits } from './staged-index.ts'
import { columnDefinition, columnName, cut, NAME_BYTES, stagedType, TEXT, type TextsOf } from './staged-shape.ts'

/** The name a relation of a file has for SQL: its own schema and name, in PostgreSQL’s length. */
export function nameInStaging({ schema, name }: Pick<Relation, 'schema' | 'name'>): { readonly schema: string; readonly name: string } {
  return { schema: cut(schema, NAME_BYTES), name: cut(name, NAME_BYTES) }
}

export interface NamedOptions {
  /** Types of pg_catalog the server reads and sends in binary. */
  readonly known: ReadonlySet<string>
  readonly texts: TextsOf
}

/** Where a value stands that PostgreSQL could not hold. */
export interface Unheld {
  readonly column: string
  /** What the column is called in the copy, where SQL names it. */
  readonly staged: string
  /** From 1, the first of them. */
  readonly row: number
  readonly values: number
}

/**
 * A relation of a file under its own name, for SQL that names it: texts are texts, SQL Server’s times of 100 ns are their text with all digits, so that nothing is rounded unsaid.
 * A text PostgreSQL could not hold is NULL there, and told in the remark (`unheldIn`): whoever reads that column must not go on.
 */
export function namedTable(relation: Relation, { known, texts }: NamedOptions): StagedTable {
  const columns = relation.columns.map((of, i) => namedColumn(of, i, known))
  const table = nameInStaging(relation)
  const unheld = new Map<string, Unheld>()
  return {
    table,
    record: `named ${canonicalKey([relation.schema, relation.name])}`,
    create: `create unlogged table if not exists ${qualifiedName(table)} (${columns.map(columnDefinition).join(', ')})`,
    columns: columns.map(({ name }) => name),
    tuples: chunks => (columns.some(column => isRewritten(column, texts)) ? rewritten(chunks, { columns, texts, unheld }) : chunks),
    finish: session => prepare(session, relation),
    remark: () => (unheld.size === 0 ? '' : JSON.stringify([...unheld.values()])),
  }
}

/** The same table with no rows and the types as they are declared, lengths and scales too, for what SQL over it gives. Rows lie in columns without: nothing is rounded on the way in. */
export function emptyTable(relation: Relation, known: ReadonlySet<string>): string {
  const columns = relation.columns.map((of, i) => {
    const column = namedColumn(of, i, known)
    const declared = underDomains(of.type)
    const isDeclared = declared.modifier !== -1 && declared.name === column.type.name && declared.schema === 'pg_catalog'
    return columnDefinition(isDeclared ? { ...column, type: declared } : column)
  })
  return `create unlogged table if not exists ${qualifiedName(nameInStaging(relation))} (${columns.join(', ')})`
}

/** The remark of a staged table that was made by `namedTable`. */
export function unheldIn(remark: string): readonly Unheld[] {
  // Written above.
  return remark === '' ? [] : (JSON.parse(remark) as readonly Unheld[])
}

interface NamedColumn {
  readonly of: Column
  readonly name: string
  readonly type: SqlType
}

function namedColumn(of: Column, index: number, known: ReadonlySet<string>): NamedColumn {
  return { of, name: columnName(of.name, index), type: isTick(of) ? TEXT : stagedType(of.type, known) }
}

function isTick({ type }: Column): boolean {
  const family = familyOf(type)
  return family === 'datetime2' || family === 'tick_time' || family === 'datetimeoffset'
}

const TEXTS: ReadonlySet<string> = new Set(['text', 'varchar', 'bpchar', 'name'])

function isChecked({ type }: NamedColumn, texts: TextsOf): boolean {
  return texts === 'any' && TEXTS.has(type.name)
}

function isRewritten(column: NamedColumn, texts: TextsOf): boolean {
  return isTick(column.of) || isChecked(column, texts)
}

interface Rewriting {
  readonly columns: readonly NamedColumn[]
  readonly texts: TextsOf
  readonly unheld: Map<string, Unheld>
}

type WriteOne = (cursor: TupleCursor, field: number, row: number) => void

async function* rewritten(chunks: AsyncIterable<Buffer>, { columns, texts, unheld }: Rewriting): AsyncGenerator<Buffer> {
  const cursor = new TupleCursor(columns.length)
  const out = new TupleWriter()
  const writers = columns.map((column): WriteOne => {
    if (isTick(column.of)) return asText(out, column)
    return isChecked(column, texts) ? whereHeld(out, column, unheld) : asIs(out)
  })
  let row = 0
  for await (const chunk of chunks) {
    cursor.push(chunk)
    out.reset()
    while (cursor.next()) {
      row++
      out.fieldCount(columns.length)
      for (const [i, write] of writers.entries()) {
        if ((cursor.length[i] as number) < 0) out.null()
        else write(cursor, i, row)
      }
    }
    if (out.at > 0) yield Buffer.from(out.bytes())
  }
  if (cursor.pending > 0)
    throw new RehouseError('SOURCE_INVALID', `expected whole rows, got ${cursor.pending} bytes of one that does not end`, {
      next: 'Run the same command again; if it stays, report it with what made the file.',
    })
}

function asIs(out: TupleWriter): WriteOne {
  return (cursor, i) => void out.field(cursor.data, cursor.start[i] as number, cursor.length[i] as number)
}

function asText(out: TupleWriter, { of }: NamedColumn): WriteOne {
  const text = valueText(of.type)
  return (cursor, i) => out.text(text(cursor.data, cursor.start[i] as number, cursor.length[i] as number))
}

function whereHeld(out: TupleWriter, { of, name: staged }: NamedColumn, unheld: Map<string, Unheld>): WriteOne {
  const write = asIs(out)
  return (cursor, i, row) => {
    const start = cursor.start[i] as number
    const bytes = cursor.data.subarray(start, start + (cursor.length[i] as number))
    if (isUtf8(bytes) && !bytes.includes(0)) return write(cursor, i, row)
    const known = unheld.get(of.name)
    unheld.set(of.name, { column: of.name, staged, row: known?.row ?? row, values: (known?.values ?? 0) + 1 })
    out.null()
  }
}

/** Rows are found by their key and by what they refer to within the table, for recursive SQL; keys are not held: a file may break its own. */
async function prepare(session: Session, relation: Relation): Promise<void> {
  const table = nameInStaging(relation)
  const toItself = relation.foreignKeys.filter(key => key.referencedSchema === relation.schema && key.referencedTable === relation.name)
  const keys = new Map([relation.primaryKey ?? [], ...toItself.map(key => key.columns)].map(columns => [canonicalKey(columns), columns]))
  for (const columns of keys.values()) {
    const names = columns.map(name =>
      columnName(
        name,
        relation.columns.findIndex(column => column.name === name),
      ),
    )
    await indexWhereItFits(session, { table, columns: names, name: null })
  }
  await session.script(`analyze ${qualifiedName(table)}`)
}
