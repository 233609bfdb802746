import fc from 'fast-check'

/** Random expressions of the subset over the columns below, well-typed most of the time. What can fail at run time always has a column in it. */

export const COLUMNS = [
  ['Flag', 'bool', ['true', 'false', null]],
  ['other flag', 'bool', ['true', 'false', null]],
  ['i2', 'int2', ['0', '1', '-1', '32767', '-32768', '7', null]],
  ['I4', 'int4', ['0', '1', '-1', '2147483647', '-2147483648', '46341', '32768', null]],
  ['j4', 'int4', ['0', '2', '5', '65536', null]],
  ['i8', 'int8', ['0', '1', '-1', '9223372036854775807', '-9223372036854775808', '3037000500', '9007199254740993', null]],
  [
    'num',
    'numeric',
    ['0', '1.50', '-1.5', '0.00', '2.5', '-2.5', '99999999999999999999.9999', 'NaN', 'Infinity', '-Infinity', '1e-20', '32767.5', null],
  ],
  ['num2', 'numeric(10,2)', ['0', '1.5', '-0.01', '12345678.90', '127.00', null]],
  ['real8', 'float8', ['0', '-0', '1.5', 'NaN', 'Infinity', '9007199254740992', '1e-300', '0.1', null]],
  ['real4', 'float4', ['0', '1.5', '0.1', '-3.25', null]],
  [
    'T1',
    'text',
    [
      '',
      ' ',
      'a',
      'A',
      'ab',
      ' ab ',
      'é',
      '😀',
      '\uffee',
      '12',
      '-7',
      '1.50',
      't',
      'no',
      '2020-02-29',
      'zz',
      '2d8f3a64-2c7f-4f6e-8a51-3d6a9c0b1e77',
      'xxabxx',
      null,
    ],
  ],
  ['t2', 'text', ['', 'a', 'b', 'ab', '99999', '{2D8F3A642C7F4F6E8A513D6A9C0B1E77}', ' true ', '😀é', '\t4\n', null]],
  ['v', 'varchar(10)', ['', 'a', 'a  ', 'é', 'abc', '3', null]],
  ['c', 'char(5)', ['', 'a', 'ab', ' a', 'abcde', '4', null]],
  [
    'd1',
    'date',
    ['2020-02-29', '2000-01-01', '1999-12-31', '0044-03-15 BC', 'infinity', '-infinity', '4714-11-24 BC', '12345-01-01', null],
  ],
  ['d2', 'date', ['2020-02-29', '2024-12-31', null]],
  ['ts', 'timestamp', ['2020-02-29 12:34:56.789', '1999-12-31 23:59:59.999999', '0001-01-01 00:00:00 BC', 'infinity', '2000-01-01', null]],
  [
    'u1',
    'uuid',
    ['2d8f3a64-2c7f-4f6e-8a51-3d6a9c0b1e77', '00000000-0000-0000-0000-000000000000', 'ffffffff-0000-0000-0000-000000000000', null],
  ],
  [
    'js',
    'json',
    [
      '{"a": 1.50, "b" : [1, "x\\u00e9\\n", null, {"c":true}], "a":"last"}',
      '[ 10 , [], {}, "s" ]',
      '"scalar"',
      'null',
      '{"z":"\\ud83d\\ude00"}',
      '{"a":"\\u0000"}',
      ' {"" : "empty", "\\u0061": 2} ',
      null,
    ],
  ],
  [
    'jb',
    'jsonb',
    ['{"a": 1.50, "bb": [1, "x", null], "c": {"a": "\\"q\\\\"}}', '[1, 2.50, "t", null]', '"scalar"', '7', 'null', '{}', null],
  ],
  ['mood', 'mood', ['sad', 'ok', 'Happy', null]],
] as const satisfies readonly (readonly [string, string, readonly (string | null)[]])[]

export type ColumnName = (typeof COLUMNS)[number][0]

