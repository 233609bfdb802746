import assert from 'node:assert/strict'
import { test } from 'node:test'
import { RehouseError } from '../../../src/errors.ts'
import { errorsOf, Program, type ProgramWish } from '../../support/row-program.ts'

function wish(source: string, more: Partial<ProgramWish> = {}): ProgramWish {
  return {
    functions: { 'f.ts': source },
    columns: { v: '{ fn: f.ts#work, uses: [n, t] }' },
    source: ['id int4!', 'n numeric', 't text', 'd jsonb', 'at timestamptz', 'big int8', 'words text[]', 'u uuid'],
    target: ['v text'],
    ...more,
  }
}

const ROW = [1, '1.50', 'x', null, null, null, null, null] as const
const answered = (program: Program, row: Parameters<Program['run']>[0][number] = ROW): unknown =>
  program.run([row]).tables['core.rows']?.[0]?.[1]

test('a function gets its values under their names and answers a value', () => {
  const program = new Program(
    wish('export const work = ({ n, t }: { n: string; t: string }): { value: string } => ({ value: n + "/" + t })'),
  )
  assert.equal(answered(program), '1.50/x')
})

test('values go in without loss: decimals and times as text, 64 bits as bigint, JSON with the digits of its numbers', () => {
  const source = 'export const work = (uses) => ({ value: JSON.stringify(uses, (_, v) => typeof v === "bigint" ? v + "n" : v) })'
  const program = new Program(wish(source, { columns: { v: '{ fn: f.ts#work, uses: [n, d, at, big, u] }' } }))
  const row = [
    1,
    '1.50',
    'x',
    '{"a": 1.10, "b": [9007199254740993]}',
    1_500_000n,
    9_007_199_254_740_993n,
    null,
    '00000000-0000-4000-8000-00000000000a',
  ]
  assert.deepEqual(JSON.parse(String(answered(program, row))), {
    n: '1.50',
    d: { a: { text: '1.10' }, b: [{ text: '9007199254740993' }] },
    at: '2000-01-01T00:00:01.500000Z',
    big: '9007199254740993n',
    u: '00000000-0000-4000-8000-00000000000a',
  })
})

test('what it answers keeps its digits: bigint, and numbers of documents', () => {
  const source = 'export const work = ({ d }) => ({ value: { from: d.a, big: 9007199254740993n, list: [1, null, true] } })'
  const program = new Program(wish(source, { columns: { v: '{ fn: f.ts#work, uses: [d] }' }, target: ['v jsonb'] }))
  assert.equal(
    answered(program, [1, null, null, '{"a": 1.10}', null, null, null, null]),
    '{"big": 9007199254740993, "from": 1.10, "list": [1, null, true]}',
  )
})

test('a number of a document is no document: one with a member `text` stays what it is, both ways', () => {
  const source = `export const work = ({ d }) => ({ value: { numbers: d.map(one => one instanceof JsonNumber), back: d, made: new JsonNumber('1.50'), plain: { text: '7' } } })`
  const program = new Program(wish(source, { columns: { v: '{ fn: f.ts#work, uses: [d] }' }, target: ['v jsonb'] }))
  assert.equal(
    answered(program, [1, null, null, '[7, {"text": "7"}, 1.10]', null, null, null, null]),
    '{"back": [7, {"text": "7"}, 1.10], "made": 1.50, "plain": {"text": "7"}, "numbers": [true, false, true]}',
  )
})

test('what is no number cannot be made one', () => {
  for (const text of ['', '1 point', '01', '1.', 'NaN', '-', '0x1', '1\\n'])
    assert.deepEqual(
      new Program(wish(`export const work = () => ({ value: new JsonNumber('${text}') })`)).details([ROW]),
      ['f.ts#work threw RangeError'],
      text,
    )
})

test('a function may exclude, quarantine and note, each counted', () => {
  const source = `export function work({ t }) {
  if (t === 'e') return { exclude: 'not_wanted' }
  if (t === 'q') return { quarantine: 'odd_value' }
  return { value: t, note: [{ code: 'kept' }, { code: 'seen', detail: t }] }
}`
  const { counts, exclusions, quarantine, notes } = new Program(wish(source)).run(
    ['e', 'q', 'x'].map((t, i) => [i + 1, null, t, null, null, null, null, null]),
  )
  assert.deepEqual(counts, { read: 3, loaded: 1, excluded: 1, quarantined: 1, parts: 0 })
  assert.deepEqual(exclusions, ['1 not_wanted core.rows.v'])
  assert.deepEqual(quarantine, ['2 odd_value core.rows.v -'])
  assert.deepEqual(notes, ['3 kept core.rows.v', '3 seen core.rows.v'])
})

test('what a function throws quarantines the row under its name; the detail has the function, never the data', () => {
  const source = 'export const readAll = ({ t }) => { throw new TypeError("secret " + t) }'
  const program = new Program(wish(source, { columns: { v: '{ fn: f.ts#readAll, uses: [t] }' } }))
  assert.deepEqual(program.run([ROW]).quarantine, ['1 function_read_all core.rows.v -'])
  assert.deepEqual(program.details([ROW]), ['f.ts#readAll threw TypeError'])
})

