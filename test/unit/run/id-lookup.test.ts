import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Seam } from '../../../src/run/seams.ts'
import { Bed, type Row } from '../../support/memory-migration.ts'
import { relation } from '../../support/survey.ts'
import { verifyOpened } from '../../support/verify-bed.ts'

/** People whose identifiers an identity provider has given out, and courses that refer to them. */
const MANIFEST = `
migration: people
sources: { legacy: "postgres://reader@legacy/legacy", subjects: "postgres://reader@subjects/subjects" }
tenants: single
services: { app: { url: "postgres://writer@app/app" } }
stop: { quarantined: 100%, errors: 100% }
entities:
  person:
    service: app
    from: public.person
    key: id
    with: { subject: { from: subjects/public.map, match: { legacy_id: id } } }
    rules: [{ when: name = 'gone', exclude: deleted }]
    into: { core.persons: { columns: { sub: { id: lookup, from: subject.sub }, legacy_id: id, name: name, boss: { ref: person, from: boss } } } }
  course:
    service: app
    from: public.course
    key: id
    into: { core.courses: { columns: { legacy_id: id, teacher: { ref: person, from: teacher } } } }
`
const SUB = (n: number): string => `00000000-0000-4000-8000-00000000000${n}`

const PERSON = relation('public.person', ['id int4!', 'name text', 'boss int4'])
const MAP = relation('public.map', ['legacy_id int4!', 'sub text'])
const COURSE = relation('public.course', ['id int4!', 'teacher int4'])
const TARGETS = [
  relation('core.persons', ['sub uuid!', 'legacy_id int4', 'name text', 'boss uuid']),
  relation('core.courses', ['id uuid!', 'legacy_id int4', 'teacher uuid']),
]

const PEOPLE: readonly Row[] = [
  [1, 'gone', null],
  [2, 'Ann', 5],
  [3, 'Bob', 2],
  [4, 'No subject', null],
  [5, 'Cem', null],
  [6, 'Double', null],
  [7, 'Under her', 6],
]
const SUBJECTS: readonly Row[] = [
  [1, SUB(2)],
  [2, SUB(2)],
  [3, SUB(3).toUpperCase()],
  [5, SUB(5)],
  [6, SUB(2)],
  [7, SUB(7)],
]
const COURSES: readonly Row[] = [
  [1, 2],
  [2, 3],
  [3, 4],
  [4, 6],
]

function bedOf({ people = PEOPLE, subjects = SUBJECTS, manifest = MANIFEST } = {}): Bed {
  return new Bed({
    manifest,
    sources: {
      legacy: [
        { relation: PERSON, rows: { '': people } },
        { relation: COURSE, rows: { '': COURSES } },
      ],
      subjects: [{ relation: MAP, rows: { '': subjects } }],
    },
    targets: { app: TARGETS },
  })
}

test('identifiers come from the identity map, references follow; a row without one and the second with one are in quarantine', async () => {
  const bed = bedOf()
  const { counts } = await bed.run()
  assert.deepEqual(counts['person/single'], { read: 7, loaded: 3, excluded: 1, quarantined: 3 })
  assert.deepEqual(bed.rows('app', 'core.persons'), [
    [SUB(2), 2, 'Ann', SUB(5)],
    [SUB(3), 3, 'Bob', SUB(2)],
    [SUB(5), 5, 'Cem', null],
  ])
  assert.deepEqual(bed.rows('app', 'core.courses', ['legacy_id', 'teacher']), [
    [1, SUB(2)],
    [2, SUB(3)],
  ])
  assert.deepEqual(await bed.quarantine(), [
    'course/single 3 parent_quarantined',
    'course/single 4 parent_quarantined',
    'person/single 4 id_missing',
    'person/single 6 id_taken',
    'person/single 7 parent_quarantined',
  ])
  const [ann] = await bed.ledger('app').keysOf([SUB(2)])
  assert.deepEqual([ann?.entity, ann?.key], ['person', ['2']])
})

test('a rerun changes nothing, a dry run foresees it all, verify says equal at every level', async () => {
  const bed = bedOf()
  const dry = await bed.dry()
  const { counts } = await bed.run()
  assert.deepEqual(dry.counts, counts)
  const again = await bed.run()
  assert.deepEqual(again.counts['person/single'], { read: 7, unchanged: 3, excluded: 1, quarantined: 3 })
  assert.deepEqual(again.counts['course/single'], { read: 4, unchanged: 2, quarantined: 2 })
  for (const level of ['basic', 'standard', 'rigorous'] as const) {
    const { outcome, differences } = await verifyOpened(bed.migration, { level })
    assert.equal(outcome, 'equal', `${level} ${JSON.stringify(differences)}`)
  }
})

test('wherever a run is broken off, taken up again it ends as one that was not; an entity loaded later finds the identifiers in the ledger', async () => {
  const whole = bedOf()
  await whole.run({ batchRows: 2 })
  const rows = (bed: Bed): unknown => ['core.persons', 'core.courses'].map(table => bed.rows('app', table))
  const seams: readonly Seam[] = ['before_batch_commit', 'after_batch_commit', 'before_settle', 'after_correction_commit']
  for (const seam of seams)
    for (let nth = 1; nth <= 4; nth++) {
      const bed = bedOf()
      let seen = 0
      const at = (name: Seam): void => {
        if (name === seam && ++seen === nth) throw new Error('the end')
      }
      await bed.run({ batchRows: 2, hooks: { at } }).catch(() => undefined)
      await bed.run({ batchRows: 2, resume: 'run-1' })
      assert.deepEqual(rows(bed), rows(whole), `${seam} ${nth}`)
      assert.deepEqual(await bed.quarantine(), await whole.quarantine())
    }
  const apart = bedOf()
  await apart.run({ selection: { entities: ['person'] } })
  await apart.run({ selection: { entities: ['course'] } })
  assert.deepEqual(rows(apart), rows(whole))
})

test('what is no UUID is refused as a value; a row added later with an identifier that is loaded is in quarantine', async () => {
  const bed = bedOf({ subjects: [[2, 'not a uuid'], ...SUBJECTS.slice(2)] })
  await bed.run()
  assert.ok((await bed.quarantine()).includes('person/single 2 not_representable'), (await bed.quarantine()).join('\n'))
  const later = bedOf({ people: [[2, 'Ann', null]] })
  await later.run()
  later.replaceRows({ source: 'legacy', tenant: '', table: 'person' }, [[6, 'Double', null]])
  await later.run()
  assert.ok((await later.quarantine()).includes('person/single 6 id_taken'), (await later.quarantine()).join('\n'))
})
