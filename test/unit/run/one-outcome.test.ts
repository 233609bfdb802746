import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Bed, type DryTold, type Row, type RunWish, type Told } from '../../support/memory-migration.ts'
import { foreignKey, relation, unique } from '../../support/survey.ts'

/** Small random migrations: two tenants, a table that refers to itself, one without a sound key that refers to it, one with no key at all. */
interface World {
  readonly mapping: {
    readonly missing: string
    readonly rules: readonly string[]
    readonly isStrictlyUnique: boolean
    readonly isChoice: boolean
  }
  readonly tenants: Readonly<Record<(typeof TENANTS)[number], Rows>>
  /** Guess of the source about the number of its rows: decides whether keys are set aside. */
  readonly estimatedRows: number | null
}

interface Rows {
  readonly nodes: readonly Row[]
  readonly links: readonly Row[]
  readonly lines: readonly Row[]
}

const TENANTS = ['ADAMS', 'BAKER'] as const

const id = fc.integer({ min: -2, max: 9 })
const maybe = <T>(some: fc.Arbitrary<T>): fc.Arbitrary<T | null> => fc.option(some, { freq: 5 })
const nodes = fc
  .uniqueArray(id, { maxLength: 10 })
  .chain(ids =>
    fc.tuple(
      ...ids.map(key =>
        fc.tuple(fc.constant(key), maybe(id), maybe(fc.constantFrom('a', 'b', 'x', 'q', 'n')), fc.constantFrom('1.5', '2.25', '1.005')),
      ),
    ),
  )
const links = fc.array(fc.tuple(maybe(fc.integer({ min: 0, max: 2 })), maybe(fc.constantFrom('u', '', 'a,b')), maybe(id)), { maxLength: 9 })
const lines = fc.array(fc.tuple(maybe(fc.constantFrom('p', 'p,#2')), maybe(id)), { maxLength: 9 })
const rows = fc.record({ nodes, links, lines })

const worlds: fc.Arbitrary<World> = fc.record({
  mapping: fc.record({
    missing: fc.constantFrom(
      '',
      ', missing: { quarantine: gone }',
      ', missing: { exclude: gone }',
      ', missing: { value: null, note: gone }',
    ),
    rules: fc.subarray([
      `{ when: "kind = 'x'", exclude: not_wanted }`,
      `{ when: "kind = 'q'", quarantine: doubtful }`,
      `{ when: "kind = 'n'", note: remarkable }`,
    ]),
    isStrictlyUnique: fc.boolean(),
    isChoice: fc.boolean(),
  }),
  tenants: fc.record({ ADAMS: rows, BAKER: rows }),
  estimatedRows: fc.constantFrom(null, 3),
})

/** Of the part: one shape, or two of which the first has a reference that waits. */
const ONE = '{ when: kind is not null, columns: { node_id: { ref: node, from: id }, kind: kind, other_id: { value: null } } }'
const CHOICE = `
        - { when: "kind in ('a', 'n')", columns: { node_id: { ref: node, from: id }, kind: kind, other_id: { ref: node, from: boss } } }
        - { when: kind is not null, note: plain, columns: { node_id: { ref: node, from: id }, kind: "kind || '!'", other_id: { value: null } } }`

const manifest = ({ mapping: { missing, rules, isChoice } }: World): string => `
migration: any
sources: { legacy: "postgres://reader@legacy/{tenant.code}" }
tenants: [${TENANTS.map(code => `{ code: ${code} }`).join(', ')}]
services: { app: { url: "postgres://writer@app/app", tenant_column: tenant_id } }
stop: { quarantined: 100%, errors: 100% }
entities:
  line:
    service: app
    from: public.line
    key: { content: true }
    into: { core.lines: { columns: { word: word, node_id: { ref: node, from: node } } } }
  link:
    service: app
    from: public.link
    key: [a, b]
    into: { core.links: { columns: { a: a, b: b, node_id: { ref: node, from: node${missing} } } } }
  node:
    service: app
    from: public.node
    key: id
    rules: [${rules.join(', ')}]
    into:
      core.nodes: { columns: { legacy_id: id, kind: kind, amount: amount, boss_id: { ref: node, from: boss } } }
      core.parts: ${isChoice ? CHOICE : ONE}
`

function bedOf(world: World): Bed {
  const { estimatedRows, tenants } = world
  const of = (pick: (of: Rows) => readonly Row[]): Record<string, readonly Row[]> =>
    Object.fromEntries(TENANTS.map(code => [code, pick(tenants[code])]))
  const keyless = { primaryKey: null, estimatedRows }
  const nodeKeys = world.mapping.isStrictlyUnique ? [unique('node_once', ['tenant_id', 'kind', 'amount'])] : []
  const toNode = (name: string): { foreignKeys: ReturnType<typeof foreignKey>[] } => ({
    foreignKeys: [foreignKey(`${name}_node`, ['node_id'], 'core.nodes (id)')],
  })
  return new Bed({
    manifest: manifest(world),
    sources: {
      legacy: [
        {
          relation: relation('public.node', ['id int4!', 'boss int4', 'kind text', 'amount numeric'], { estimatedRows }),
          rows: of(r => r.nodes),
        },
        { relation: { ...relation('public.link', ['a int4', 'b text', 'node int4'], keyless), uniqueKeys: [] }, rows: of(r => r.links) },
        { relation: { ...relation('public.line', ['word text', 'node int4'], keyless), uniqueKeys: [] }, rows: of(r => r.lines) },
      ],
    },
    targets: {
      app: [
        relation('core.nodes', ['id uuid!', 'tenant_id uuid!', 'legacy_id int4!', 'kind text!', 'amount numeric(10,2)', 'boss_id uuid'], {
          uniqueKeys: nodeKeys,
          foreignKeys: [foreignKey('nodes_boss', ['boss_id'], 'core.nodes (id)')],
        }),
        relation('core.parts', ['id uuid!', 'tenant_id uuid!', 'node_id uuid!', 'kind text', 'other_id uuid'], toNode('parts')),
        relation('core.links', ['id uuid!', 'tenant_id uuid!', 'a int4', 'b text', 'node_id uuid'], toNode('links')),
        relation('core.lines', ['id uuid!', 'tenant_id uuid!', 'word text', 'node_id uuid'], toNode('lines')),
      ],
    },
  })
}