/** One row as the texts its columns are made of. */
export const row = fc.tuple(...COLUMNS.map(([, , values]) => fc.constantFrom<string | null>(...values)))

const quote = (name: string): string => (/^[a-z_][a-z0-9_]*$/.test(name) ? name : `"${name}"`)
const column = (...names: ColumnName[]): fc.Arbitrary<string> => fc.constantFrom(...names.map(quote))
const literal = (...values: string[]): fc.Arbitrary<string> => fc.constantFrom(...values)
const text = (parts: TemplateStringsArray, ...from: fc.Arbitrary<string>[]): fc.Arbitrary<string> =>
  fc.tuple(...from).map(values => parts.reduce((all, part, i) => all + part + (values[i] ?? ''), ''))

const cases = (value: fc.Arbitrary<string>, bool: fc.Arbitrary<string>): fc.Arbitrary<string>[] => [
  text`case when ${bool} then ${value} end`,
  text`case when ${bool} then ${value} when ${bool} then ${value} else ${value} end`,
  text`coalesce(${value}, ${value})`,
  text`coalesce(null, ${value}, ${value})`,
  text`nullif(${value}, ${value})`,
]

const { expression, condition } = fc.letrec<
  Record<'bool' | 'int' | 'number' | 'string' | 'date' | 'uuid' | 'json' | 'jsonb' | 'mood' | 'float' | 'condition' | 'expression', string>
