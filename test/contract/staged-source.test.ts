import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import fc from 'fast-check'
import { keyText } from '../../src/cast/key-text.ts'
import { valueText } from '../../src/cast/value-text.ts'
import type { Relation } from '../../src/model/catalogue.ts'
import { MemorySource, type MemoryTable } from '../../src/source/memory/memory-source.ts'
import { openPostgresSource } from '../../src/source/postgres/postgres-source.ts'
import { WHOLE } from '../../src/source/scan-keys.ts'
import type { Source, SourceKey, SourceSnapshot } from '../../src/source/source.ts'
import type { TextsOf } from '../../src/staging/staged-shape.ts'
import { stagedSource } from '../../src/staging/staged-source.ts'
import { newDatabase } from '../support/postgres.ts'
import { stagingPlace } from '../support/staging.ts'
import { ownTypesSql, type PairType, pairTypes } from '../support/type-pair-types.ts'
import { column, contentTests, find, isError, request, withSnapshot } from './source.ts'
import { collectFields, type Fields, fieldsOf, type Row, relationOf, type TableSpec, valueIn } from './table-spec.ts'

/** A file’s wrapper on the test server. */
async function staged(t: TestContext, tables: readonly MemoryTable[], texts: TextsOf = 'postgres'): Promise<Source> {
  const source = stagedSource(new MemorySource(t.name, tables, { capability: 'scan' }), {
    place: await stagingPlace(t),
    name: 'legacy',
    texts,
  })
  t.after(() => source.close())
  return source
}

const tableOf = (spec: TableSpec, rows: readonly Row[]): MemoryTable => ({
  relation: relationOf(spec),
  rows: rows.map(row => fieldsOf(spec, row)),
})

contentTests({
  name: 'staging',
  open: async (t, tables) => ({
    source: await staged(
      t,
      tables.map(({ spec, rows }) => tableOf(spec, rows)),
    ),
    replace: () => assert.fail('not asked for'),
  }),
})

/** Types whose values staging keeps as bytes only: PostgreSQL would want the type itself, with the number it has there. */
const KEPT_AS_BYTES = /place|mood.*\[\]|score\[\]|floats|hstore/

async function typedTables(t: TestContext): Promise<Source> {
  const database = await newDatabase(t)
  await database.script(ownTypesSql(3))
  const own = new Map(
    (await database.sql(`select typname, oid from pg_type where typnamespace = 'public'::regnamespace`)).map(([n, o]) => [n, Number(o)]),
  )
  const types = pairTypes({ oid: name => own.get(name) ?? 0 }, 180_000)
  const create = (name: string, chosen: readonly PairType[]): string => {
    const most = Math.max(...chosen.map(type => type.values.length))
    const literal = ({ sql, values }: PairType, i: number): string =>
      i > values.length ? 'null' : `'${(values[i % values.length] ?? '').replaceAll("'", "''")}'::${sql}`
    const rows = Array.from({ length: most + 1 }, (_, i) => `(${i}, ${chosen.map(type => literal(type, i)).join(', ')})`)
    const columns = chosen.map(({ sql }, i) => `"c${i} ${sql.replaceAll('"', '')}" ${sql}`)
    return `create table public.${name} (k int4, ${columns.join(', ')}); insert into public.${name} values ${rows.join(', ')}, ${rows.join(', ')};`
  }
  await database.script(
    create(
      'typed',
      types.filter(({ sql }) => !KEPT_AS_BYTES.test(sql)),
    ),
  )
  await database.script(
    create(
      'kept',
      types.filter(({ sql }) => KEPT_AS_BYTES.test(sql)),
    ),
  )
  const source = openPostgresSource({ url: database.url, applicationName: 'rehouse test' })
  t.after(() => source.close())
  return source
}

test('what comes through staging is byte for byte what the file gives, for every type, and told apart by content as PostgreSQL itself would', async t => {
  const live = await typedTables(t)
  const catalogue = await live.describe()
  const tables: MemoryTable[] = []
  const expected = new Map<string, readonly Fields[]>()
  await withSnapshot(live, async snapshot => {
    for (const relation of catalogue.relations) {
      const byContent = await readAll(snapshot, relation, { kind: 'content' })
      expected.set(relation.name, byContent)
      tables.push({ relation, rows: byContent.map(row => row.slice(2)) })
    }
  })
  const file = await staged(t, tables)
  await withSnapshot(file, async snapshot => {
    for (const { relation, rows } of tables) {
      const read = await readAll(snapshot, relation, { kind: 'content' })
      if (relation.name === 'typed') {
        const want = expected.get(relation.name) ?? []
        for (const [i, row] of want.entries()) assertSameFields(read[i] ?? [], row, ['digest', 'copy', ...names(relation)])
      }
      assert.deepEqual(hex(read.map(row => row.slice(2))).sort(), hex(rows).sort())
      assert.deepEqual(hex(await readAll(snapshot, relation, WHOLE)), hex(rows), 'expected the file’s own order without a key')
    }
  })
})

