import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Relation } from '../../../src/model/catalogue.ts'
import { stagedShape } from '../../../src/staging/staged-shape.ts'
import { type UnitedOptions, uniteColumns } from '../../../src/tables/united-columns.ts'
import { relation } from '../../support/survey.ts'

const NOTHING: UnitedOptions = { mayLack: [], isExcluded: () => false, declared: () => undefined, isOpen: () => false }

function united(tables: readonly Relation[], options: Partial<UnitedOptions> = {}): readonly string[] {
  const { columns, shapes, shapeOf } = uniteColumns(tables, { ...NOTHING, ...options })
  return [
    columns
      .map(
        ({ name, type, isNullable }) => `${name} ${type.name}${type.modifier === -1 ? '' : `(${type.modifier})`}${isNullable ? '' : '!'}`,
      )
      .join(', '),
    ...shapeOf.map(shape =>
      (shapes[shape] ?? [])
        .map(({ name, type, declared }) => `${name} ${type.name}${declared === undefined ? '' : ` as ${declared}`}`)
        .join(', '),
    ),
  ]
}

test('a column of one type in all tables is one; lengths are forgotten where they differ, integers take the widest', () => {
  const tables = [
    relation('a.one', ['id int4!', 'small int2!', 'name varchar(10)', 'code varchar(5)!', 'sum numeric(5,2)']),
    relation('a.two', ['id int8!', 'small int4!', 'name varchar(20)', 'code varchar(5)!', 'sum numeric(6,2)']),
  ]
  assert.deepEqual(united(tables), ['id int8!, small int4!, name varchar, code varchar(9)!, sum numeric', '', ''])
})

test('what only some tables have, or have of another type, belongs to the rest of each; tables with the same rest share a shape', () => {
  const tables = [
    relation('a.one', ['id int4!', 'q text', 'r text']),
    relation('a.two', ['id int4!', 'q int4']),
    relation('a.three', ['id int4!', 'q text', 'r text']),
  ]
  assert.deepEqual(united(tables), ['id int4!', 'q text, r text', 'q int4', 'q text, r text'])
  assert.equal(uniteColumns(tables, NOTHING).shapes.length, 2)
})

test('a column some tables may lack is one that may be NULL; an excluded one is nowhere', () => {
  const tables = [relation('a.one', ['id int4!', 'q text!', 'secret text']), relation('a.two', ['id int4!', 'secret text'])]
  const isExcluded = (_: Relation, column: string): boolean => column === 'secret'
  assert.deepEqual(united(tables, { mayLack: ['Q'], isExcluded }), ['id int4!, q text', '', ''])
})

test('declared types are part of a shape, so that no two tables with other types share one', () => {
  const tables = [relation('a.one', ['id int4!', 'q text']), relation('a.two', ['id int4!', 'q text'])]
  const declared = (table: number): string => (table === 0 ? 'integer' : 'boolean')
  assert.deepEqual(united(tables, { isOpen: name => name === 'q', declared }), ['id int4!', 'q text as integer', 'q text as boolean'])
})

test('a copy of many tables made for other tables, other constants or another rest is another copy in staging', () => {
  const table = relation('a.one', ['id int4!'])
  const many = {
    list: { relation: table, columns: ['name'], marker: '' },
    types: null,
    constants: ['form'],
    tables: [{ relation: table, constants: [{ field: Buffer.of(1), text: '1' }], shape: 0 }],
    shapes: [[{ name: 'q', type: table.columns[0]?.type ?? assert.fail() }]],
    spokenOf: [],
    findings: [],
  }
  const nameOf = (change: object): string =>
    stagedShape({ ...table, many: { ...many, ...change } }, { kind: 'content' }, new Set(['int4'])).table
  const first = nameOf({})
  assert.equal(nameOf({ findings: [] }), first)
  const others = [
    { shapes: [[]] },
    { constants: ['other'] },
    { tables: [] },
    { tables: [{ relation: table, constants: [{ field: null, text: null }], shape: 0 }] },
  ]
  for (const other of others) assert.notEqual(nameOf(other), first)
})
