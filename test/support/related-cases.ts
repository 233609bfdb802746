import assert from 'node:assert/strict'
import fc from 'fast-check'
import type { RelatedWay } from '../../src/plan/related-way.ts'
import type { Source } from '../../src/source/source.ts'
import { Bed, type Row, type SourceTable } from './memory-migration.ts'
import { relation } from './survey.ts'

/** Small migrations with related rows: keys of every kind, doubled, empty, NULL, of neither side; one row or lists. */
export type KeyType = 'int4' | 'int8' | 'uuid' | 'text' | 'numeric'
const KEY_TYPES: readonly KeyType[] = ['int4', 'int8', 'uuid', 'text', 'numeric']

const KEYS: Readonly<Record<KeyType, readonly Row[number][]>> = {
  int4: [-2147483648, -5, 0, 1, 2, 3, 256, 2147483647],
  int8: [-9223372036854775808n, -4294967297n, -1n, 0n, 2n, 3n, 4294967296n, 9223372036854775807n],
  uuid: [
    '00000000-0000-0000-0000-000000000000',
    '00000000-0000-0000-0000-000000000001',
    '00000000-ffff-0000-0000-000000000000',
    '7fffffff-0000-0000-0000-000000000000',
    '80000000-0000-0000-0000-000000000000',
    'ffffffff-ffff-ffff-ffff-ffffffffffff',
  ],
  text: ['', 'a', 'ä', 'b', 'bb', '\u{1f600}', '\uffee'],
  numeric: ['-1', '0', '1', '1.5', '10', '9'],
}

export interface Case {
  readonly ours: KeyType
  readonly theirs: KeyType
  readonly isPair: boolean
  /** Matched by another column than the key. */
  readonly byOther: boolean
  readonly driving: readonly (readonly [key: number | null, second: number, other: number | null])[]
  readonly related: readonly (readonly [key: number | null, second: number | null, value: string | null])[]
  readonly isMany: boolean
  readonly isFiltered: boolean
  /** The related rows have related rows of their own. */
  readonly isNested: boolean
  readonly folds: boolean
}

const place = fc.option(fc.nat(7), { freq: 6, nil: null })
export const aCase: fc.Arbitrary<Case> = fc.record({
  ours: fc.constantFrom(...KEY_TYPES),
  theirs: fc.constantFrom(...KEY_TYPES),
  isPair: fc.boolean(),
  byOther: fc.boolean(),
  driving: fc.array(fc.tuple(place, fc.nat(3), place), { maxLength: 12 }),
  related: fc.array(fc.tuple(place, fc.option(fc.nat(3), { freq: 6, nil: null }), fc.constantFrom('1', '2', '2.50', '30', null)), {
    maxLength: 25,
  }),
  isMany: fc.boolean(),
  isFiltered: fc.boolean(),
  isNested: fc.boolean(),
  folds: fc.boolean(),
})

export const isOrdered = (type: KeyType): boolean => type === 'int4' || type === 'int8' || type === 'uuid'

/** Keys that can be compared at all: both integers, or both the same. */
function typesOf({ ours, theirs }: Case): readonly [KeyType, KeyType] {
  const areIntegers = ours.startsWith('int') && theirs.startsWith('int')
  return [ours, areIntegers ? theirs : ours]
}

const keyOf = (type: KeyType, at: number | null): Row[number] => (at === null ? null : (KEYS[type][at % KEYS[type].length] ?? null))

/** Also what is equal and written otherwise. */
function written(
  key: Row[number],
  { i, type, folds }: { readonly i: number; readonly type: KeyType; readonly folds: boolean },
): Row[number] {
  if (i % 2 === 0 || typeof key !== 'string') return key
  if (type === 'numeric') return key.includes('.') ? `${key}0` : `${key}.00`
  return type === 'text' && folds ? `${key.toUpperCase()} ` : key
}

