import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { RelatedWay } from '../../../src/plan/related-way.ts'
import type { Source } from '../../../src/source/source.ts'
import { Bed, type Row, type SourceTable } from '../../support/memory-migration.ts'
import { relation } from '../../support/survey.ts'

/** Each is three to five whole runs. */
const RUNS = process.env.REHOUSE_NIGHTLY === '1' ? 1000 : 25

type KeyType = 'int4' | 'int8' | 'uuid' | 'text' | 'numeric'
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

interface Case {
  readonly ours: KeyType
  readonly theirs: KeyType
  readonly isPair: boolean
  readonly driving: readonly (readonly [key: number | null, second: number])[]
  readonly related: readonly (readonly [key: number | null, second: number | null, value: string | null])[]
  readonly isMany: boolean
  readonly isFiltered: boolean
  readonly folds: boolean
}

const place = fc.option(fc.nat(7), { freq: 6, nil: null })
const aCase: fc.Arbitrary<Case> = fc.record({
  ours: fc.constantFrom(...KEY_TYPES),
  theirs: fc.constantFrom(...KEY_TYPES),
  isPair: fc.boolean(),
  driving: fc.array(fc.tuple(place, fc.nat(3)), { maxLength: 12 }),
  related: fc.array(fc.tuple(place, fc.option(fc.nat(3), { freq: 6, nil: null }), fc.constantFrom('1', '2', '2.50', '30', null)), {
    maxLength: 25,
  }),
  isMany: fc.boolean(),
  isFiltered: fc.boolean(),
  folds: fc.boolean(),
})

const isOrdered = (type: KeyType): boolean => type === 'int4' || type === 'int8' || type === 'uuid'

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