>(tie => {
  const compared = (type: fc.Arbitrary<string>): fc.Arbitrary<string>[] => {
    const operator = fc.constantFrom('=', '<>', '!=', '<', '<=', '>', '>=')
    return [
      text`(${type} ${operator} ${type})`,
      text`(${type} in (${type}, ${type}, null))`,
      text`(${type} not in (${type}, ${type}))`,
      text`(${type} between ${type} and ${type})`,
      text`(${type} not between ${type} and ${type})`,
      text`(${type} is distinct from ${type})`,
      text`(${type} is not distinct from ${type})`,
      text`(case ${type} when ${type} then true when ${type} then "Flag" else false end)`,
    ]
  }
  const groups = [tie('int'), tie('number'), tie('string'), tie('date'), tie('uuid'), tie('mood'), tie('float'), tie('bool')]
  const anything = fc.oneof(...groups, tie('json'), tie('jsonb'))
  const numbers = fc.oneof(tie('number'), tie('int'))
  return {
    bool: fc.oneof(
      { maxDepth: 4, depthSize: 'small' },
      column('Flag', 'other flag'),
      literal('true', 'false', 'null::bool', "'yes'::bool"),
      text`(${tie('bool')} and ${tie('bool')})`,
      text`(${tie('bool')} or ${tie('bool')})`,
      text`(${tie('bool')} and ${tie('bool')} or ${tie('bool')} and not ${tie('bool')})`,
      text`(not ${tie('bool')})`,
      text`(${anything} is null)`,
      text`(${anything} is not null)`,
      fc.oneof(...groups.flatMap(compared)),
      fc.oneof(...compared(fc.oneof(numbers, tie('float')))),
      text`("T1" || ${tie('string')})::bool`,
      text`t2::bool`,
      text`("I4" + ${literal('0', '1')})::bool`,
      fc.oneof(...cases(tie('bool'), tie('bool'))),
    ),
    int: fc.oneof(
      { maxDepth: 4, depthSize: 'small' },
      column('i2', 'I4', 'j4', 'i8'),
      literal('0', '1', '-1', '2147483647', '2147483648', '-2147483648', '7', 'null::int4', "'3'::int2"),
      text`(${column('i2', 'I4', 'j4', 'i8')} ${literal('+', '-', '*')} ${tie('int')})`,
      text`(${column('i2', 'I4')} ${literal('+', '-', '*')} '3')`,
      text`(- ${column('i2', 'I4', 'i8')})`,
      text`length(${tie('string')})`,
      text`(${column('num', 'num2', 'i8', 'I4')} * ${numbers})::${literal('int2', 'int4', 'int8', 'smallint', 'bigint')}`,
      text`(${column('T1', 't2', 'v', 'c')})::${literal('int2', 'int4', 'int8')}`,
      text`("Flag" and ${tie('bool')})::int4`,
      fc.oneof(...cases(tie('int'), tie('bool'))),
    ),
    number: fc.oneof(
      { maxDepth: 4, depthSize: 'small' },
      column('num', 'num2'),
      literal('0.0', '1.50', '-2.5', '1e3', '12345678901234567890', '.5', "'NaN'::numeric", '1e-5'),
      text`(${column('num', 'num2')} ${literal('+', '-', '*')} ${numbers})`,
      text`(- ${column('num', 'num2')})`,
      text`(${column('num', 'num2', 'I4', 'i8')})::numeric`,
      text`(num + ${numbers})::numeric(${literal('10,2', '5', '3,3', '1000,500')})`,
      text`(${column('T1', 't2', 'v')})::numeric`,
      fc.oneof(...cases(fc.oneof(numbers, tie('number')), tie('bool'))),
    ),
    float: fc.oneof({ maxDepth: 2 }, column('real8', 'real4'), column('real8'), fc.oneof(...cases(column('real8', 'real4'), tie('bool')))),
    string: fc.oneof(
      { maxDepth: 4, depthSize: 'small' },
      column('T1', 't2', 'v', 'c'),
      column('T1', 't2'),
      literal("''", "' a '", "'ab'", "'O''Hara'", "'é😀'", 'null', "'\\'"),
      text`("T1" || ${tie('string')})`,
      text`(${tie('string')} || t2 || ${column('I4', 'i8', 'num', 'Flag', 'd1', 'u1', 'c', 'v', 'mood', 'ts')})`,
      text`${literal('trim', 'btrim', 'ltrim', 'rtrim')}(${tie('string')})`,
      text`${literal('btrim', 'ltrim', 'rtrim')}(${tie('string')}, ${literal("'x'", "'ab '", "''", "'😀'", 'null')})`,
      text`trim(${literal('both', 'leading', 'trailing')} ${literal('', "'x'", "'a'")} from ${tie('string')})`,
      text`${literal('lower', 'upper')}(${literal("'aB'", 'u1::text', "'x' || i2")})`,
      text`${anything.filter(value => !/real|null$/.test(value))}::text`,
      text`(js ->> ${literal("'a'", "'b'", "''", "'z'", '0', '-1', '3', '5')})`,
      text`(jb ->> ${literal("'a'", "'bb'", "'c'", '0', '-1', '3', '5', 'i2', 't2')})`,
      fc.oneof(...cases(tie('string'), tie('bool'))),
    ),
    date: fc.oneof(
      { maxDepth: 3, depthSize: 'small' },
      column('d1', 'd2'),
      literal("date '2020-02-29'", "'1999-12-31'::date", "'infinity'::date"),
      text`ts::date`,
      fc.oneof(...cases(column('d1', 'd2'), tie('bool'))),
    ),
    uuid: fc.oneof(
      { maxDepth: 3 },
      column('u1'),
      literal("'00000000-0000-0000-0000-000000000000'::uuid"),
      text`"T1"::uuid`,
      text`t2::uuid`,
    ),
    json: fc.oneof(
      { maxDepth: 3 },
      column('js'),
      text`(js -> ${literal("'a'", "'b'", '0', '-1', '2')})`,
      text`(js -> 'b' -> ${literal('1', '3', "'c'")})`,
    ),
    jsonb: fc.oneof(
      { maxDepth: 3 },
      column('jb'),
      text`(jb -> ${literal("'a'", "'bb'", "'c'", '0', '-1', '2', '-9')})`,
      text`(jb -> 'c' -> 'a')`,
    ),
    mood: fc.oneof({ maxDepth: 2 }, column('mood'), fc.oneof(...cases(column('mood'), tie('bool')))),
    condition: tie('bool'),
    expression: anything,
  }
})

export { condition, expression }
