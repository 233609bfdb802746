import assert from 'node:assert/strict'
import { test } from 'node:test'
import { builtinType, packNumericModifier } from '../../../src/cast/builtin-types.ts'
import { translateCheck } from '../../../src/draft/translate-check.ts'
import { translateDefault } from '../../../src/draft/translate-default.ts'
import type { SqlType } from '../../../src/model/sql-type.ts'

const type = (name: string, modifier = -1): SqlType => builtinType(name, modifier)

test('defaults that say the same in the target are translated', () => {
  const cases: readonly (readonly [string, SqlType, string])[] = [
    ['((0))', type('int4'), '0'],
    ['(-1)', type('int2'), '-1'],
    ["(N'it''s')", type('text'), "'it''s'"],
    ["'x'::character varying", type('varchar', 14), "'x'"],
    ['((1))', type('bool'), 'true'],
    ['(CONVERT([bit],(0)))', type('bool'), 'false'],
    ['(getdate())', type('timestamp', 3), 'now()'],
    ['(sysutcdatetime())', type('timestamp'), "(now() at time zone 'utc')"],
    ['now()', type('timestamptz'), 'now()'],
    ["timezone('utc'::text, now())", type('timestamp'), "(now() at time zone 'utc')"],
    ['CURRENT_TIMESTAMP', type('timestamptz'), 'now()'],
    ['CURRENT_DATE', type('date'), 'current_date'],
    ['(newid())', type('uuid'), 'gen_random_uuid()'],
    ['uuid_generate_v4()', type('uuid'), 'gen_random_uuid()'],
    ["'{}'::jsonb", type('jsonb'), "'{}'"],
    ["'{}'::text[]", type('_text'), "'{}'"],
    ["('19000101')", type('date'), "'19000101'"],
    ["('5')", type('int4'), '5'],
    ['((0.00))', type('numeric', packNumericModifier(19, 4)), '0.00'],
    ['true', type('bool'), 'true'],
  ]
  for (const [source, target, sql] of cases) assert.deepEqual(translateDefault(source, target), { sql }, source)
})

test('NULL is no default, and what does not fit the type or is not understood is none either', () => {
  assert.equal(translateDefault('(NULL)', type('int4')), 'none')
  assert.equal(translateDefault('NULL::character varying', type('text')), 'none')
  const odd: readonly (readonly [string, SqlType])[] = [
    ['(suser_sname())', type('text')],
    ["nextval('s'::regclass)", type('int4')],
    ['(getdate()+(30))', type('timestamp')],
    ["('abc')", type('int4')],
    ['((100000))', type('int2')],
    ["'way too long'", type('varchar', 7)],
    ["'{not json'::jsonb", type('jsonb')],
    ["'; drop table x; --", type('text')],
  ]
  for (const [source, target] of odd) assert.equal(translateDefault(source, target), null, source)
})

const COLUMNS: Readonly<Record<string, { readonly name: string; readonly type: SqlType }>> = {
  Amount: { name: 'amount', type: type('numeric') },
  Order: { name: 'order_', type: type('int4') },
  Gender: { name: 'gender', type: type('varchar', 5) },
  Start: { name: 'start', type: type('timestamp') },
  End: { name: 'end_', type: type('timestamp') },
  Flag: { name: 'flag', type: type('bool') },
}
const find = (name: string): { readonly name: string; readonly type: SqlType } | null => COLUMNS[name] ?? null

test('checks of SQL Server are translated where they mean the same', () => {
  const cases: readonly (readonly [string, string | null])[] = [
    ['([Amount]>=(0.00))', 'amount >= 0.00'],
    ['([Amount]>(0) AND [Amount]<=(100) OR [Amount] IS NULL)', '((amount > 0 and amount <= 100) or amount is null)'],
    ['([End]>=[Start] OR [End] IS NULL)', '(end_ >= start or end_ is null)'],
    ["(upper([Gender])='m' OR upper([Gender])='F')", "(upper(rtrim(gender)) = 'M' or upper(rtrim(gender)) = 'F')"],
    ['(len([Gender])>(0))', 'length(rtrim(gender)) > 0'],
    ["([Start]>'20000101')", "start > '20000101'"],
    ['(NOT ([Order]+(1)>(2)*[Amount]))', 'not ((order_ + 1) > (2 * amount))'],
    // Texts are compared whatever their case there, and not here.
    ["([Gender]='M')", null],
    ["([Gender] like '[MF]')", null],
    ['([Flag]=(1))', null],
    ['(datepart(year,[Start])>(2000))', null],
    ["([Start]>'1/2/2000')", null],
    ['([Missing]>(0))', null],
    ['([Amount]>(0)', null],
  ]
  for (const [source, sql] of cases) assert.equal(translateCheck(source, 'sqlserver', find), sql, source)
})

test('checks of PostgreSQL keep their words and take the new names', () => {
  const cases: readonly (readonly [string, string | null])[] = [
    ['("Order" > 0)', '(order_ > 0)'],
    [
      "((\"Gender\")::text = ANY ((ARRAY['M'::character varying, 'F'::character varying])::text[]))",
      "((gender)::text = any ((array['M'::character varying, 'F'::character varying])::text[]))",
    ],
    ['(length("Gender") >= 1)', '(length(gender) >= 1)'],
    ['(my_function("Order") > 0)', null],
    ['("Gender" = \'M\'::my_enum)', null],
    ['("Missing" > 0)', null],
    ['("Order" > (select 1))', null],
    ['("Order" > 0); drop table x', null],
  ]
  for (const [source, sql] of cases) assert.equal(translateCheck(source, 'postgres', find), sql, source)
})
