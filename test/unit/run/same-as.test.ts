import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Seam } from '../../../src/run/seams.ts'
import { Bed, type Row } from '../../support/memory-migration.ts'
import { relation, unique } from '../../support/survey.ts'
import { toldRows, verifyOpened } from '../../support/verify-bed.ts'

/** Words shared by all tenants, each tenant's own (the same in another spelling is the shared one; a double is the one it doubles), and notes that use words. */
const MANIFEST = `
migration: words
sources: { legacy: "postgres://reader@legacy/{tenant.code}", login: "postgres://reader@login/login" }
tenants: [{ code: ADAMS }, { code: BAKER }]
services: { app: { url: "postgres://writer@app/app", tenant_column: tenant_id } }
stop: { quarantined: 100%, errors: 100% }
defaults: { unmapped: warn }
phases: [{ first: [shared_word] }, { second: [word, note] }]
entities:
  shared_word:
    service: app
    tenant: none
    from: login/public.shared
    key: id
    rules: [{ when: text is null, quarantine: no_text }]
    into: { core.shared_words: { columns: { text: text } } }
  word:
    service: app
    from: public.word
    key: id
    with:
      shared: { from: login/public.shared, match: { lower(text): lower(trim(text)) } }
    rules:
      - { when: text = 'skip', exclude: skipped }
      - { when: shared.id is not null and shared.text <> text, note: other_spelling }
      - { when: shared.id is not null, same_as: { ref: shared_word, from: shared.id } }
      - { when: double_of is not null, same_as: { ref: word, from: double_of } }
      - { when: text is null, quarantine: no_text }
    into: { core.words: { columns: { text: text, near_id: { ref: word, from: near, missing: { quarantine: nothing_near } } } } }
  note:
    service: app
    from: public.note
    key: id
    into: { core.notes: { columns: { word_id: { ref: word, from: word }, body: body } } }
`

const SHARED = relation('public.shared', ['id int4!', 'text text'])
const WORD = relation('public.word', ['id int4!', 'text text', 'double_of int4', 'near int4'])
const NOTE = relation('public.note', ['id int4!', 'word int4', 'body text'])
const TARGETS = [
  relation('core.shared_words', ['id uuid!', 'text text']),
  relation('core.words', ['id uuid!', 'tenant_id uuid!', 'text text', 'near_id uuid']),
  relation('core.notes', ['id uuid!', 'tenant_id uuid!', 'word_id uuid', 'body text']),
]

const ROWS = {
  shared: [
    [1, 'Sun'],
    [2, 'Moon'],
  ],
  word: [
    [1, 'tree', null, 6],
    [2, 'SUN', null, null],
    [3, 'Tree', 4, null],
    [4, 'trees', 5, 3],
    [5, 'wood', null, 3],
    [6, 'moon', null, null],
    [7, 'skip', null, null],
  ],
  note: [
    [1, 1, 'own'],
    [2, 2, 'shared'],
    [3, 3, 'end of a chain'],
    [4, 5, 'the same'],
    [5, 7, 'of nothing'],
  ],
} satisfies Record<string, readonly Row[]>

interface Rows {
  readonly shared?: readonly Row[]
  readonly word?: readonly Row[]
  readonly note?: readonly Row[]
}

function bedOf(rows: Rows = {}, manifest = MANIFEST): Bed {
  const of = { ...ROWS, ...rows }
  const both = (list: readonly Row[]): Record<string, readonly Row[]> => ({ ADAMS: list, BAKER: [] })
  return new Bed({
    manifest,
    sources: {
      legacy: [
        { relation: WORD, rows: both(of.word) },
        { relation: NOTE, rows: both(of.note) },
      ],
      login: [{ relation: SHARED, rows: { '': of.shared } }],
    },
    targets: { app: TARGETS },
  })
}

/** Identifier → text of every word in the target, shared or not. */
function textsOf(bed: Bed): ReadonlyMap<string, string> {
  const shared = bed.rows('app', 'core.shared_words', ['id', 'text'])
  const own = bed.rows('app', 'core.words', ['id', 'text'])
  return new Map([...shared, ...own].map(([id, text]) => [String(id), String(text)]))
}

/** Body of each note, and the text of the word it leads to. */
function notesOf(bed: Bed): readonly string[] {
  const texts = textsOf(bed)
  return bed.rows('app', 'core.notes', ['word_id', 'body']).map(([id, body]) => `${body}: ${texts.get(String(id)) ?? 'nothing'}`)
}

