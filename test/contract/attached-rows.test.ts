import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import fc from 'fast-check'
import { recordTuples } from '../../src/base/record-list.ts'
import { TupleCursor } from '../../src/base/tuple-cursor.ts'
import { TupleWriter } from '../../src/base/tuple-writer.ts'
import { MemorySource } from '../../src/source/memory/memory-source.ts'
import type { Attachment, Source, SourceKey } from '../../src/source/source.ts'
import { stagedSource } from '../../src/staging/staged-source.ts'
import { stagingPlace } from '../support/staging.ts'
import { column, find, request, type SourceEngine, type SourceTable, withSnapshot } from './source.ts'
import { memorySource, postgresSource } from './source-engines.ts'
import { collectFields, type Fields, fieldsOf, type Row, relationOf, type TableSpec, valueIn } from './table-spec.ts'

const optional = (name: string, type: string): TableSpec['columns'][number] => ({ name, type, isNullable: true })

const CHILD: TableSpec = {
  name: 'child',
  columns: [column('attached 0', 'int4'), optional('ref', 'int8'), optional('a', 'text')],
  primaryKey: ['attached 0'],
}
const PARENT: TableSpec = {
  name: 'parent "row"',
  columns: [optional('k', 'int4'), optional('driving row', 'varchar'), optional('n', 'numeric'), optional('u', 'uuid')],
}
/** With a key, so that at most one row belongs to each. */
const ONE: TableSpec = {
  ...PARENT,
  name: 'one',
  columns: PARENT.columns.map((c, i) => (i === 0 ? { ...c, isNullable: false } : c)),
  primaryKey: ['k'],
}
const KEY: SourceKey = { kind: 'columns', names: ['attached 0'] }

/** A file in staging. Its content is another each time, so each opens one of its own. */
function stagedFile(texts: 'postgres' | 'any'): SourceEngine {
  const open = async (t: TestContext, tables: readonly SourceTable[]): Promise<Source> =>
    stagedSource(
      new MemorySource(
        'file',
        tables.map(({ spec, rows }) => ({ relation: relationOf(spec), rows: rows.map(row => fieldsOf(spec, row)) })),
        { capability: 'scan' },
      ),
      { place: await stagingPlace(t), name: 'legacy', texts },
    )
  return {
    name: `staging, texts of ${texts}`,
    open: async (t, tables) => ({ source: await open(t, tables), replace: () => assert.fail('not asked for') }),
  }
}

const aRef = fc.constantFrom(null, -1n, 0n, 7n, 2147483647n, 4294967303n)
const aText = fc.constantFrom(null, '', 'a', 'A', 'ä', 'b ', 'b')
const children = fc
  .uniqueArray(fc.integer({ min: -50, max: 50 }), { maxLength: 12 })
  .chain(ids => fc.tuple(...ids.map(id => fc.tuple(fc.constant(id), aRef, aText))))
const parents = fc.array(
  fc.tuple(
    fc.constantFrom(null, -1, 0, 7, 2147483647),
    aText,
    fc.constantFrom(null, '1.50', '-3', '0.000'),
    fc.constantFrom(null, '00000000-0000-0000-0000-000000000001'),
  ),
  { maxLength: 20 },
)

interface Case {
  readonly children: readonly Row[]
  readonly parents: readonly Row[]
  readonly byBoth: boolean
}

const sorted = (rows: readonly Row[]): readonly string[] => rows.map(row => row.map(String).join('|')).sort()

function expected({ parents: rows, byBoth }: Case, [, ref, text]: Row): readonly string[] {
  const equal = (a: unknown, b: unknown): boolean => a !== null && b !== null && String(a) === String(b)
  return sorted(rows.filter(([k, part]) => equal(k, ref) && (!byBoth || equal(part, text))))
}

function uniqueRows(rows: readonly Row[]): readonly Row[] {
  return [...new Map(rows.filter(([k]) => k !== null).map(row => [row[0], row])).values()]
}

function attachedIn(field: Buffer | null): readonly string[] {
  if (field === null) return []
  const out = new TupleWriter()
  const ends = recordTuples({ data: field, start: 0, length: field.length }, PARENT.columns.length, out)
  const cursor = new TupleCursor(PARENT.columns.length)
  cursor.push(out.bytes())
  const rows: Row[] = []
  while (cursor.next()) {
    const fields: Fields = Array.from(cursor.start, (start, i) => {
      const length = cursor.length[i] ?? -1
      return length < 0 ? null : cursor.data.subarray(start, start + length)
    })
    rows.push(PARENT.columns.map(({ type }, i) => valueIn(type, fields[i] ?? null)))
  }
  assert.equal(rows.length, ends.length)
  return sorted(rows)
}

async function assertAttached(t: TestContext, engine: SourceEngine, of: Case): Promise<void> {
  const opened = await engine.open(t, [
    { spec: CHILD, rows: of.children },
    { spec: PARENT, rows: of.parents },
    { spec: ONE, rows: uniqueRows(of.parents) },
  ])
  const { source } = opened
  const [child, parent] = [await find(source, CHILD.name), await find(source, PARENT.name)]
  const first = { theirs: 'k', ours: 'ref' }
  const attachment: Attachment = {
    relation: parent,
    columns: PARENT.columns.map(({ name }) => name),
    on: of.byBoth ? [first, { theirs: 'driving row', ours: 'a' }] : [first],
  }
  const one: Attachment = { ...attachment, relation: await find(source, ONE.name) }
  const ofOne = { ...of, parents: uniqueRows(of.parents) }
  const rows = [...of.children].sort(([a], [b]) => Number(a) - Number(b))
  const columns = CHILD.columns.map(({ name }) => name)
  await withSnapshot(source, async snapshot => {
    for (const from of new Set([0, Math.floor(rows.length / 2)])) {
      const after = from === 0 ? null : [String(rows[from - 1]?.[0])]
      const asked = { relation: child, columns, key: KEY, after }
      const read = await collectFields(snapshot.read(request({ ...asked, attach: [attachment, one] })), columns.length + 2)
      const plain = rows.slice(from).map(row => fieldsOf(CHILD, row))
      assert.deepEqual(
        read.map(row => row.slice(0, columns.length)),
        plain,
      )
      for (const [i, row] of rows.slice(from).entries()) {
        assert.deepEqual(attachedIn(read[i]?.[columns.length] ?? null), expected(of, row))
        assert.deepEqual(attachedIn(read[i]?.[columns.length + 1] ?? null), expected(ofOne, row))
      }
    }
  })
  await source.close()
}

const ENGINES: readonly (readonly [engine: SourceEngine, runs: number])[] = [
  [memorySource, 60],
  [postgresSource('18'), 4],
  [postgresSource('15'), 3],
  [stagedFile('postgres'), 3],
  [stagedFile('any'), 3],
]

for (const [engine, runs] of ENGINES)
  test(`${engine.name}: each row comes with exactly the rows that belong to it, from any position: none for NULL, all that are equal, in no order`, async t => {
    const cases = fc.record({ children, parents, byBoth: fc.boolean() })
    await fc.assert(
      fc.asyncProperty(cases, of => assertAttached(t, engine, of)),
      { numRuns: runs },
    )
  })