test('answers that are none refuse the row with what was wrong', () => {
  const detail = (body: string, more: Partial<ProgramWish> = {}): unknown =>
    new Program(wish(`export const work = () => (${body})`, more)).details([ROW])[0]
  assert.equal(detail('7'), 'f.ts#work answered no outcome')
  assert.equal(detail('({})'), 'f.ts#work answered no outcome')
  assert.equal(detail('({ value: () => 1 })'), 'f.ts#work answered a value that cannot be kept')
  assert.equal(detail('({ value: NaN })'), 'f.ts#work answered a value that cannot be kept')
  assert.equal(detail('({ quarantine: "Not A Code" })'), 'f.ts#work answered a code that is not in snake_case')
  assert.equal(detail('({ value: 1, note: {} })'), 'f.ts#work answered a note without a code')
  assert.equal(detail('({ value: "x" })', { target: ['v int4'] }), 'f.ts#work answered a value integer cannot hold')
  assert.equal(detail('Promise.resolve({ value: 1 })'), 'f.ts#work answered no outcome')
})

test('a function has no clock, no chance, no process, no network, no way out of its realm', () => {
  for (const body of [
    'Date.now()',
    'new Date()',
    'Math.random()',
    'process.exit(1)',
    'fetch("http://x")',
    'require("fs")',
    'globalThis.process.pid',
    'console.log(1)',
    'eval("1")',
    'new Function("return 1")()',
    'uses.constructor.constructor("return process")()',
    'context.option.constructor.constructor("return process")()',
    'context.ref.constructor("return process")()',
    'setTimeout(() => 1, 0)',
    'new Intl.DateTimeFormat().format()',
    'performance.now()',
    'new WeakRef({})',
  ]) {
    const program = new Program(wish(`export const work = (uses, context) => ({ value: String(${body}) })`))
    assert.deepEqual(program.run([ROW]).quarantine, ['1 function_work core.rows.v -'], body)
  }
})

test('a function that answers differently when asked twice is found out', () => {
  const program = new Program(wish('let n = 0\nexport const work = () => ({ value: n++ })'))
  assert.throws(
    () => program.run([ROW]),
    (error: unknown) =>
      error instanceof RehouseError && error.code === 'FUNCTION_INVALID' && /answer the same for the same values/.test(error.message),
  )
})

test('what it is given cannot be changed by it', () => {
  const program = new Program(wish('export const work = uses => { uses.t = "y"; return { value: uses.t } }'))
  assert.deepEqual(program.details([ROW]), ['f.ts#work threw TypeError'])
})

test('a named value made by a function has members, is made once for a row, and has the type `as` says', () => {
  const source =
    'export const work = ({ t }) => ({ value: { kind: t, size: 12n, none: null } })\nexport const key = () => ({ value: "00000000-0000-4000-8000-00000000000b" })'
  const program = new Program(
    wish(source, {
      entity: '    let: { payload: { fn: f.ts#work, uses: [t] }, other: { fn: f.ts#key, uses: [], as: uuid } }',
      columns: { v: 'payload.kind', size: '{ from: payload.size, as: bigint }', none: 'payload.none', other: 'other' },
      target: ['v text', 'size int8', 'none text', 'other uuid'],
    }),
  )
  assert.deepEqual(program.run([ROW]).tables['core.rows']?.[0]?.slice(1), ['x', 12n, null, '00000000-0000-4000-8000-00000000000b'])
})

test('it knows the tenant and the options in force; expressions can be given under a name', () => {
  const source =
    'export const work = ({ twice }, { tenant, option }) => ({ value: [twice, tenant.key, tenant.zone, option.mode].join(" ") })'
  const program = new Program(
    wish(source, { top: 'options: { mode: { default: strict } }', columns: { v: '{ fn: f.ts#work, uses: { twice: "t || t" } }' } }),
  )
  assert.equal(answered(program), 'xx ADAMS America/Chicago strict')
})

test('says what is wrong with a file of functions, with its place and a way out', () => {
  const says = (source: string, message: RegExp): void => {
    const [error, ...others] = new Program(wish(source)).findings
    assert.equal(error?.code, 'FUNCTION_INVALID')
    assert.match(error?.message ?? '', message)
    assert.match(error?.next ?? '', /^Export functions by name/)
    assert.equal(error?.where.file, 'f.ts')
    assert.deepEqual(
      others.filter(other => other.code !== 'MAPPING_INCOMPLETE'),
      [],
    )
  }
  says('export const other = () => ({ value: 1 })', /^expected an exported function work, got other$/)
  says('const work = 1', /^expected an exported function work, got no export at all$/)
  says('export const work = 5', /^expected an exported function work, got work$/)
  says('import { x } from "./y.ts"\nexport const work = () => x', /imports nothing but types, got an import$/)
  says('export default () => 1', /^expected functions exported by name, got another export$/)
  says('export const work = (', /^expected TypeScript whose types can be taken away, got/)
  says(
    'const now = Date.now()\nexport const work = () => ({ value: now })',
    /^expected a file that can be run without a clock.*, got ReferenceError$/,
  )
  says('enum A { B }\nexport const work = () => ({ value: 1 })', /^expected TypeScript whose types can be taken away, got/)
})

