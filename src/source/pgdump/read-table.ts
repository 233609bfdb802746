import { tableLabel } from '../../base/table-label.ts'
import { RehouseError } from '../../errors.ts'
import type { Column, Relation } from '../../model/catalogue.ts'
import { whyNotAsItLies } from '../scan-keys.ts'
import type { ReadRequest } from '../source.ts'
import { constantDefault } from './constant-default.ts'
import { CopyRows, RowError } from './copy-rows.ts'
import type { DataBlock } from './data-block.ts'
import { type DescribedTable, obstacleOf } from './describe-database.ts'
import { invalidDump, refusedDump } from './dump-errors.ts'
import { isSameList } from './insert-index.ts'
import { InsertDecoder } from './insert-rows.ts'
import { keyPart, type Output, outputOf, type RowPlan, RowSequence } from './row-plan.ts'
import { ScriptError } from './script-scanner.ts'

/** Rows of a table in the order of the file, as tuples. */
export async function* readTable(described: DescribedTable, request: ReadRequest, file: string): AsyncGenerator<Buffer> {
  const { relation, parts } = described
  const where = { file, table: tableLabel(relation.schema, relation.name) }
  const columns = request.columns.map(name => columnNamed(relation, name, where))
  refuseUnreadable(described, where)
  const keys = keyColumns(relation, request, where)
  const sequences = sequencesOf(described, [...columns, ...keys])
  let isPast = request.after === null
  for (const { part, block } of orderedBlocks(parts)) {
    const plan = planOf({ part, block, columns, keys, sequences }, request.after)
    const rows = decoderOf(block, plan, isPast)
    const decoded = decode(block, { rows, signal: request.signal, where })
    for await (const chunk of decoded) yield chunk
    isPast = rows.isPast
  }
  if (isPast) return
  throw new RehouseError('SOURCE_CHANGED', `expected the last row done in ${where.table}, got none with its key`, {
    where,
    next: 'Begin a new run without --resume: it compares every row.',
  })
}

type Where = { readonly file: string; readonly table: string }

/** Blocks of a table and its partitions in the order they stand in the file. */
export function orderedBlocks(
  parts: DescribedTable['parts'],
): readonly { readonly part: DescribedTable['table']; readonly block: DataBlock }[] {
  return parts.flatMap(part => part.blocks.map(block => ({ part, block }))).sort((a, b) => a.block.order - b.block.order)
}

function columnNamed(relation: Relation, name: string, where: Where): Column {
  const column = relation.columns.find(candidate => candidate.name === name)
  if (column !== undefined) return column
  throw refusedDump(
    `expected a column ${JSON.stringify(name)} in ${where.table}, got none of that name`,
    where,
    'Name a column the dump has.',
  )
}

function refuseUnreadable({ parts }: DescribedTable, where: Where): void {
  const obstacle = obstacleOf(parts)
  if (obstacle !== null)
    throw refusedDump(
      `expected rows of ${where.table} that can be read without a server, got a dump of which ${obstacle}`,
      where,
      'Load the dump into a PostgreSQL and dump that with pg_dump, or leave the table out.',
    )
}

/** Refuses a key that could stand for no row or several, and a position without a key. */
function keyColumns(relation: Relation, request: ReadRequest, where: Where): readonly Column[] {
  const { key, after } = request
  const names = key.kind === 'content' ? [] : key.names
  const why = names.length === 0 && after !== null ? 'a position needs a key' : whyNotAsItLies(request)
  if (why !== null)
    throw refusedDump(`expected a key of ${where.table} that is unique and never NULL: ${why}`, where, 'Read the table through staging.')
  return names.map(name => columnNamed(relation, name, where))
}

/** Counters for this read: a table whose rows are numbered is read from its first row on. */
function sequencesOf({ table, parts }: DescribedTable, columns: readonly Column[]): ReadonlyMap<string, RowSequence> {
  const own = parts.length === 1 ? table.columns : []
  return new Map(
    own.flatMap(({ name, sequence }) =>
      sequence !== null && columns.some(column => column.name === name) ? [[name, new RowSequence(sequence.start, sequence.step)]] : [],
    ),
  )
}

function planOf(
  of: {
    readonly part: DescribedTable['table']
    readonly block: DataBlock
    readonly columns: readonly Column[]
    readonly keys: readonly Column[]
    readonly sequences: ReadonlyMap<string, RowSequence>
  },
  after: readonly string[] | null,
): RowPlan {
  const { part, block } = of
  const output = (column: Column): Output =>
    outputOf(column, {
      field: block.columns.indexOf(column.name),
      constant: constantDefault(part, column),
      sequence: of.sequences.get(column.name) ?? null,
    })
  return {
    numbered: [...of.sequences.keys()].flatMap(name => [...of.columns, ...of.keys].find(column => column.name === name) ?? []).map(output),
    fields: block.columns.length,
    outputs: of.columns.map(output),
    after: after === null ? null : of.keys.map((column, i) => keyPart(output(column), after[i] ?? '')),
  }
}

function decoderOf(block: DataBlock, plan: RowPlan, isPast: boolean): CopyRows | InsertDecoder {
  if (block.kind === 'copy') return new CopyRows(plan, { isPast })
  const { names, columns, hasStandardStrings } = block
  return new InsertDecoder(plan, {
    isPast,
    hasStandardStrings,
    isAlone: block.rows === null,
    isOwn: (table, listed) => isSameList(table, names) && (listed === null || isSameList(listed, columns)),
  })
}

async function* decode(
  block: DataBlock,
  using: { readonly rows: CopyRows | InsertDecoder; readonly signal: AbortSignal; readonly where: Where },
): AsyncGenerator<Buffer> {
  const { rows, signal, where } = using
  try {
    for await (const chunk of block.open(signal)) {
      for (const tuples of rows.push(chunk)) {
        yield tuples
        signal.throwIfAborted()
      }
    }
    yield* rows.finish()
  } catch (error) {
    if (error instanceof RowError) throw rowProblem(error, block, where)
    if (error instanceof ScriptError) throw rowProblem(new RowError(error.message, { row: rows.rows + 1, at: error.at }), block, where)
    throw error
  }
  if (block.isEnded && rows instanceof CopyRows && !rows.isEnded)
    throw invalidDump(`expected \\. after row ${rows.rows} of ${where.table} (${block.label}), got the end of its data`, where)
  if (block.rows !== null && block.rows !== rows.rows)
    throw invalidDump(`expected ${block.rows} rows as counted before (${block.label}), got ${rows.rows}`, where)
}

function rowProblem(error: RowError, block: DataBlock, where: Where): RehouseError {
  const at = `row ${error.row}, byte ${error.at} of the rows that begin at ${block.label}`
  const next =
    error.column === null
      ? undefined
      : 'Look at that row. If a server reads what is written there, load the script into a PostgreSQL and dump that with pg_dump; otherwise the file is damaged.'
  return invalidDump(
    `${error.message} (${at})`,
    { ...where, ...(error.column === null ? {} : { column: error.column }) },
    { cause: error, ...(next === undefined ? {} : { next }) },
  )
}

/** For blocks whose rows were not counted yet: the same lines, undecoded. */
export async function countRows(block: DataBlock, using: { readonly signal: AbortSignal; readonly where: Where }): Promise<number> {
  const plan: RowPlan = { fields: block.columns.length, outputs: [], after: null, numbered: [] }
  const rows = decoderOf(block, plan, true)
  for await (const _ of decode(block, { ...using, rows })) {
    // Nothing but the end is wanted.
  }
  return rows.rows
}