test('a row that is another row is counted as merged and has no row of its own; what refers to it refers to that one, along chains', async () => {
  const bed = bedOf()
  const { counts, outcomes } = await bed.run()
  assert.deepEqual(counts['word/ADAMS'], { read: 7, loaded: 2, merged: 4, excluded: 1 })
  assert.deepEqual(
    bed.rows('app', 'core.words', ['text']).map(row => row[0]),
    ['tree', 'wood'],
  )
  assert.deepEqual(notesOf(bed), ['own: tree', 'shared: Sun', 'end of a chain: wood', 'the same: wood'])
  assert.ok(outcomes.includes('word note  other_spelling 2'), outcomes.join('\n'))
  const near = bed.rows('app', 'core.words', ['text', 'near_id']).map(([text, id]) => `${text} near ${textsOf(bed).get(String(id))}`)
  assert.deepEqual(near, ['tree near Moon', 'wood near wood'], 'references inside the entity, to rows that come later')
  assert.deepEqual(await bed.quarantine(), ['note/ADAMS 5 parent_excluded'])
})

test('the id map leads from a merged key to the identifier of the row it is, and from the identifier to all its keys', async () => {
  const bed = bedOf()
  await bed.run()
  const ledger = bed.ledger('app')
  const word = (await ledger.entities()).find(entity => entity.name === 'word')?.number ?? 0
  const known = await ledger.known(word, 1, [['2'], ['3'], ['4'], ['5']])
  const wood = known[3]?.state === 'loaded' ? known[3].id : ''
  assert.deepEqual(
    known.map(row => row?.state),
    ['merged', 'merged', 'merged', 'loaded'],
  )
  const matches = await ledger.keysOf([wood])
  assert.deepEqual(
    matches.map(({ entity, key, isMerged }) => [entity, key.join(), isMerged ?? false]),
    [
      ['word', '5', false],
      ['word', '3', true],
      ['word', '4', true],
    ],
  )
  const sun = known[0]?.state === 'merged' ? known[0].id : ''
  assert.equal(textsOf(bed).get(sun), 'Sun')
  assert.deepEqual(
    (await ledger.keysOf([sun])).map(({ entity, tenant, key }) => [entity, tenant, key.join()]),
    [
      ['shared_word', null, '1'],
      ['word', 'ADAMS', '2'],
    ],
  )
})

test('a rerun finds merged rows unchanged and writes nothing', async () => {
  const bed = bedOf()
  const first = await bed.run()
  const before = await bed.ledger('app').mapped(2, 1)
  const again = await bed.run()
  assert.deepEqual(again.counts['word/ADAMS'], { read: 7, unchanged: 6, excluded: 1 })
  assert.deepEqual(again.counts['note/ADAMS'], { read: 5, unchanged: 4, quarantined: 1 })
  assert.equal(await bed.ledger('app').mapped(2, 1), before)
  assert.equal(again.end.status, first.end.status)
})

test('a dry run says what would be merged, and counts as the run does', async () => {
  const bed = bedOf()
  const lines: { readonly intended?: string; readonly key?: readonly string[] }[] = []
  const dry = await bed.dry({ audit: line => lines.push(line as (typeof lines)[number]) })
  const { counts } = await bed.run()
  assert.deepEqual(dry.counts, counts)
  assert.deepEqual(
    lines.filter(line => line.intended === 'merge').map(line => line.key?.join()),
    ['2', '3', '4', '6'],
  )
})

test('a row that names no row, one in quarantine or one left out is in quarantine itself, and so is what refers to it, to a fixpoint', async () => {
  const word: readonly Row[] = [
    [1, 'a', 2, null],
    [2, 'b', 3, null],
    [3, 'c', 4, null],
    [4, null, null, null],
    [5, 'e', 99, null],
    [6, 'f', 7, null],
    [7, 'skip', null, null],
    [8, 'h', null, 1],
    [9, 'SUN', null, null],
  ]
  const shared: readonly Row[] = [[1, 'Sun']]
  const bed = bedOf({ word, shared, note: [[1, 1, 'end of a chain']] })
  const { counts } = await bed.run()
  assert.deepEqual(counts['word/ADAMS'], { read: 9, merged: 1, excluded: 1, quarantined: 7 })
  assert.deepEqual(await bed.quarantine(), [
    'note/ADAMS 1 parent_quarantined',
    'word/ADAMS 1 parent_quarantined',
    'word/ADAMS 2 parent_quarantined',
    'word/ADAMS 3 parent_quarantined',
    'word/ADAMS 4 no_text',
    'word/ADAMS 5 orphan',
    'word/ADAMS 6 parent_excluded',
    'word/ADAMS 8 nothing_near',
  ])
  const details = (await bed.ledger('app').quarantine({ limit: null, key: ['1'], entity: 'word' })).rows.map(row => [
    row.column,
    row.detail,
  ])
  assert.deepEqual(details, [[null, 'refers to word']])
})

