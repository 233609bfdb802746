import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { SEAMS, type Seam } from '../../../src/run/seams.ts'
import { Bed, type Row, type Told } from '../../support/memory-migration.ts'
import { foreignKey, relation } from '../../support/survey.ts'

/** Rows with lists, whose elements refer to one another, and rows that refer to elements. */
interface World {
  readonly holders: readonly Row[]
  readonly uses: readonly Row[]
  readonly empty: boolean
}

const MANIFEST = ({ empty }: World): string => `
migration: lists
sources: { legacy: "postgres://reader@legacy/all" }
tenants: single
services: { app: { url: "postgres://writer@app/app" } }
stop: { quarantined: 100%, errors: 100% }
entities:
  item:
    service: app
    from: { table: public.holder, each: items, as: m${empty ? ', empty: { exclude: nothing }' : ''} }
    key: [id, m.id]
    rules: [{ when: m.kind = 'x', exclude: not_wanted }]
    into:
      core.items: { columns: { holder: id, item: m.id, place: ordinal(m), boss_id: { ref: item, from: [id, m.boss] } } }
  use:
    service: app
    from: public.use
    key: id
    into: { core.uses: { columns: { legacy_id: id, item_id: { ref: item, from: [holder, item] } } } }
`

const name = fc.constantFrom('a', 'b', 'c')
const element = fc.oneof(
  { weight: 6, arbitrary: fc.record({ id: name, boss: name, kind: fc.constantFrom('x', 'y') }, { requiredKeys: [] }) },
  { weight: 1, arbitrary: fc.constantFrom(null, 5, 'a') },
)
const list = fc.oneof(
  { weight: 5, arbitrary: fc.array(element, { maxLength: 5 }).map(items => JSON.stringify(items)) },
  { weight: 1, arbitrary: fc.constantFrom(null, 'null', '{"id": "a"}', '7') },
)
const worlds: fc.Arbitrary<World> = fc.record({
  holders: fc.array(list, { maxLength: 6 }).map(lists => lists.map((items, i): Row => [i + 1, items])),
  uses: fc
    .array(fc.tuple(fc.integer({ min: 1, max: 6 }), name), { maxLength: 4 })
    .map(uses => uses.map(([holder, item], i): Row => [i + 1, holder, item])),
  empty: fc.boolean(),
})

function bedOf(world: World): Bed {
  return new Bed({
    manifest: MANIFEST(world),
    sources: {
      legacy: [
        { relation: relation('public.holder', ['id int4!', 'items jsonb']), rows: { '': world.holders } },
        { relation: relation('public.use', ['id int4!', 'holder int4', 'item text']), rows: { '': world.uses } },
      ],
    },
    targets: {
      app: [
        relation('core.items', ['id uuid!', 'holder int4', 'item text', 'place int4', 'boss_id uuid'], {
          foreignKeys: [foreignKey('items_boss', ['boss_id'], 'core.items (id)')],
        }),
        relation('core.uses', ['id uuid!', 'legacy_id int4', 'item_id uuid'], {
          foreignKeys: [foreignKey('uses_item', ['item_id'], 'core.items (id)')],
        }),
      ],
    },
  })
}

async function leftBy(bed: Bed): Promise<unknown> {
  const rows = ['core.items', 'core.uses'].map(table =>
    bed
      .rows('app', table)
      .map(row => row.map(String).join(' | '))
      .sort(),
  )
  return { rows, quarantine: [...(await bed.quarantine())].sort() }
}

function elementsOf({ holders, empty }: World): number {
  const sizes = holders.map(([, text]) => {
    const items: unknown = text === null ? null : JSON.parse(String(text))
    if (items !== null && !Array.isArray(items)) return 1
    return items === null || items.length === 0 ? Number(empty) : items.length
  })
  return sizes.reduce((sum, size) => sum + size, 0)
}

const RUNS = { numRuns: Number(process.env.REHOUSE_PROPERTY_RUNS ?? 40) }

test('read counts elements, each with exactly one outcome, the same in batches of any size and in a dry run before', async () => {
  await fc.assert(
    fc.asyncProperty(worlds, async world => {
      const seen: unknown[] = []
      for (const batchRows of [1000, 1, 3]) {
        const bed = bedOf(world)
        const dry = await bed.dry({ batchRows })
        const { counts, outcomes, end } = await bed.run({ batchRows })
        assert.deepEqual(end.failures, [])
        assert.deepEqual(dry.counts, counts)
        const { read = 0, loaded = 0, excluded = 0, quarantined = 0 } = counts['item/single'] ?? {}
        assert.equal(read, elementsOf(world))
        assert.equal(loaded + excluded + quarantined, read)
        assert.equal(bed.rows('app', 'core.items').length, loaded)
        seen.push({ counts, outcomes, left: await leftBy(bed) })
      }
      assert.deepEqual(seen[1], seen[0])
      assert.deepEqual(seen[2], seen[0])
    }),
    { ...RUNS, includeErrorInReport: true },
  )
})

