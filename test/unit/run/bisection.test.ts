import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Bed, type Row } from '../../support/memory-migration.ts'
import { foreignKey, relation, unique } from '../../support/survey.ts'

const MANIFEST = `
migration: bisect
sources: { legacy: "postgres://reader@legacy/{tenant.code}" }
tenants: [{ code: ADAMS }]
services: { app: { url: "postgres://writer@app/app" } }
stop: { quarantined: 100%, errors: 100% }
phases: [{ all: [item] }]
entities:
  item: { service: app, from: public.item, key: id, into: { core.items: { columns: { name: name, kind_id: { from: kind, as: uuid } } } } }
`

const KIND = '00000000-0000-4000-8000-000000000001'

/** Rows whose name is given; equal names break a unique key, a kind that is not there a foreign key. `before`: names stored already. */
function bed(names: readonly string[], kinds: readonly (string | null)[] = []): Bed {
  const rows = names.map((name, i): Row => [i + 1, name, kinds[i] ?? null])
  const items = relation('core.items', ['id uuid!', 'name text!', 'kind_id uuid'], {
    uniqueKeys: [unique('items_name', ['name'])],
    foreignKeys: [foreignKey('items_kind', ['kind_id'], 'core.kinds (id)', { isDeferrable: true })],
  })
  return new Bed({
    manifest: MANIFEST,
    sources: {
      legacy: [{ relation: relation('public.item', ['id int4!', 'name text!', 'kind text'], { estimatedRows: 1 }), rows: { ADAMS: rows } }],
    },
    targets: { app: [items, relation('core.kinds', ['id uuid!', 'name text'])] },
  })
}

const loadedNames = (of: Bed): readonly unknown[] => of.rows('app', 'core.items', ['name']).flat()

test('rows the server refuses go into quarantine wherever they stand, all others are loaded, in any batches', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.nat(12), { maxLength: 30 }), fc.constantFrom(1, 3, 7, 1000), async (numbers, batchRows) => {
      const names = numbers.map(number => `name ${number}`)
      const own = bed(names)
      const { counts, end } = await own.run({ batchRows })
      assert.deepEqual(end.failures, [])
      const expected = new Set(names)
      assert.deepEqual(new Set(loadedNames(own)), expected)
      assert.equal(loadedNames(own).length, expected.size)
      const total = counts['item/ADAMS'] ?? {}
      assert.deepEqual(
        [total.read ?? 0, total.loaded ?? 0, total.quarantined ?? 0],
        [names.length, expected.size, names.length - expected.size],
      )
      // The first of equal rows stands, whatever the batches.
      const doubles = names.flatMap((name, i) => (names.indexOf(name) < i ? [`item/ADAMS ${i + 1} unique_violation`] : []))
      assert.deepEqual(
        await own.quarantine(),
        doubles.toSorted((a, b) => ((a.split(' ')[1] ?? '') < (b.split(' ')[1] ?? '') ? -1 : 1)),
      )
    }),
    { numRuns: 60 },
  )
})

test('a rule that is checked at the end of the transaction is checked before the commit, and names its rows all the same', async () => {
  const own = bed(['a', 'b', 'c', 'd'], [null, KIND, null, KIND])
  const { counts } = await own.run()
  assert.deepEqual(counts['item/ADAMS'], { read: 4, loaded: 2, quarantined: 2 })
  assert.deepEqual(await own.quarantine(), ['item/ADAMS 2 foreign_key_violation', 'item/ADAMS 4 foreign_key_violation'])
})

test('finding k refused rows among n takes at most about 2 k log n copies', async () => {
  const n = 1024
  for (const k of [0, 1, 2, 8]) {
    const bad = new Set(Array.from({ length: k }, (_, i) => 17 + i * 113))
    const own = bed(Array.from({ length: n }, (_, i) => (bad.has(i) ? 'name 0' : `name ${i}`)))
    await own.run()
    const copies = own.target('app').statements.filter(({ kind }) => kind === 'copy').length
    assert.ok(copies <= 1 + 2 * k * Math.log2(n), `${k} refused rows took ${copies} copies`)
    assert.equal(loadedNames(own).length, n - k)
  }
})

test('a refused row carries the rule that refused it and no value', async () => {
  const own = bed(['a', 'a'])
  await own.run()
  const [row] = (await own.ledger('app').quarantine({ limit: null })).rows
  assert.deepEqual(
    [row?.code, row?.column, row?.detail, row?.value_masked],
    ['unique_violation', 'core.items', 'refused by the server by constraint items_name (SQLSTATE 23505)', null],
  )
})

test('rows stored other than sent end the tenant: a trigger dropped them', async () => {
  const own = bed(['a', 'b'])
  const target = own.target('app')
  const openWriter = target.openWriter.bind(target)
  target.openWriter = async () => {
    const writer = await openWriter()
    const begin = writer.begin.bind(writer)
    writer.begin = async () => {
      const tx = await begin()
      const { copy } = tx
      tx.copy = async (table, columns, tuples) => (await copy.call(tx, table, columns, tuples)) - 1
      return tx
    }
    return writer
  }
  const { end } = await own.run()
  assert.deepEqual(
    end.failures.map(({ code, message }) => [code, message]),
    [['TARGET_ROWS_LOST', 'expected table core.items to store the 2 rows sent, got 1']],
  )
  assert.deepEqual(loadedNames(own), [])
})