test('rows that are one another in a circle are in quarantine, and what leads into the circle', async () => {
  const word: readonly Row[] = [
    [1, 'a', 2, null],
    [2, 'b', 3, null],
    [3, 'c', 1, null],
    [4, 'd', 2, null],
    [5, 'e', 5, null],
    [6, 'f', null, null],
  ]
  const bed = bedOf({ word, note: [] })
  const { counts } = await bed.run()
  assert.deepEqual(counts['word/ADAMS'], { read: 6, loaded: 1, quarantined: 5 })
  assert.deepEqual(await bed.quarantine(), [
    'word/ADAMS 1 same_as_circle',
    'word/ADAMS 2 same_as_circle',
    'word/ADAMS 3 same_as_circle',
    'word/ADAMS 4 parent_quarantined',
    'word/ADAMS 5 same_as_circle',
  ])
})

/** Everything that must not depend on the way: rows, merged keys, quarantine. */
async function picture(bed: Bed): Promise<unknown> {
  const ledger = bed.ledger('app')
  const merged: unknown[] = []
  for (const tenant of [0, 1, 2]) for await (const chunk of ledger.merged(2, tenant)) merged.push(...chunk)
  return {
    merged,
    tables: TARGETS.map(({ schema, name }) =>
      bed
        .rows('app', `${schema}.${name}`)
        .map(row => JSON.stringify(row))
        .toSorted(),
    ),
    quarantine: await bed.quarantine(),
  }
}

const SEAMS: readonly Seam[] = ['batch_filled', 'before_batch_commit', 'after_batch_commit', 'before_settle', 'after_correction_commit']

test('wherever a run is broken off, taken up again it ends as one that was not', async () => {
  const whole = bedOf()
  const { counts } = await whole.run({ batchRows: 2 })
  const expected = await picture(whole)
  for (const seam of SEAMS)
    for (let nth = 1; nth <= 6; nth++) {
      const bed = bedOf()
      let seen = 0
      const at = (name: Seam): void => {
        if (name === seam && ++seen === nth) throw new Error('the end')
      }
      const broken = await bed.run({ batchRows: 2, hooks: { at } }).then(
        () => false,
        () => true,
      )
      if (!broken) break
      const { end, counts: resumed } = await bed.run({ batchRows: 2, resume: 'run-1' })
      assert.deepEqual(end.failures, [])
      assert.deepEqual(await picture(bed), expected, `${seam} ${nth}`)
      assert.deepEqual(resumed, counts, `${seam} ${nth}`)
    }
})

test('entities loaded in a run of their own find in the ledger which rows are other rows', async () => {
  const whole = bedOf()
  await whole.run()
  const bed = bedOf()
  await bed.run({ selection: { entities: ['shared_word', 'word'] } })
  await bed.run({ selection: { entities: ['note'] } })
  assert.deepEqual(await picture(bed), await picture(whole))
})

test('verify says equal at every level; a merged key that leads elsewhere, is missing or is too many is told', async () => {
  const bed = bedOf()
  await bed.run()
  for (const level of ['basic', 'standard', 'rigorous'] as const) {
    const { outcome, differences } = await verifyOpened(bed.migration, { level })
    assert.equal(outcome, 'equal', `${level} ${JSON.stringify(differences)}`)
  }
  const store = bed.stores.get('app') ?? assert.fail()
  const { merged } = store.room({ entity: 2, tenant: 1 })
  const [sun, chained] = [merged.get('2') ?? assert.fail(), merged.get('3') ?? assert.fail()]
  merged.set('2', { ...sun, id: chained.id })
  merged.delete('4')
  merged.set('1000', sun)
  assert.deepEqual(toldRows(await verifyOpened(bed.migration)), [
    `id_map word/ADAMS 2 rehouse.merged.id ${sun.id} → ${chained.id}`,
    `id_map word/ADAMS 4 rehouse.merged to be the row ${chained.id} → null`,
    `id_map word/ADAMS 1000 rehouse.merged null → to be the row ${sun.id}`,
  ])
  merged.set('2', { ...sun, id: '00000000-0000-8000-8000-000000000000' })
  const [lost] = toldRows(await verifyOpened(bed.migration, { level: 'basic' }))
  assert.equal(lost, 'id_map word/ADAMS 2 rehouse.merged.id the identifier of a loaded row → 00000000-0000-8000-8000-000000000000')
})

