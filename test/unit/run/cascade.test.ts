import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Refusal } from '../../../src/target/target.ts'
import { Bed, type Row } from '../../support/memory-migration.ts'
import { foreignKey, relation, unique } from '../../support/survey.ts'

/** A family: grandparents with a unique name, parents, children, and friends who may do without. */
const manifest = (friend: string): string => `
migration: family
sources: { legacy: "postgres://reader@legacy/{tenant.code}" }
tenants: [{ code: ADAMS }]
services: { app: { url: "postgres://writer@app/app" } }
stop: { quarantined: 100%, errors: 100% }
phases:
  - all: [grand, parent, child, friend]
entities:
  grand: { service: app, from: public.grand, key: id, into: { core.grands: { columns: { name: name } } } }
  parent: { service: app, from: public.parent, key: id, into: { core.parents: { columns: { grand_id: { ref: grand, from: up } } } } }
  child:
    service: app
    from: public.child
    key: id
    into:
      core.children: { columns: { parent_id: { ref: parent, from: up, missing: { quarantine: lost_child } } } }
      core.toys: { columns: { child_id: { ref: child, from: id }, name: name } }
  friend: { service: app, from: public.friend, key: id, into: { core.friends: { columns: { parent_id: { ref: parent, from: up${friend} } } } } }
`

const GRANDS = relation('core.grands', ['id uuid!', 'name text!'], { uniqueKeys: [unique('grands_name', ['name'])] })
const PARENTS = relation('core.parents', ['id uuid!', 'grand_id uuid!'], {
  foreignKeys: [foreignKey('parents_grand', ['grand_id'], 'core.grands (id)')],
})
const CHILDREN = relation('core.children', ['id uuid!', 'parent_id uuid!'], {
  foreignKeys: [foreignKey('children_parent', ['parent_id'], 'core.parents (id)')],
})
const TOYS = relation('core.toys', ['id uuid!', 'child_id uuid!', 'name text'], {
  foreignKeys: [foreignKey('toys_child', ['child_id'], 'core.children (id)')],
})
const FRIENDS = relation('core.friends', ['id uuid!', 'parent_id uuid'], {
  foreignKeys: [foreignKey('friends_parent', ['parent_id'], 'core.parents (id)')],
})

function family(friend = '', estimatedRows = 1_000_000): Bed {
  const rows: Record<string, readonly Row[]> = {
    grand: [
      [1, 'Ann'],
      [2, 'Bob'],
      [3, 'Ann'],
    ],
    parent: [
      [1, 1],
      [2, 2],
      [3, 3],
    ],
    child: [
      [1, 1, 'ball'],
      [2, 3, 'doll'],
      [3, 2, 'kite'],
    ],
    friend: [
      [1, 3],
      [2, 1],
      [3, null],
    ],
  }
  const table = (name: string, columns: readonly string[]) => ({
    relation: relation(`public.${name}`, columns, { estimatedRows }),
    rows: { ADAMS: rows[name] ?? [] },
  })
  return new Bed({
    manifest: manifest(friend),
    sources: {
      legacy: [
        table('grand', ['id int4!', 'name text!']),
        table('parent', ['id int4!', 'up int4']),
        table('child', ['id int4!', 'up int4', 'name text']),
        table('friend', ['id int4!', 'up int4']),
      ],
    },
    targets: { app: [GRANDS, PARENTS, CHILDREN, TOYS, FRIENDS] },
  })
}

/** As when a key was set aside by somebody who did not know what rows can break: nothing a run of today does. */
function carelessFamily(): Bed {
  const bed = family()
  const target = bed.target('app')
  const plan = target.planDeferral.bind(target)
  target.planDeferral = (relations, { unbreakable: _, ...rule }) => plan(relations, rule)
  return bed
}

const QUARANTINED = [
  'child/ADAMS 2 lost_child',
  'friend/ADAMS 1 parent_quarantined',
  'grand/ADAMS 3 unique_violation',
  'parent/ADAMS 3 parent_quarantined',
]

const COUNTS = {
  'grand/ADAMS': { read: 3, loaded: 2, quarantined: 1 },
  'parent/ADAMS': { read: 3, loaded: 2, quarantined: 1 },
  'child/ADAMS': { read: 3, loaded: 2, quarantined: 1 },
  'friend/ADAMS': { read: 3, loaded: 2, quarantined: 1 },
}

