import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { readManifest } from '../../../src/manifest/read-manifest.ts'
import { type EntityOrder, orderEntities, requiredParents } from '../../../src/plan/order.ts'

/** Entities with the ones they refer to, in phases. */
function order(phases: readonly (readonly string[])[], refs: Readonly<Record<string, readonly string[]>>): readonly EntityOrder[] {
  const entities = phases.flat().map(name => {
    const columns = ['v: v', ...(refs[name] ?? []).map((parent, i) => `r${i}: { ref: ${parent}, from: c${i} }`)]
    return `  ${name}: { service: app, from: public.${name}, key: id, into: { core.${name}: { columns: { ${columns.join(', ')} } } } }`
  })
  const text = `
migration: order
sources: { legacy: env:LEGACY }
services: { app: { url: env:APP } }
phases: [${phases.map((names, i) => `{ p${i}: [${names.join(', ')}] }`).join(', ')}]
entities:
${entities.join('\n')}
`
  return orderEntities(readManifest({ file: 'rehouse.yaml', text, options: { set: {} } }))
}

const names = (items: readonly EntityOrder[]): readonly string[] => items.map(({ entity }) => entity.name)
const facts = (items: readonly EntityOrder[]) =>
  Object.fromEntries(items.map(({ entity, settles, late, circle }) => [entity.name, [settles.join(' '), late.join(' '), circle.join(' ')]]))

test('parents come before children, ties in the manifest’s order', () => {
  assert.deepEqual(names(order([['d', 'c', 'b', 'a']], { d: ['a'], c: ['b'], b: ['a'] })), ['a', 'd', 'b', 'c'])
  assert.deepEqual(names(order([['b', 'a', 'c']], {})), ['b', 'a', 'c'])
})

test('phases are barriers: nothing of a later phase comes before, whatever it is referred to by', () => {
  const items = order([['b'], ['a'], ['c']], { b: ['a'], c: ['b'] })
  assert.deepEqual(
    items.map(({ entity, phase }) => `${phase} ${entity.name}`),
    ['p0 b', 'p1 a', 'p2 c'],
  )
})

test('a reference to the entity itself, or forward, waits; others do not', () => {
  assert.deepEqual(facts(order([['a', 'b', 'c']], { a: ['a'], b: ['a'], c: [] })), { a: ['a', '', 'a'], b: ['', '', ''], c: ['', '', ''] })
  assert.deepEqual(facts(order([['a'], ['b']], { a: ['b'] })), { a: ['b', '', 'a b'], b: ['', '', ''] })
})

test('the members of a circle wait for the last of them, and the one that comes later looks the others up twice', () => {
  assert.deepEqual(facts(order([['a', 'b']], { a: ['b'], b: ['a'] })), { a: ['b', '', 'a b'], b: ['', 'a', 'a b'] })
  assert.deepEqual(facts(order([['a', 'b', 'c']], { a: ['b'], b: ['c'], c: ['a'] })), {
    a: ['b', '', 'a b c'],
    b: ['c', '', 'a b c'],
    c: ['', 'a', 'a b c'],
  })
})

test('a child loaded before its parents are settled is settled with them, and so are its own children', () => {
  assert.deepEqual(facts(order([['a', 'x', 'y'], ['b'], ['z']], { a: ['b'], x: ['a'], y: ['x'], z: ['a'] })), {
    a: ['b', '', 'a b'],
    x: ['', 'a', 'a x b'],
    y: ['', 'x', 'a x y b'],
    b: ['', '', ''],
    z: ['', '', ''],
  })
})

test('a part’s reference to its own head is no reference to another row', () => {
  const text = `
migration: own
sources: { legacy: env:LEGACY }
services: { app: { url: env:APP } }
entities:
  a:
    service: app
    from: public.a
    key: [id, kind]
    into:
      core.a: { columns: { v: v } }
      core.b: { columns: { a_id: { ref: a, from: [id, kind] }, up: { ref: a, from: [up, kind], missing: { allow: true } } } }
      core.c: { columns: { doc: { json: { b_id: { ref: b, from: b } } } } }
  b: { service: app, from: public.b, key: id, let: { a: { ref: a, from: [x, y] } }, into: { core.d: { columns: { a_id: a } } } }
`
  const items = orderEntities(readManifest({ file: 'rehouse.yaml', text, options: { set: {} } }))
  assert.deepEqual(
    items.map(({ entity, dependsOn }) => [entity.name, dependsOn]),
    [
      ['a', ['a', 'b']],
      ['b', ['a']],
    ],
  )
  assert.deepEqual(
    items.map(({ entity }) => requiredParents(entity)),
    [['b'], ['a']],
  )
})

const graph = fc.integer({ min: 1, max: 7 }).chain(count =>
  fc.record({
    phases: fc.array(fc.nat(2), { minLength: count, maxLength: count }),
    refs: fc.array(fc.tuple(fc.nat(count - 1), fc.nat(count - 1)), { maxLength: 10 }),
  }),
)

test('every entity has one place, and a child that does not wait comes after its parents and after all they wait for', () => {
  fc.assert(
    fc.property(graph, ({ phases, refs }) => {
      const name = (i: number): string => `e${i}`
      const lists = [0, 1, 2].map(phase => phases.flatMap((own, i) => (own === phase ? [name(i)] : []))).filter(list => list.length > 0)
      const edges: Record<string, string[]> = {}
      for (const [child, parent] of refs) edges[name(child)] = [...new Set([...(edges[name(child)] ?? []), name(parent)])]
      const items = order(lists, edges)
      assert.deepEqual(names(items).toSorted(), lists.flat().toSorted())
      const place = new Map(items.map(({ entity }, i) => [entity.name, i]))
      const settledAt = (of: EntityOrder): number => Math.max(...[of.entity.name, ...of.circle].map(member => place.get(member) ?? -1))
      for (const [i, item] of items.entries()) {
        const waits = new Set([...item.settles, ...item.late])
        for (const parent of item.dependsOn) {
          const at = place.get(parent) ?? -1
          const home = items[at]
          assert.ok(home)
          assert.equal(item.settles.includes(parent), at >= i)
          assert.equal(waits.has(parent), at >= i || settledAt(home) >= i)
          if (waits.has(parent)) for (const member of [parent, ...home.circle]) assert.ok(item.circle.includes(member))
        }
        assert.equal(item.circle.length > 0, waits.size > 0)
      }
    }),
  )
})