const WORD_OF = { source: 'legacy', tenant: 'ADAMS', table: 'word' }

test('a plain rerun keeps rows that were merged or would be merged now as they are, and what refers to them', async () => {
  const bed = bedOf()
  await bed.run()
  const before = await picture(bed)
  bed.replaceRows(WORD_OF, [
    [1, 'Moon', null, null],
    [2, 'other', null, null],
    [3, 'Tree', 1, null],
    [4, 'skip', null, null],
    ...ROWS.word.slice(4),
  ])
  const { counts } = await bed.run()
  assert.deepEqual(counts['word/ADAMS'], { read: 7, unchanged: 2, skipped: 4, excluded: 1 })
  assert.deepEqual(counts['note/ADAMS'], { read: 5, unchanged: 4, quarantined: 1 })
  assert.deepEqual(await picture(bed), before)
})

test('a top-up run makes a merged row a row of its own where the source says so now, and another row another row; what refers to it follows', async () => {
  const bed = bedOf()
  await bed.run()
  bed.replaceRows(WORD_OF, [ROWS.word[0] ?? [], [2, 'other', null, null], [3, 'Tree', 1, null], ...ROWS.word.slice(3)])
  const dry = await bed.dry({ selection: { topUp: true } })
  const { counts } = await bed.run({ selection: { topUp: true } })
  assert.deepEqual(counts['word/ADAMS'], { read: 7, loaded: 1, updated: 2, unchanged: 3, excluded: 1 })
  assert.deepEqual(dry.counts['word/ADAMS'], counts['word/ADAMS'])
  assert.deepEqual(notesOf(bed).toSorted(), ['end of a chain: tree', 'own: tree', 'shared: other', 'the same: wood'])
  const images = [...(bed.stores.get('app')?.batches.values() ?? [])].flatMap(batch => batch.images ?? [])
  assert.deepEqual(
    images.filter(image => image.table === 'rehouse.merged').map(image => [image.operation, image.id]),
    [
      ['update', '3'],
      ['delete', '2'],
    ],
  )
  const fresh = bedOf({
    word: [ROWS.word[0] ?? [], [2, 'other', null, null], [3, 'Tree', 1, null], ...ROWS.word.slice(3)],
  })
  await fresh.run()
  assert.deepEqual(await picture(bed), await picture(fresh))
  assert.equal((await verifyOpened(bed.migration)).outcome, 'equal')
  const again = await bed.run({ selection: { topUp: true } })
  assert.deepEqual(again.counts['word/ADAMS'], { read: 7, unchanged: 6, excluded: 1 })
})

test('a row of its own that is another row now stays, as what refers to it does; with --delete-gone it goes, and what referred to it refers to that one', async () => {
  const word: readonly Row[] = [[1, 'Moon', null, 6], ...ROWS.word.slice(1)]
  const kept = bedOf()
  await kept.run()
  kept.replaceRows(WORD_OF, word)
  const { counts } = await kept.run({ selection: { topUp: true } })
  assert.deepEqual(counts['word/ADAMS'], { read: 7, unchanged: 5, skipped: 1, excluded: 1 })
  assert.ok(notesOf(kept).includes('own: tree'))
  const bed = bedOf()
  await bed.run()
  bed.replaceRows(WORD_OF, word)
  const gone = await bed.run({ selection: { topUp: true, deleteGone: true } })
  assert.deepEqual(gone.counts['word/ADAMS'], { read: 7, merged: 1, unchanged: 5, excluded: 1 })
  const fresh = bedOf({ word })
  await fresh.run()
  assert.deepEqual(await picture(bed), await picture(fresh))
  assert.equal((await verifyOpened(bed.migration)).outcome, 'equal')
})