const HEADS = { node: 'core.nodes', link: 'core.links', line: 'core.lines' } as const
const TABLES = ['core.nodes', 'core.parts', 'core.links', 'core.lines'] as const

/** What a migration leaves, in an order of its own. */
async function leftBy(bed: Bed): Promise<unknown> {
  const tables = TABLES.map(table =>
    bed
      .rows('app', table)
      .map(row => row.map(String).join(' | '))
      .sort(),
  )
  return { tables, quarantine: [...(await bed.quarantine())].sort() }
}

const RUNS = { numRuns: Number(process.env.REHOUSE_PROPERTY_RUNS ?? 60) }

test('every source row has exactly one outcome: the totals balance, what is loaded is in the target, what is not is in the ledger with its reason', async () => {
  await fc.assert(
    fc.asyncProperty(worlds, fc.constantFrom(1, 2, 5, 1000), fc.constantFrom(1, 2), async (world, batchRows, lanes) => {
      const bed = bedOf(world)
      const { counts, end } = await bed.run({ batchRows, lanes })
      assert.deepEqual(end.failures, [])
      const quarantine = await bed.quarantine()
      for (const [entity, head] of Object.entries(HEADS)) {
        let stored = 0
        for (const code of TENANTS) {
          const { read = 0, loaded = 0, excluded = 0, quarantined = 0, ...others } = counts[`${entity}/${code}`] ?? {}
          assert.equal(read, world.tenants[code][`${entity as keyof typeof HEADS}s`].length)
          assert.equal(loaded + excluded + quarantined, read)
          assert.deepEqual(others, {})
          assert.equal(quarantine.filter(line => line.startsWith(`${entity}/${code} `)).length, quarantined)
          stored += loaded
        }
        assert.equal(bed.rows('app', head).length, stored)
      }
      assertWhole(bed)
    }),
    RUNS,
  )
})

test('batches of any size and tenants side by side give the same target, the same quarantine, the same counts', async () => {
  await fc.assert(
    fc.asyncProperty(worlds, async world => {
      const seen: unknown[] = []
      for (const wish of [{ batchRows: 1000 }, { batchRows: 1 }, { batchRows: 3, lanes: 2 }] satisfies RunWish[]) {
        const bed = bedOf(world)
        const { counts, outcomes } = await bed.run(wish)
        seen.push({ counts, outcomes, left: await leftBy(bed) })
      }
      assert.deepEqual(seen[1], seen[0])
      assert.deepEqual(seen[2], seen[0])
    }),
    RUNS,
  )
})

test('keys set aside or kept give the same target and the same quarantine', async () => {
  await fc.assert(
    fc.asyncProperty(worlds, async world => {
      const [aside, kept] = [bedOf({ ...world, estimatedRows: null }), bedOf({ ...world, estimatedRows: 3 })]
      const [one, other] = [await aside.run({ batchRows: 2 }), await kept.run({ batchRows: 2 })]
      assert.deepEqual(await leftBy(kept), await leftBy(aside))
      assert.deepEqual(other.counts, one.counts)
    }),
    RUNS,
  )
})

test('a rerun writes nothing and sets the same rows aside for the same reasons; a dry run before counts as the run did, but for what only the server refuses', async () => {
  await fc.assert(
    fc.asyncProperty(worlds, fc.constantFrom(1, 4, 1000), async (world, batchRows) => {
      const bed = bedOf(world)
      const dry = await bed.dry({ batchRows })
      const first = await bed.run({ batchRows })
      const left = await leftBy(bed)
      if (!(await bed.quarantine()).some(line => line.endsWith('unique_violation'))) assertSameCounts(dry, first)
      bed.target('app').forgetStatements()
      const again = await bed.run({ batchRows })
      assert.deepEqual(bed.target('app').told(), [])
      assert.deepEqual(await leftBy(bed), left)
      for (const [place, { loaded = 0, ...others }] of Object.entries(first.counts))
        assert.deepEqual(again.counts[place], loaded === 0 ? others : { ...others, unchanged: loaded }, place)
      assert.equal(again.end.status, first.end.status)
    }),
    RUNS,
  )
})

function assertSameCounts(dry: DryTold, told: Told): void {
  assert.deepEqual(dry.end.failures, [])
  assert.deepEqual(dry.counts, told.counts)
}

/** No part without its head, no reference to nothing, and none across tenants. */
function assertWhole(bed: Bed): void {
  const owners = new Map(bed.rows('app', 'core.nodes', ['id', 'tenant_id']).map(([key, tenant]) => [String(key), String(tenant)]))
  const references = [
    ...bed.rows('app', 'core.nodes', ['tenant_id', 'boss_id']),
    ...(['core.parts', 'core.links', 'core.lines'] as const).flatMap(table => bed.rows('app', table, ['tenant_id', 'node_id'])),
  ]
  for (const [tenant, node] of references) if (node !== null) assert.equal(owners.get(String(node)), String(tenant))
}