test('keys of every type: equal ones together, NULLs last, and from any position what comes after it', async t => {
  const live = await typedTables(t)
  const tables: MemoryTable[] = []
  await withSnapshot(live, async snapshot => {
    for (const relation of (await live.describe()).relations) tables.push({ relation, rows: await readAll(snapshot, relation, WHOLE) })
  })
  const file = await staged(t, tables)
  await withSnapshot(file, async snapshot => {
    for (const { relation, rows } of tables) for (const name of sample(relation)) await assertKeyed(snapshot, { relation, rows, name })
  })
})

/** A few columns of each kind: every one would take minutes. */
function sample(relation: Relation): readonly string[] {
  const kinds =
    /int8$|text$|citext|numeric$|bool$|interval$|character\(5|money|mood$|code|hstore|place|timestamptz$|jsonb$|float8$|int4range$|varbit$/
  return relation.columns.map(c => c.name).filter(name => kinds.test(name) && !name.includes('[]'))
}

async function assertKeyed(snapshot: SourceSnapshot, of: { relation: Relation; rows: readonly Fields[]; name: string }): Promise<void> {
  const { relation, rows, name } = of
  const at = relation.columns.findIndex(c => c.name === name)
  const type = relation.columns[at]?.type ?? assert.fail(name)
  const [canonical, exact] = [keyText(type), valueText(type)]
  const key: SourceKey = { kind: 'columns', names: [name] }
  const whole = await readAll(snapshot, relation, key)
  assert.deepEqual(hex(whole).sort(), hex(rows).sort(), name)
  const texts = whole.map(row => (row[at] ? canonical(row[at], 0, row[at].length) : null))
  assert.equal(texts.indexOf(null) === -1 || texts.slice(texts.indexOf(null)).every(text => text === null), true, `${name}: NULLs last`)
  const groups = texts.filter((text, i) => i === 0 || texts[i - 1] !== text)
  assert.equal(new Set(groups).size, groups.length, `${name}: equal keys together`)
  const cut = Math.floor(groups.length / 2)
  const last = texts.lastIndexOf(groups[cut] ?? null)
  const field = whole[last]?.[at]
  if (!field) return
  const after = [exact(field, 0, field.length)]
  assert.deepEqual(hex(await readAll(snapshot, relation, key, after)), hex(whole.slice(last + 1)), `${name} after ${after.join()}`)
}

test('equal keys come in the order of the file, however often they are read', async t => {
  const spec = { name: 'doubles', columns: [column('k', 'int4'), column('v', 'text')] }
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(fc.option(fc.integer({ min: 0, max: 3 })), fc.string({ unit: 'grapheme-ascii', maxLength: 3 })), { maxLength: 60 }),
      async values => {
        const source = await staged(t, [tableOf(spec, values)])
        const relation = await find(source, spec.name)
        const sorted = values
          .map((row, i) => ({ row, i }))
          .toSorted((a, b) => (a.row[0] ?? 9) - (b.row[0] ?? 9) || a.i - b.i)
          .map(({ row }) => row)
        await withSnapshot(source, async snapshot => {
          for (let i = 0; i < 2; i++)
            assert.deepEqual(rowsOf(spec, await readAll(snapshot, relation, { kind: 'columns', names: ['k'] })), sorted)
        })
        await source.close()
      },
    ),
    { numRuns: 4 },
  )
})

test('texts are equal as keys as their column says: case, trailing blanks, both', async t => {
  const values = ['b', 'A ', 'a', 'B', 'a  ', 'ä', 'Ä', 'A', ' a']
  for (const [equality, groups] of [
    ['bytes', 9],
    ['fold', 6],
    ['trim', 7],
    ['fold_trim', 4],
  ] as const) {
    const spec = { name: `t ${equality}`, columns: [column('k', 'text'), column('v', 'int4')] }
    const table = tableOf(
      spec,
      values.map((text, i) => [text, i]),
    )
    const relation = {
      ...table.relation,
      columns: table.relation.columns.map(c => (c.name === 'k' ? { ...c, collation: { name: 'x', isDeterministic: false, equality } } : c)),
    }
    const source = await staged(t, [{ relation, rows: table.rows }])
    const fold = (text: string): string => (equality.includes('trim') ? text.replace(/ +$/, '') : text)
    const canonical = (text: string): string => (equality.startsWith('fold') ? fold(text).toLowerCase() : fold(text))
    await withSnapshot(source, async snapshot => {
      const key: SourceKey = { kind: 'columns', names: ['k'] }
      const whole = rowsOf(spec, await readAll(snapshot, relation, key))
      const keys = whole.map(row => canonical(String(row[0])))
      const starts = keys.filter((text, i) => keys[i - 1] !== text)
      assert.equal(starts.length, groups, equality)
      assert.equal(new Set(keys).size, groups)
      for (const start of starts.filter((_, i) => i % 3 === 0)) {
        const last = keys.lastIndexOf(start)
        const after = [String(whole[last]?.[0])]
        assert.deepEqual(
          rowsOf(spec, await readAll(snapshot, relation, key, after)),
          whole.slice(last + 1),
          `${equality} after ${after.join()}`,
        )
        assert.deepEqual(
          await collectFields(snapshot.read(request({ relation, columns: ['v'], key, after })), 1),
          whole.slice(last + 1).map(row => fieldsOf({ ...spec, columns: spec.columns.slice(1) }, row.slice(1))),
        )
      }
      if (equality !== 'bytes') await assert.rejects(readAll(snapshot, relation, key, ['not there']), isError('SOURCE_CHANGED'))
    })
  }
})