test('rows that break a key set aside are taken back with all that refers to them, children before parents and parts before heads', async () => {
  const bed = carelessFamily()
  const { end, counts } = await bed.run()
  assert.deepEqual(end, { run: 'run-1', status: 'findings', failures: [] })
  assert.deepEqual(counts, COUNTS)
  assert.deepEqual(await bed.quarantine(), QUARANTINED)
  assert.deepEqual(
    bed
      .target('app')
      .told()
      .filter(line => line.startsWith('remove')),
    ['core.friends', 'core.toys', 'core.children', 'core.parents', 'core.grands'].map(table => `remove ${table} 1`),
  )
  assert.deepEqual(
    ['core.grands', 'core.parents', 'core.children', 'core.toys', 'core.friends'].map(table => bed.rows('app', table).length),
    [2, 2, 2, 2, 2],
  )
})

test('a key that a row can break stays in force during the load', async () => {
  const bed = family()
  const { counts } = await bed.run()
  assert.ok(bed.events.some(event => event.type === 'schema:changed' && event.step.includes('grands_pkey')))
  assert.ok(!bed.events.some(event => event.type === 'schema:changed' && event.step.includes('grands_name')))
  assert.deepEqual(counts, COUNTS)
  assert.deepEqual(await bed.quarantine(), QUARANTINED)
  assert.ok(
    !bed
      .target('app')
      .told()
      .some(line => line.startsWith('remove')),
  )
})

test('whether keys are set aside or stay, the same rows end in quarantine', async () => {
  const bed = family('', 0)
  const { counts } = await bed.run()
  assert.ok(!bed.events.some(event => event.type === 'schema:changed'))
  assert.deepEqual(counts, COUNTS)
  assert.deepEqual(await bed.quarantine(), QUARANTINED)
})

test('a rerun after rows were taken back writes nothing and says the same', async () => {
  const bed = family()
  await bed.run()
  bed.target('app').forgetStatements()
  const { counts, end } = await bed.run()
  assert.equal(end.status, 'findings')
  assert.deepEqual(bed.target('app').told(), [])
  for (const [place, count] of Object.entries(counts)) assert.deepEqual(count, { read: 3, unchanged: 2, quarantined: 1 }, place)
  assert.deepEqual(await bed.quarantine(), QUARANTINED)
})

test('where a child may do without its parent, the keys that can refuse a forebear stay in force, so that it is loaded without', async () => {
  const bed = family(', missing: { value: null, note: no_parent }')
  const { counts, outcomes } = await bed.run()
  assert.deepEqual(counts['friend/ADAMS'], { read: 3, loaded: 3 })
  assert.deepEqual(
    outcomes.filter(line => line.startsWith('friend')),
    ['friend note core.friends.parent_id no_parent 1', 'friend value core.friends.parent_id no_parent 1'],
  )
  assert.equal(bed.rows('app', 'core.friends').filter(([, parent]) => parent === null).length, 2)
  bed.target('app').forgetStatements()
  const again = await bed.run()
  assert.deepEqual(again.counts['friend/ADAMS'], { read: 3, unchanged: 3 })
  assert.deepEqual(bed.target('app').told(), [])
})

test('an index that cannot be put back because of rows Rehouse did not write ends the run with a clear error, and the next run tries first', async () => {
  const bed = carelessFamily()
  const removed = {
    at: (seam: string) => {
      if (seam === 'before_rebuild') blocked = true
    },
  }
  let blocked = false
  bed.target('app').onStatement = ({ kind, table }) => {
    if (blocked && kind === 'remove' && table === 'core.friends')
      throw new Refusal('23503', { sqlstate: '23503', constraint: 'others_friend', table: 'core.others', column: null })
  }
  const first = await bed.run({ hooks: removed })
  assert.deepEqual(
    first.end.failures.map(({ code, message }) => [code, message]),
    [['TARGET_REFUSED', 'expected rows of friend to be taken back, got SQLSTATE 23503 (others_friend)']],
  )
  assert.equal(first.end.status, 'failed')
  bed.target('app').onStatement = () => undefined
  const second = await bed.run({ resume: 'latest' })
  assert.deepEqual(second.counts, COUNTS)
  assert.deepEqual(await bed.ledger('app').debts(), [])
})