test('with --delete-gone a merged row that is gone is forgotten; a row stays while others are it', async () => {
  const bed = bedOf()
  await bed.run()
  bed.replaceRows(
    WORD_OF,
    ROWS.word.filter(([id]) => id !== 3 && id !== 5),
  )
  bed.replaceRows({ ...WORD_OF, table: 'note' }, ROWS.note.slice(0, 2))
  await bed.run({ selection: { topUp: true, deleteGone: true } })
  const known = await bed.ledger('app').known(2, 1, [['3'], ['4'], ['5']])
  assert.deepEqual(
    known.map(row => row?.state ?? null),
    [null, 'merged', 'loaded'],
  )
})

test('rows in quarantine are tried again: what they name is there now', async () => {
  const word: readonly Row[] = [
    [1, 'a', 2, null],
    [2, 'b', null, null],
  ]
  const bed = bedOf({ word: word.slice(0, 1), note: [[1, 1, 'waits']] })
  await bed.run()
  assert.deepEqual(await bed.quarantine(), ['note/ADAMS 1 parent_quarantined', 'word/ADAMS 1 orphan'])
  bed.replaceRows(WORD_OF, word)
  const { counts } = await bed.run({ selection: { retries: true } })
  assert.deepEqual(counts['word/ADAMS'], { read: 2, loaded: 1, merged: 1 })
  assert.deepEqual(await bed.quarantine(), [])
  assert.deepEqual(notesOf(bed), ['waits: b'])
})

const FAMILY = `
migration: family
sources: { legacy: "postgres://reader@legacy/{tenant.code}" }
tenants: [{ code: ADAMS }]
services: { app: { url: "postgres://writer@app/app" } }
stop: { quarantined: 100%, errors: 100% }
phases: [{ all: [grand, alias, child] }]
entities:
  grand: { service: app, from: public.grand, key: id, into: { core.grands: { columns: { name: name } } } }
  alias:
    service: app
    from: public.alias
    key: id
    rules: [{ when: of is not null, same_as: { ref: grand, from: of } }]
    into: { core.grands2: { columns: { name: name } } }
  child: { service: app, from: public.child, key: id, into: { core.children: { columns: { alias_id: { ref: alias, from: up } } } } }
`

test('rows taken back because a key could not be put back take along the rows that are them, and what refers to these', async () => {
  const many = { estimatedRows: 1_000_000 }
  const table = (name: string, columns: readonly string[], rows: readonly Row[]) => ({
    relation: relation(`public.${name}`, columns, many),
    rows: { ADAMS: rows },
  })
  const grands = table(
    'grand',
    ['id int4!', 'name text!'],
    [
      [1, 'Ann'],
      [2, 'Bob'],
      [3, 'Ann'],
    ],
  )
  const aliases = table(
    'alias',
    ['id int4!', 'of int4', 'name text'],
    [
      [1, 3, 'x'],
      [2, 2, 'y'],
      [3, null, 'z'],
    ],
  )
  const children = table(
    'child',
    ['id int4!', 'up int4'],
    [
      [1, 1],
      [2, 2],
      [3, 3],
    ],
  )
  const bed = new Bed({
    manifest: FAMILY,
    sources: { legacy: [grands, aliases, children] },
    targets: {
      app: [
        relation('core.grands', ['id uuid!', 'name text!'], { uniqueKeys: [unique('grands_name', ['name'])] }),
        relation('core.grands2', ['id uuid!', 'name text']),
        relation('core.children', ['id uuid!', 'alias_id uuid']),
      ],
    },
  })
  // As when a key was set aside by somebody who did not know what rows can break: nothing a run of today does.
  const target = bed.target('app')
  const plan = target.planDeferral.bind(target)
  target.planDeferral = (relations, { unbreakable: _, ...rule }) => plan(relations, rule)
  const { counts } = await bed.run()
  assert.deepEqual(counts['alias/ADAMS'], { read: 3, loaded: 1, merged: 1, quarantined: 1 })
  assert.deepEqual(await bed.quarantine(), [
    'alias/ADAMS 1 parent_quarantined',
    'child/ADAMS 1 parent_quarantined',
    'grand/ADAMS 3 unique_violation',
  ])
  const again = await bed.run()
  assert.deepEqual(again.counts['alias/ADAMS'], { read: 3, unchanged: 2, quarantined: 1 })
})
