import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseTypeName } from '../../../src/cast/type-name.ts'
import { RehouseError } from '../../../src/errors.ts'

test('a type is read as SQL spells it', () => {
  for (const [written, name, modifier, text] of [
    ['date', 'date', -1, 'date'],
    ['INT', 'int4', -1, 'integer'],
    ['numeric(10,2)', 'numeric', 655_366, 'numeric(10,2)'],
    ['numeric( 4 , -2 )', 'numeric', 264_194, 'numeric(4,-2)'],
    ['decimal(5)', 'numeric', 327_684, 'numeric(5,0)'],
    ['varchar(40)', 'varchar', 44, 'character varying(40)'],
    ['character  varying(3)', 'varchar', 7, 'character varying(3)'],
    ['char', 'bpchar', 5, 'character(1)'],
    ['timestamp(0) with time zone', 'timestamptz', 0, 'timestamp(0) with time zone'],
    ['timestamp with time zone', 'timestamptz', -1, 'timestamp with time zone'],
    ['double precision', 'float8', -1, 'double precision'],
    ['bit', 'bit', 1, 'bit(1)'],
    ['int[]', '_int4', -1, 'integer[]'],
    ['varchar(5)[]', '_varchar', 9, 'character varying(5)[]'],
  ] as const) {
    const type = parseTypeName(written)
    assert.deepEqual([type.name, type.modifier, type.text], [name, modifier, text], written)
  }
})

test('what is no built-in type throws MAPPING_TYPE', () => {
  for (const written of [
    '',
    'strnig',
    'numeric(2000)',
    'date(3)',
    'varchar(0)',
    'int(4)',
    'timestamp(7)',
    'numeric(1,2,3)',
    'text; drop table x',
  ]) {
    assert.throws(
      () => parseTypeName(written),
      (error: unknown) => error instanceof RehouseError && error.code === 'MAPPING_TYPE',
      written,
    )
  }
})
