import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Bed, type Row } from '../../support/memory-migration.ts'
import { relation } from '../../support/survey.ts'
import { toldRows, verifyOpened } from '../../support/verify-bed.ts'

/** Links to whatever their text names: one entity for each way identifiers are made. */
const MANIFEST = `
migration: links
sources: { legacy: "postgres://reader@legacy/legacy" }
tenants: single
services: { app: { url: "postgres://writer@app/app" } }
stop: { quarantined: 100%, errors: 100% }
defaults: { unmapped: warn }
phases: [{ first: [number, word, grade, document, person, place] }, { second: [link] }]
entities:
  number: { service: app, from: public.number, key: id, rules: [{ when: name = 'bad', quarantine: bad }], into: { core.numbers: { columns: { name: name } } } }
  word: { service: app, from: public.word, key: word, into: { core.words: { columns: { name: word } } } }
  grade: { service: app, from: public.grade, key: id, into: { core.grades: { columns: { id: { id: v5 }, name: name } } } }
  document: { service: app, from: public.document, key: guid, into: { core.documents: { columns: { id: { id: keep }, name: name } } } }
  person: { service: app, from: public.person, key: id, into: { core.persons: { columns: { id: { id: lookup, from: sub }, name: name } } } }
  place:
    service: app
    from: public.place
    key: id
    rules: [{ when: same_as is not null, same_as: { ref: place, from: same_as } }]
    into: { core.places: { columns: { name: name } } }
  link:
    service: app
    from: public.link
    key: id
    into: { core.links: { columns: { legacy_id: id, to_id: { ref: [number, word, grade, document, person, place], from: target } } } }
`

const GUID = '0b3f8a52-6c1d-4e8f-9a70-2d5c4b7e9f10'
const SUB = '00000000-0000-4000-8000-000000000007'
const NAMED = ['numbers', 'words', 'grades', 'documents', 'persons', 'places'] as const

const TABLES: Readonly<Record<string, { readonly columns: readonly string[]; readonly rows: readonly Row[] }>> = {
  number: {
    columns: ['id int4!', 'name text'],
    rows: [
      [1, 'one'],
      [2, 'two'],
      [3, 'bad'],
    ],
  },
  word: { columns: ['word text!'], rows: [['tree'], ['1'], ['9']] },
  grade: {
    columns: ['id int8!', 'name text'],
    rows: [
      [2n, 'second'],
      [3n, 'third'],
    ],
  },
  document: { columns: ['guid uuid!', 'name text'], rows: [[GUID, 'paper']] },
  person: {
    columns: ['id int4!', 'name text', 'sub text'],
    rows: [
      [5, 'Eve', SUB],
      [6, 'Fay', null],
    ],
  },
  place: {
    columns: ['id int4!', 'name text', 'same_as int4'],
    rows: [
      [20, 'Rome', null],
      [21, 'Roma', 22],
      [22, 'ROMA', 20],
    ],
  },
}

const LINKS: readonly Row[] = [
  [1, '1'],
  [2, 'tree'],
  [3, '3'],
  [4, GUID.toUpperCase()],
  [5, '5'],
  [6, '21'],
  [7, null],
  [8, '6'],
  [9, 'nothing'],
]

function bedOf(manifest = MANIFEST): Bed {
  const sources = Object.entries(TABLES).map(([name, { columns, rows }]) => ({
    relation: relation(`public.${name}`, columns),
    rows: { '': rows },
  }))
  return new Bed({
    manifest,
    sources: { legacy: [...sources, { relation: relation('public.link', ['id int4!', 'target text']), rows: { '': LINKS } }] },
    targets: {
      app: [
        ...NAMED.map(name => relation(`core.${name}`, ['id uuid!', 'name text'])),
        relation('core.links', ['id uuid!', 'legacy_id int4', 'to_id uuid']),
      ],
    },
  })
}

function linked(bed: Bed): readonly string[] {
  const names = new Map(
    NAMED.flatMap(table => bed.rows('app', `core.${table}`, ['id', 'name']).map(([id, name]) => [String(id), `${table} ${name}`] as const)),
  )
  return bed
    .rows('app', 'core.links', ['legacy_id', 'to_id'])
    .map(([id, to]) => `${id}: ${to === null ? 'nothing' : names.get(String(to))}`)
}

const EXPECTED = [
  '1: numbers one',
  '2: words tree',
  '3: grades third',
  '4: documents paper',
  '5: persons Eve',
  '6: places Rome',
  '7: nothing',
]

test('a reference to one of several entities leads to the first in which the key exists, however identifiers are made', async () => {
  const bed = bedOf()
  const dry = await bed.dry()
  const { counts } = await bed.run()
  assert.deepEqual(dry.counts, counts)
  assert.deepEqual(linked(bed), EXPECTED)
  assert.deepEqual(
    (await bed.quarantine()).filter(row => row.startsWith('link')),
    ['link/single 8 parent_quarantined', 'link/single 9 orphan'],
  )
})

test('a rerun changes nothing; loaded in a run of its own it leads to the same rows; verify says equal, and tells a reference that was turned', async () => {
  const bed = bedOf()
  await bed.run({ selection: { entities: ['number', 'word', 'grade', 'document', 'person', 'place'] } })
  await bed.run({ selection: { entities: ['link'] } })
  assert.deepEqual(linked(bed), EXPECTED)
  const again = await bed.run()
  assert.deepEqual(again.counts['link/single'], { read: 9, unchanged: 7, quarantined: 2 })
  for (const level of ['basic', 'standard', 'rigorous'] as const) {
    const { outcome, differences } = await verifyOpened(bed.migration, { level })
    assert.equal(outcome, 'equal', `${level} ${JSON.stringify(differences)}`)
  }
  const [one, two] = bed.rows('app', 'core.links', ['id', 'to_id'])
  const writer = await bed.target('app').openWriter()
  const tx = await writer.begin()
  await tx.updateColumn({
    table: { schema: 'core', name: 'links' },
    where: 'id',
    set: 'to_id',
    pairs: [{ id: String(one?.[0]), value: String(two?.[1]) }],
  })
  await tx.commit({ durable: true })
  await writer.close()
  const [found] = toldRows(await verifyOpened(bed.migration))
  assert.equal(found, `different link/single 1 core.links.to_id ${one?.[1]} → ${two?.[1]}`)
})

test('what is missing everywhere takes its outcome, counted', async () => {
  const bed = bedOf(MANIFEST.replace('from: target }', 'from: target, missing: { value: null, note: leads_nowhere } }'))
  const { counts, outcomes } = await bed.run()
  assert.deepEqual(counts['link/single'], { read: 9, loaded: 9 })
  assert.ok(outcomes.includes('link value core.links.to_id leads_nowhere 2'), outcomes.join('\n'))
})

test('several entities of which one is loaded later are refused, with the way out', async () => {
  const manifest = MANIFEST.replace(
    'phases: [{ first: [number, word, grade, document, person, place] }, { second: [link] }]',
    'phases: [{ first: [number, grade, document, person, place, link] }, { second: [word] }]',
  )
  await assert.rejects(
    bedOf(manifest).run(),
    /expected a reference that is checked after the load to name one entity and to quarantine what is missing, got several candidates/,
  )
})
