import assert from 'node:assert/strict'
import { test } from 'node:test'
import { builtinType } from '../../../src/cast/builtin-types.ts'
import { RehouseError } from '../../../src/errors.ts'
import type { Column, Relation } from '../../../src/model/catalogue.ts'
import { countStatement, type ReadShape, readStatements } from '../../../src/source/postgres/read-statements.ts'

const column = (name: string, type: string, isNullable = false): Column => ({
  name,
  type: builtinType(type),
  isNullable,
  hasDefault: false,
  generated: 'no',
  collation: null,
})
const unique = (columns: readonly string[]): Relation['uniqueKeys'] => [
  { name: 'u', columns, isPrimary: true, isDeferrable: false, nullsNotDistinct: false, isPartialOrExpression: false },
]

const RELATION: Relation = {
  schema: 's',
  name: 't"',
  kind: 'table',
  columns: [column('a', 'int4'), column('b', 'text'), column('n', 'interval', true)],
  primaryKey: ['a', 'b'],
  uniqueKeys: unique(['a', 'b']),
  foreignKeys: [],
  estimatedRows: null,
}
const shape = (change: Partial<ReadShape>): ReadShape => ({
  relation: RELATION,
  columns: ['n', 'a'],
  key: { kind: 'columns', names: ['a', 'b'] },
  after: null,
  ...change,
})
const statements = (change: Partial<ReadShape>): readonly string[] => readStatements(shape(change), new Map())

test('a unique key without NULLs is read in one statement, in its order', () => {
  assert.deepEqual(statements({}), ['copy (select "n", "a" from only "s"."t""" order by "a", "b") to stdout (format binary)'])
  assert.deepEqual(statements({ after: ['-1', "x'"] }), [
    `copy (select "n", "a" from only "s"."t""" where ("a", "b") > ('-1'::integer, 'x'''::text) order by "a", "b") to stdout (format binary)`,
  ])
})

test('a key that is not unique is ordered further by where the rows lie, as far as the relation has such a thing', () => {
  const tail = (kind: Relation['kind']): string =>
    /order by (.*)\) to/.exec(statements({ relation: { ...RELATION, kind }, key: { kind: 'columns', names: ['b'] } })[0] ?? '')?.[1] ?? ''
  assert.deepEqual((['table', 'partitioned', 'materialized_view', 'view'] as const).map(tail), [
    '"b", ctid',
    '"b", tableoid, ctid',
    '"b", ctid',
    '"b"',
  ])
})

test('rows with a NULL in their key have a statement of their own', () => {
  assert.deepEqual(statements({ columns: ['a'], key: { kind: 'columns', names: ['n', 'a'] }, after: ['60000000', '1'] }), [
    `copy (select "a" from only "s"."t""" where "n" is not null and ("n", "a") > ('60000000 microseconds'::interval, '1'::integer) order by "n", "a", ctid) to stdout (format binary)`,
    `copy (select "a" from only "s"."t""" where "n" is null order by "n", "a", ctid) to stdout (format binary)`,
  ])
})

test('a type with operators of its own is compared by them', () => {
  const own = { ...builtinType('text'), schema: 'public', name: 'citext', text: 'public.citext', oid: 99 }
  const relation = { ...RELATION, columns: [{ ...column('a', 'text'), type: own }, column('b', 'int4')] }
  const operators = new Map([[99, { equal: 'operator(public.=)', greater: 'operator(public.>)' }]])
  assert.deepEqual(
    readStatements({ relation, columns: ['b'], key: { kind: 'columns', names: ['a', 'b'] }, after: ['x', '1'] }, operators),
    [
      `copy (select "b" from only "s"."t""" where ("a" operator(public.>) 'x'::public.citext or ("a" operator(public.=) 'x'::public.citext and "b" > '1'::integer)) order by "a", "b") to stdout (format binary)`,
    ],
  )
})

test('without a key the digest is of all columns, whichever are asked for', () => {
  assert.deepEqual(statements({ columns: ['b'], key: { kind: 'content' }, after: ['\\x00ff', '2'] }), [
    `copy (select * from (select digest, pg_catalog.row_number() over (partition by digest) as copy, c1 from (select pg_catalog.sha256(pg_catalog.convert_to(row("a", "b", "n")::pg_catalog.text, 'UTF8')) as digest, "a" as c0, "b" as c1, "n" as c2 from only "s"."t""") as digested) as numbered where (digest, copy) > ( E'\\\\x00ff'::pg_catalog.bytea, '2'::pg_catalog.int8) order by digest, copy) to stdout (format binary)`,
  ])
})

test('partitions count with their table, children by inheritance do not', () => {
  assert.equal(countStatement(RELATION), 'select pg_catalog.count(*) from only "s"."t"""')
  assert.equal(countStatement({ ...RELATION, kind: 'partitioned' }), 'select pg_catalog.count(*) from "s"."t"""')
})

test('a position of another length than its key, and a key that is no column, are bugs', () => {
  assert.throws(() => statements({ after: ['1'] }), RehouseError)
  assert.throws(() => statements({ key: { kind: 'columns', names: ['absent'] } }), RehouseError)
})

test('rows of another relation are joined where a key makes them one, else looked up for each row; what the order names stays the driving row’s', () => {
  const parent: Relation = {
    ...RELATION,
    name: 'p',
    columns: [column('k', 'int4'), column('attached 0', 'text')],
    uniqueKeys: unique(['k']),
  }
  const one = { relation: parent, columns: ['k', 'attached 0'], on: [{ theirs: 'k', ours: 'a' }] }
  const driving = 'from only "s"."t""" as "driving row"'
  const tail = 'order by "a", "b") to stdout (format binary)'
  assert.deepEqual(statements({ attach: [one] }), [
    `copy (select "n", "a", "attached 0" ${driving} left join (select array[row(a."k", a."attached 0")] as "attached 0", a."k" as "attached 1" from only "s"."p" as a) as "attached 0" on "attached 0"."attached 1" = "driving row"."a" ${tail}`,
  ])
  assert.deepEqual(statements({ attach: [{ ...one, on: [{ theirs: 'attached 0', ours: 'b' }] }] }), [
    `copy (select "n", "a", array(select row(a."k", a."attached 0") from only "s"."p" as a where a."attached 0" = "driving row"."b") as "attached 0" ${driving} ${tail}`,
  ])
})
