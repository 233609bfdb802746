import assert from 'node:assert/strict'
import { test } from 'node:test'
import { TupleWriter } from '../../../src/base/tuple-writer.ts'
import { literalEncoder } from '../../../src/cast/literal-encoder.ts'
import { parseTypeName } from '../../../src/cast/type-name.ts'
import { errorsOf, Program, type ProgramWish } from '../../support/row-program.ts'
import { relation } from '../../support/survey.ts'

const SHOWN =
  'export const work = uses => ({ value: JSON.stringify(uses, (_, v) => typeof v === "bigint" ? v + "n" : typeof v === "object" && v !== null && !Object.isFrozen(v) ? "not frozen" : v) })'

const RELATIONS = [
  relation(
    'public.part',
    [
      'id int4!',
      'row_id int4',
      'price numeric',
      'big int8',
      'share float8',
      'made timestamptz',
      'more jsonb',
      'words text[]',
      'ok bool',
      'secret text',
      'kind_id int4',
    ],
    {
      primaryKey: ['id'],
    },
  ),
  relation('public.kind', ['id int4!', 'name text'], { primaryKey: ['id'] }),
]

function wish(more: Partial<ProgramWish> = {}): ProgramWish {
  return {
    functions: { 'f.ts': SHOWN },
    top: 'exclude: { columns: { public.part.secret: { reason: private } } }',
    entity: `    with:
      parts:
        from: public.part
        match: { row_id: id }
        many: true
        order: id
        number: { place: { order: id } }
        with: { kind: { from: public.kind, match: { id: kind_id } } }
      one: { from: public.part, match: { id: part_id }, with: { kind: { from: public.kind, match: { id: kind_id } } } }`,
    columns: { v: '{ fn: f.ts#work, uses: [parts] }' },
    source: ['id int4!', 'part_id int4'],
    target: ['v text'],
    relations: RELATIONS,
    ...more,
  }
}

/** A program whose related rows are there. */
function filled(more: Partial<ProgramWish> = {}): Program {
  return new Program(wish({ related: { parts: PARTS, 'parts.kind': KINDS, one: PARTS, 'one.kind': KINDS }, ...more }))
}

const array = new TupleWriter(64)
literalEncoder(['a', null], parseTypeName('text[]'))(array)
/** The field without its length. */
const WORDS = Buffer.from(array.bytes()).subarray(4)

const PARTS = [
  [2, 1, '1.50', 9_007_199_254_740_993n, 0.5, 1_500_000n, '{"n": 1.10}', WORDS, true, 'hush', 7],
  [1, 1, null, null, null, null, null, null, null, 'hush', null],
  [3, 2, null, null, null, null, null, null, null, 'hush', 8],
] as const
const KINDS = [[7, 'seven']] as const

const shown = (program: Program, row: Parameters<Program['run']>[0][number]): unknown =>
  JSON.parse(String(program.run([row]).tables['core.rows']?.[0]?.[1]))

const SECOND = {
  id: 2,
  row_id: 1,
  price: '1.50',
  big: '9007199254740993n',
  share: 0.5,
  made: '2000-01-01T00:00:01.500000Z',
  more: { n: { text: '1.10' } },
  words: ['a', null],
  ok: true,
  kind_id: 7,
}
const EMPTY = { row_id: 1, price: null, big: null, share: null, made: null, more: null, words: null, ok: null, kind_id: null }

test('a function is given a list of related rows, in order, without loss, with positions and their own related rows, and nothing that is excluded', () => {
  const program = filled()
  assert.deepEqual(shown(program, [1, null]), {
    parts: [
      { id: 1, ...EMPTY, place: 1, kind: null },
      { ...SECOND, place: 2, kind: { id: 7, name: 'seven' } },
    ],
  })
  assert.deepEqual(shown(program, [5, null]), { parts: [] })
})

test('a related row is given as an object, or null where there is none; so is a row related to it', () => {
  const program = filled({ columns: { v: '{ fn: f.ts#work, uses: [one, one.kind] }' } })
  assert.deepEqual(shown(program, [1, 2]), {
    one: { ...SECOND, kind: { id: 7, name: 'seven' } },
    kind: { id: 7, name: 'seven' },
  })
  assert.deepEqual(shown(program, [1, 3]), { one: { id: 3, ...EMPTY, row_id: 2, kind_id: 8, kind: null }, kind: null })
  assert.deepEqual(shown(program, [1, null]), { one: null, kind: null })
})

test('a list may be given under another name', () => {
  const program = filled({ columns: { v: '{ fn: f.ts#work, uses: { kinds: parts } }' } })
  assert.deepEqual(shown(program, [5, null]), { kinds: [] })
})

test('two rows where a related row has one quarantine the row, before the function is asked', () => {
  const related = { one: [PARTS[0], PARTS[0]], parts: [PARTS[0]], 'parts.kind': [...KINDS, ...KINDS] }
  const one = filled({ columns: { v: '{ fn: f.ts#work, uses: [one] }' }, related: { one: [PARTS[0], PARTS[0]] } })
  assert.deepEqual(one.run([[1, 2]]).quarantine, ['1 ambiguous_one one -'])
  assert.deepEqual(filled({ related }).run([[1, 2]]).quarantine, ['1 ambiguous_kind parts.kind -'])
})

test('what functions are given is told in TypeScript: lists, objects, what may be null', () => {
  const program = filled({ columns: { v: '{ fn: f.ts#work, uses: [id, part_id, parts, one.kind] }' } })
  const kind = '{ readonly id: number; readonly name: string | null }'
  assert.deepEqual(program.compiled.functions[0]?.uses, [
    { name: 'id', type: 'number' },
    { name: 'part_id', type: 'number | null' },
    {
      name: 'parts',
      type: `readonly { readonly id: number; readonly row_id: number | null; readonly price: Decimal | null; readonly big: bigint | null; readonly share: number | null; readonly made: Instant | null; readonly more: Json; readonly words: readonly (string | null)[] | null; readonly ok: boolean | null; readonly kind_id: number | null; readonly place: number | null; readonly kind: ${kind} | null }[]`,
    },
    { name: 'kind', type: `${kind} | null` },
  ])
})

test('a column and a related row of one name cannot be told apart under `uses`', () => {
  assert.deepEqual(errorsOf(wish({ source: ['id int4!', 'part_id int4', 'one text'], columns: { v: '{ fn: f.ts#work, uses: [one] }' } })), [
    'MANIFEST_INVALID: expected a name under `uses` to mean one thing, got one, a column and a related row',
  ])
})

test('a column of a list is no value of the row; the list is', () => {
  assert.deepEqual(errorsOf(wish({ columns: { v: '{ fn: f.ts#work, uses: [parts.price] }' } })), [
    'MAPPING_UNKNOWN_COLUMN: expected a column or value there is, got parts.price',
  ])
})