export function tablesOf(of: Case): readonly SourceTable[] {
  const [ours, theirs] = typesOf(of)
  const driving = relation('public.student', [`id ${ours}`, `other ${ours}`, 'part int4', 'name text'], { primaryKey: null })
  const related = relation('public.attribute', [`student_id ${theirs}`, 'part int4', 'value numeric', 'row int4'], { primaryKey: null })
  const kind = relation('public.kind', ['part int4', 'label text'], { primaryKey: null })
  const folded = { name: 'SQL_Latin1_General_CP1_CI_AS', isDeterministic: false, equality: 'fold_trim' as const }
  const collated = of.folds && ours === 'text' ? { collation: folded } : {}
  const [id, other, ...others] = driving.columns
  const [student, ...rest] = related.columns
  assert.ok(id && other && student)
  return [
    {
      relation: { ...driving, columns: [{ ...id, ...collated }, { ...other, ...collated }, ...others] },
      rows: { ADAMS: of.driving.map(([key, second, third], i) => [keyOf(ours, key), keyOf(ours, third), second, `row ${i}`]) },
    },
    {
      relation: { ...related, columns: [{ ...student, ...collated }, ...rest] },
      rows: {
        ADAMS: of.related.map(([key, second, value], i) => [
          written(keyOf(theirs, key), { i, type: theirs, folds: of.folds }),
          second,
          value,
          i,
        ]),
      },
    },
    {
      relation: kind,
      rows: {
        ADAMS: [
          [0, 'none'],
          [1, 'one'],
          [2, 'two'],
          [2, 'two again'],
          [null, 'nothing'],
        ],
      },
    },
  ]
}

const TARGET = relation('core.students', ['id uuid!', 'tenant_id uuid!', 'name text', 'value numeric', 'doc jsonb', 'kind text'])

export function bedOf(of: Case, { way, wrap }: { readonly way: RelatedWay; readonly wrap?: (source: Source) => Source }): Bed {
  const { isPair, isMany, isFiltered, isNested, byOther } = of
  const match = `{ ${isPair ? 'part: part, ' : ''}student_id: ${byOther ? 'other' : 'id'} }`
  const nested = isNested ? ', with: { kind: { from: public.kind, match: { part: part } } }' : ''
  const label = isNested ? ', label: kind.label' : ''
  const list = `{ collect: attribute, into: array, value: { json: { value: value, row: row, place: place${label} } } }`
  const columns = isMany
    ? `value: max(attribute.value), doc: ${list}`
    : `value: attribute.value${isNested ? ', kind: attribute.kind.label' : ''}`
  const many = isMany ? ', many: true, order: [value], number: { place: { order: [value] } }' : ''
  return new Bed({
    manifest: `
migration: school
sources: { legacy: "postgres://reader@legacy/{tenant.code}" }
tenants: [{ code: ADAMS }]
services: { app: { url: "postgres://writer@app/app", tenant_column: tenant_id } }
stop: { quarantined: 100%, errors: 100% }
defaults: { unmapped: warn }
entities:
  student:
    service: app
    from: public.student
    key: [id, part]
    with: { attribute: { from: public.attribute, match: ${match}${isFiltered ? ', where: value > 1' : ''}${many}${nested} } }
    into: { core.students: { columns: { name: name, ${columns} } } }
`,
    sources: { legacy: tablesOf(of) },
    targets: { app: [TARGET] },
    relatedWay: way,
    ...(wrap === undefined ? {} : { wrap }),
  })
}

/** Everything a run leaves behind that does not depend on when it ran. */
export async function left(bed: Bed): Promise<unknown> {
  return { rows: bed.rows('app', 'core.students'), quarantine: await bed.quarantine() }
}

export const SIMPLE: Case = {
  ours: 'int4',
  theirs: 'int8',
  isPair: false,
  byOther: false,
  driving: [
    [3, 1, 5],
    [4, 1, 3],
    [5, 1, null],
  ],
  related: [
    [3, 0, '1'],
    [3, 0, '2'],
    [5, 0, '3'],
  ],
  isMany: true,
  isFiltered: false,
  isNested: false,
  folds: false,
}