function tablesOf(of: Case): readonly SourceTable[] {
  const [ours, theirs] = typesOf(of)
  const driving = relation('public.student', [`id ${ours}`, 'part int4', 'name text'], { primaryKey: null })
  const related = relation('public.attribute', [`student_id ${theirs}`, 'part int4', 'value numeric', 'row int4'], { primaryKey: null })
  const folded = { name: 'SQL_Latin1_General_CP1_CI_AS', isDeterministic: false, equality: 'fold_trim' as const }
  const collated = of.folds && ours === 'text' ? { collation: folded } : {}
  const [id, ...others] = driving.columns
  const [student, ...rest] = related.columns
  assert.ok(id && student)
  return [
    {
      relation: { ...driving, columns: [{ ...id, ...collated }, ...others] },
      rows: { ADAMS: of.driving.map(([key, second], i) => [keyOf(ours, key), second, `row ${i}`]) },
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
  ]
}

const TARGET = relation('core.students', ['id uuid!', 'tenant_id uuid!', 'name text', 'value numeric', 'doc jsonb'])

function bedOf(of: Case, { way, wrap }: { readonly way: RelatedWay; readonly wrap?: (source: Source) => Source }): Bed {
  const { isPair, isMany, isFiltered } = of
  const match = isPair ? '{ part: part, student_id: id }' : '{ student_id: id }'
  const list = '{ collect: attribute, into: array, value: { json: { value: value, row: row, place: place } } }'
  const columns = isMany ? `value: max(attribute.value), doc: ${list}` : 'value: attribute.value'
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
    with: { attribute: { from: public.attribute, match: ${match}${isFiltered ? ', where: value > 1' : ''}${many} } }
    into: { core.students: { columns: { name: name, ${columns} } } }
`,
    sources: { legacy: tablesOf(of) },
    targets: { app: [TARGET] },
    relatedWay: way,
    ...(wrap === undefined ? {} : { wrap }),
  })
}

/** Everything a run leaves behind that does not depend on when it ran. */
async function left(bed: Bed): Promise<unknown> {
  return { rows: bed.rows('app', 'core.students'), quarantine: await bed.quarantine() }
}

test('related rows read beside the driving rows give the same bytes as related rows in memory', async () => {
  await fc.assert(
    fc.asyncProperty(aCase, fc.integer({ min: 1, max: 4 }), async (of, batchRows) => {
      const memory = bedOf(of, { way: 'memory' })
      const merge = bedOf(of, { way: 'merge' })
      const [first, second] = [await memory.run({ batchRows: 1000 }), await merge.run({ batchRows })]
      assert.deepEqual(second.end.failures, [])
      assert.deepEqual(second.counts, first.counts)
      assert.deepEqual(second.outcomes, first.outcomes)
      assert.deepEqual(await left(merge), await left(memory))
      const again = await merge.run({ batchRows })
      assert.equal(again.counts['student/ADAMS']?.loaded, undefined)
      assert.deepEqual((await bedOf(of, { way: 'merge' }).dry({ batchRows })).counts, first.counts)
    }),
    { numRuns: RUNS },
  )
})

test('a run killed anywhere and taken up again has read beside the driving rows what one run would have', async () => {
  await fc.assert(
    fc.asyncProperty(aCase, fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 6 }), async (of, batchRows, dies) => {
      const whole = bedOf(of, { way: 'merge' })
      await whole.run({ batchRows: 1000 })
      const bed = bedOf(of, { way: 'merge' })
      let batches = 0
      const hooks = {
        at: (seam: string) => {
          if (seam === (dies % 2 === 0 ? 'before_batch_commit' : 'after_batch_commit') && ++batches === dies) throw new Error('killed')
        },
      }
      const died = await bed.run({ batchRows, hooks }).then(
        () => false,
        () => true,
      )
      if (died) await bed.run({ batchRows, resume: 'latest' })
      assert.deepEqual(await left(bed), await left(whole))
    }),
    { numRuns: RUNS },
  )
})

const SIMPLE: Case = {
  ours: 'int4',
  theirs: 'int8',
  isPair: false,
  driving: [
    [3, 1],
    [4, 1],
    [5, 1],
  ],
  related: [
    [3, 0, '1'],
    [3, 0, '2'],
    [5, 0, '3'],
  ],
  isMany: true,
  isFiltered: false,
  folds: false,
}

function countingReads(reads: string[]): (source: Source) => Source {
  return source => ({
    ...source,
    engine: source.engine,
    capability: source.capability,
    label: source.label,
    describe: () => source.describe(),
    facts: () => source.facts(),
    close: () => source.close(),
    openSnapshot: async relations => {
      const snapshot = await source.openSnapshot(relations)
      return {
        id: snapshot.id,
        marker: snapshot.marker,
        origin: snapshot.origin,
        count: relation => snapshot.count(relation),
        close: () => snapshot.close(),
        read: request => {
          const names = request.key.kind === 'columns' ? request.key.names.join('+') : 'content'
          reads.push(`${request.relation.name} by ${names} after ${request.after?.join('+') ?? 'nothing'}`)
          return snapshot.read(request)
        },
      }
    },
  })
}

test('a resumed run reads related rows from the key it stopped at, not from the beginning', async () => {
  const reads: string[] = []
  const bed = bedOf(SIMPLE, { way: 'merge', wrap: countingReads(reads) })
  let batches = 0
  const hooks = {
    at: (seam: string) => {
      if (seam === 'after_batch_commit' && ++batches === 2) throw new Error('killed')
    },
  }
  await assert.rejects(bed.run({ batchRows: 1, hooks }))
  reads.length = 0
  await bed.run({ batchRows: 1, resume: 'latest' })
  assert.deepEqual(reads, ['attribute by student_id after 1', 'student by id+part after 2+1'])
})

const WAYS: readonly (readonly [what: string, of: Partial<Case>, by: string])[] = [
  ['integers of different lengths', {}, 'student_id'],
  ['uuids', { ours: 'uuid', theirs: 'uuid' }, 'student_id'],
  ['all parts of the key, in whatever order the mapping names them', { isPair: true }, 'student_id+part'],
  ['texts, which every source orders in its own way,', { ours: 'text', theirs: 'text' }, ''],
  ['decimals', { ours: 'numeric', theirs: 'numeric' }, ''],
]

for (const [what, change, by] of WAYS)
  test(`${what} ${by === '' ? 'are not matched by merging, even where it is asked for' : 'are matched by merging'}`, async () => {
    const reads: string[] = []
    await bedOf({ ...SIMPLE, ...change }, { way: 'merge', wrap: countingReads(reads) }).run()
    assert.equal(
      reads.find(read => read.startsWith('attribute')),
      `attribute by ${by} after nothing`,
    )
    assert.ok(isOrdered(change.ours ?? 'int4') === (by !== ''))
  })