test('imports of types are let be, and `export { name }` works', () => {
  const program = new Program(
    wish(
      "import type { MappingFunction } from 'rehouse'\nconst work: MappingFunction<{ t: string }, string> = ({ t }) => ({ value: t })\nexport { work }",
    ),
  )
  assert.equal(answered(program), 'x')
})

test('a function the manifest gives the wrong values is told of where it stands', () => {
  assert.deepEqual(errorsOf(wish('export const work = () => ({ value: 1 })', { columns: { v: '{ fn: f.ts#work, uses: [nn] }' } })), [
    'MAPPING_UNKNOWN_COLUMN: expected a column or value there is, got nn',
  ])
})

test('a call that does not come to an end is stopped: its row goes to quarantine under the function’s name, the next is run', () => {
  const source = 'export const work = ({ t }) => { while (t === "x"); return { value: t } }'
  const program = new Program(wish(source, { callMs: 250 }))
  const rows = [ROW, [2, null, 'y', null, null, null, null, null]] as const
  assert.deepEqual(program.details(rows), ['f.ts#work did not come to an end'])
  const { quarantine, tables, counts } = program.run(rows)
  assert.deepEqual(quarantine, ['1 function_work core.rows.v -'])
  assert.deepEqual(
    tables['core.rows']?.map(row => row[1]),
    ['y'],
  )
  assert.deepEqual([counts.read, counts.loaded, counts.quarantined], [2, 1, 1])
})

test('what looks at an answer is watched too: a getter that does not come to an end is stopped', () => {
  const program = new Program(wish('export const work = () => ({ get value() { for (;;); } })', { callMs: 250 }))
  assert.deepEqual(program.details([ROW]), ['f.ts#work did not come to an end'])
})

test('context.ref is the identifier the row has for those who refer to it, by its key as text, bigint or number', () => {
  const source =
    "export const work = (uses, { ref }) => ({ value: ref('row', uses.id) + ' ' + ref('row', String(uses.id)) + ' ' + ref('row', BigInt(uses.id)) })"
  const program = new Program(wish(source, { columns: { v: '{ fn: f.ts#work, uses: [id] }' } }))
  const { tables, ids } = program.run([ROW])
  assert.deepEqual(tables['core.rows']?.[0]?.slice(0, 2), [ids[0], `${ids[0]} ${ids[0]} ${ids[0]}`])
})

test('context.ref knows every way identifiers are made, and every kind of key', () => {
  for (const [id, key, given] of [
    ['hashed', 'id', 'uses.id'],
    ['v5', '[id, t]', 'uses.id, uses.t'],
    ['hashed', '[n, big]', 'uses.n, uses.big'],
    ['keep', 'u', 'uses.u.toUpperCase()'],
  ] as const) {
    const source = `export const work = (uses, { ref }) => ({ value: ref('row', ${given}) })`
    const columns = { v: '{ fn: f.ts#work, uses: [id, t, n, big, u] }' }
    const program = new Program(wish(source, { columns, key, entity: `    id: ${id}` }))
    const { tables, ids } = program.run([[1, '1.50', 'x,"y', null, null, 7n, null, '00000000-0000-4000-8000-00000000000a']])
    assert.equal(tables['core.rows']?.[0]?.[1], ids[0], `${id} ${key}`)
  }
})

test('context.ref of an entity there is none of, or with what can be no key of it, is an error of the function', () => {
  for (const [given, name] of [
    ["'nobody', 1", 'UnknownEntity'],
    ['undefined', 'UnknownEntity'],
    ["'row'", 'WrongKey'],
    ["'row', 1, 2", 'WrongKey'],
    ["'row', 'x'", 'WrongKey'],
    ["'row', 1.5", 'WrongKey'],
    ["'row', null", 'WrongKey'],
    ["'row', { toString: () => '1' }", 'WrongKey'],
  ]) {
    const program = new Program(wish(`export const work = (uses, { ref }) => ({ value: ref(${given}) })`))
    assert.deepEqual(program.details([ROW]), [`f.ts#work threw ${name}`], given)
  }
})

test('a way back that is not there, or of which there is none, is told of', () => {
  const source = 'export const work = ({ t }) => ({ value: t })\nexport const back = ({ t }) => ({ value: t })'
  const found = (inverse: string): readonly string[] =>
    new Program(wish(source, { columns: { v: `{ fn: f.ts#work, uses: [t], inverse: ${inverse} }` } })).findings
      .filter(({ code }) => code !== 'MAPPING_INCOMPLETE')
      .map(({ message }) => message)
  assert.deepEqual(found('f.ts#back'), [])
  assert.deepEqual(found('none'), [])
  assert.deepEqual(found('f.ts#forth'), ['expected an exported function forth, got work, back'])
})