test('a rerun over lists writes nothing and sets the same elements aside', async () => {
  await fc.assert(
    fc.asyncProperty(worlds, async world => {
      const bed = bedOf(world)
      const first = await bed.run({ batchRows: 2 })
      const left = await leftBy(bed)
      bed.target('app').forgetStatements()
      const again = await bed.run({ batchRows: 3 })
      assert.deepEqual(bed.target('app').told(), [])
      assert.deepEqual(await leftBy(bed), left)
      const { loaded = 0, ...others } = first.counts['item/single'] ?? {}
      assert.deepEqual(again.counts['item/single'] ?? {}, loaded === 0 ? others : { ...others, unchanged: loaded })
    }),
    { ...RUNS, includeErrorInReport: true },
  )
})

test('a run that dies at any seam and is resumed leaves what one that did not leaves: a position never splits a list', async () => {
  await fc.assert(
    fc.asyncProperty(worlds, fc.constantFrom(...SEAMS), fc.integer({ min: 1, max: 4 }), async (world, seam, nth) => {
      const [whole, broken] = [bedOf(world), bedOf(world)]
      await whole.run({ batchRows: 2 })
      let times = 0
      const at = (reached: Seam): void => {
        if (reached === seam && ++times === nth) throw new Error('died')
      }
      const resumed = await broken
        .run({ batchRows: 2, hooks: { at } })
        .catch(async (): Promise<Told> => broken.run({ batchRows: 2, resume: 'latest' }))
      if (resumed.end.failures.length > 0) await broken.run({ batchRows: 2, resume: 'latest' })
      assert.deepEqual(await leftBy(broken), await leftBy(whole))
    }),
    { ...RUNS, includeErrorInReport: true },
  )
})

test('a source that counts other elements than were read stops the last batch', async () => {
  const world: World = { holders: [[1, '[{"id": "a"}, {"id": "b"}]']], uses: [], empty: false }
  const bed = bedOf(world)
  const { openSource } = bed.migration
  const lying: typeof openSource = async (source, tenant) => {
    const opened = await openSource(source, tenant)
    const open = opened.openSnapshot.bind(opened)
    return Object.assign(opened, {
      openSnapshot: async () => Object.assign(await open(), { countElements: () => Promise.resolve(3n) }),
    })
  }
  const { end } = await bed.run({ migration: { ...bed.migration, openSource: lying } })
  assert.equal(end.failures[0]?.code, 'SOURCE_COUNT_MISMATCH')
  assert.match(end.failures[0]?.message ?? '', /expected 3 rows, as the source counted in the same snapshot, got 2/)
  assert.deepEqual(bed.rows('app', 'core.items'), [])
})

test('elements have related rows and positions of their own', async () => {
  const bed = new Bed({
    manifest: `
migration: lists
sources: { legacy: "postgres://reader@legacy/all" }
tenants: single
services: { app: { url: "postgres://writer@app/app" } }
entities:
  item:
    service: app
    from: { table: public.holder, each: items, as: m }
    key: [id, m.id]
    with: { blob: { from: public.blob, match: { path: m.path } } }
    number: { position: { within: [id], order: [m.rank, ordinal(m)], where: "m.kind <> 'x'" } }
    into: { core.items: { columns: { holder: id, item: m.id, position: position, size: blob.size } } }
`,
    sources: {
      legacy: [
        {
          relation: relation('public.holder', ['id int4!', 'items jsonb']),
          rows: {
            '': [
              [
                1,
                '[{"id":"a","rank":"2","kind":"y","path":"/1"},{"id":"b","rank":"1","kind":"y"},{"id":"c","kind":"x","rank":"0"},{"id":"d","kind":"y","rank":"1"}]',
              ],
              [2, '[{"id":"a","kind":"y","path":"/2"}]'],
            ],
          },
        },
        {
          relation: relation('public.blob', ['path text!', 'size int4']),
          rows: {
            '': [
              ['/1', 10],
              ['/2', 20],
            ],
          },
        },
      ],
    },
    targets: { app: [relation('core.items', ['id uuid!', 'holder int4', 'item text', 'position int4', 'size int4'])] },
  })
  const { counts } = await bed.run({ batchRows: 1 })
  assert.deepEqual(counts['item/single'], { read: 5, loaded: 5 })
  assert.deepEqual(bed.rows('app', 'core.items', ['holder', 'item', 'position', 'size']).map(String).sort(), [
    '1,a,3,10',
    '1,b,1,',
    '1,c,,',
    '1,d,2,',
    '2,a,1,20',
  ])
})