test('names PostgreSQL could not have: long, alike in their first 63 bytes, of system columns; rows of no column', async t => {
  const long = 'x'.repeat(100)
  const spec = {
    name: long,
    columns: [
      column(`${long}1`, 'int4'),
      column(`${long}2`, 'int4'),
      column('ctid', 'text'),
      column('xmin', 'int4'),
      column('"; drop', 'text'),
    ],
  }
  const rows = [
    [1, 2, 'c', 3, 'd'],
    [1, 2, 'c', 3, 'd'],
    [4, null, '', 5, null],
  ] satisfies Row[]
  const bare = { name: `${long}2`, columns: [] }
  const source = await staged(t, [tableOf(spec, rows), tableOf(bare, [[], [], []])])
  const relation = await find(source, spec.name)
  await withSnapshot(source, async snapshot => {
    const read = await readAll(snapshot, relation, { kind: 'content' })
    assert.deepEqual(
      rowsOf(
        spec,
        read.map(row => row.slice(2)),
      ).sort(),
      rows.toSorted(),
    )
    assert.deepEqual(rowsOf(spec, await readAll(snapshot, relation, { kind: 'columns', names: [`${long}2`, 'ctid'] }, ['2', 'c'])), [
      rows[2],
    ])
    assert.equal((await readAll(snapshot, await find(source, bare.name), { kind: 'content' })).length, 3)
  })
})

async function readAll(
  snapshot: SourceSnapshot,
  relation: Relation,
  key: SourceKey,
  after: readonly string[] | null = null,
): Promise<Fields[]> {
  const columns = names(relation)
  return collectFields(snapshot.read(request({ relation, columns, key, after })), columns.length + (key.kind === 'content' ? 2 : 0))
}

const names = (relation: Relation): readonly string[] => relation.columns.map(c => c.name)
const hex = (rows: readonly Fields[]): string[] => rows.map(row => row.map(field => field?.toString('hex') ?? 'NULL').join())
const rowsOf = (spec: TableSpec, rows: readonly Fields[]): Row[] =>
  rows.map(row => spec.columns.map(({ type }, i) => valueIn(type, row[i] ?? null)))

function assertSameFields(got: Fields, want: Fields, columns: readonly string[]): void {
  for (const [i, name] of columns.entries()) assert.equal(got[i]?.toString('hex'), want[i]?.toString('hex'), name)
}

test('texts no PostgreSQL could hold come through: NUL, bytes that are not UTF-8; as content and as key', async t => {
  const spec = { name: 'dirty', columns: [column('k', 'text'), column('v', 'text'), column('c', 'bpchar'), column('n', 'int4')] }
  const texts = ['a', 'a\0b', '\0', 'a', '', 'b']
  const clean = tableOf(
    spec,
    texts.map((_, i) => [null, null, null, i % 2]),
  )
  const broken = Buffer.from([0xff, 0xfe, 0x41])
  const rows = [...texts.map(text => Buffer.from(text)), broken].map((text, i) => [text, text, text, clean.rows[i % 2]?.[3] ?? null])
  const source = await staged(t, [{ relation: clean.relation, rows }], 'any')
  await withSnapshot(source, async snapshot => {
    const read = await readAll(snapshot, clean.relation, { kind: 'content' })
    assert.deepEqual(hex(read.map(row => row.slice(2))).sort(), hex(rows).sort())
    const keyed = await readAll(snapshot, clean.relation, { kind: 'columns', names: ['k'] })
    assert.deepEqual(hex(keyed).sort(), hex(rows).sort())
    const last = keyed.findLastIndex(row => row[0]?.equals(Buffer.from('a')))
    assert.deepEqual(hex(await readAll(snapshot, clean.relation, { kind: 'columns', names: ['k'] }, ['a'])), hex(keyed.slice(last + 1)))
  })
})

test('a row is told apart by its content in the same way whether or not another row holds such a text', async t => {
  const spec = { name: 'dirty', columns: [column('v', 'text')] }
  const digests = async (...values: readonly string[]): Promise<readonly string[]> => {
    const table = tableOf(spec, [])
    const source = await staged(t, [{ relation: table.relation, rows: values.map(value => [Buffer.from(value)]) }], 'any')
    return withSnapshot(source, async snapshot =>
      hex((await readAll(snapshot, table.relation, { kind: 'content' })).map(row => row.slice(0, 1))),
    )
  }
  const [clean] = await digests('a')
  assert.ok((await digests('a', '\0')).includes(clean ?? ''))
})
