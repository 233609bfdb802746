import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import type { TargetReader } from '../../src/target/target.ts'
import { collectFields, type TableSpec, valueIn } from './table-spec.ts'
import { copy, inTransaction, nameOf, type TargetEngine } from './target.ts'

const CLASS: TableSpec = {
  name: 'class',
  columns: [
    { name: 'id', type: 'uuid' },
    { name: 'owner', type: 'uuid' },
  ],
  primaryKey: ['id'],
}
const PUPIL: TableSpec = {
  name: 'pupil "p"',
  columns: [
    { name: 'id', type: 'uuid' },
    { name: 'owner', type: 'uuid' },
    { name: 'class', type: 'uuid', isNullable: true },
    { name: 'n', type: 'int4' },
  ],
}
const id = (n: number): string => `0000000${n}-0000-4000-8000-000000000000`
const [NORTH, SOUTH] = [id(8), id(9)] as const

/** What every target’s reader must do. */
export function targetReaderContract(engine: TargetEngine): void {
  suite(`target reader: ${engine.name}`, () => {
    test('streams rows of a tenant ordered by the bytes of an identifier, all of them or those asked for', async t => {
      const { target } = await engine.open(t, [CLASS, PUPIL])
      await inTransaction(target, tx =>
        copy(tx, PUPIL, [
          [id(3), NORTH, null, 3],
          [id(1), NORTH, null, 1],
          [id(2), SOUTH, null, 2],
          [id(1), NORTH, null, 4],
        ]),
      )
      const reader = await target.openReader()
      const of = { table: nameOf(PUPIL), tenant: { column: 'owner', id: NORTH } }
      assert.deepEqual((await numbers(reader, of)).slice(0, 2).toSorted(), ['1', '4'])
      assert.deepEqual((await numbers(reader, of))[2], '3')
      assert.deepEqual(await numbers(reader, { ...of, tenant: null }, [id(2), id(3)]), ['2', '3'])
      assert.equal(await reader.count(of), 3n)
      assert.equal(await reader.count({ ...of, tenant: null }), 4n)
      await reader.close()
      await target.close()
    })

    test('sees one moment: what is committed later is not there, however many streams are open', async t => {
      const { target } = await engine.open(t, [CLASS, PUPIL])
      await inTransaction(target, tx => copy(tx, PUPIL, [[id(1), NORTH, null, 1]]))
      const reader = await target.openReader()
      await inTransaction(target, tx => copy(tx, PUPIL, [[id(2), NORTH, null, 2]]))
      const of = { table: nameOf(PUPIL), tenant: null }
      assert.deepEqual(await Promise.all([numbers(reader, of), numbers(reader, of)]), [['1'], ['1']])
      await reader.close()
      await target.close()
    })

    test('a stream that is left early leaves the reader usable', async t => {
      const { target } = await engine.open(t, [CLASS, PUPIL])
      await inTransaction(target, tx =>
        copy(
          tx,
          PUPIL,
          Array.from({ length: 20_000 }, (_, i) => [id(i % 10), NORTH, null, i] as const),
        ),
      )
      const reader = await target.openReader()
      const request = { table: nameOf(PUPIL), tenant: null, columns: ['n'], orderBy: null, ids: null, signal: new AbortController().signal }
      for await (const chunk of reader.rows(request)) {
        assert.ok(chunk.length > 0)
        break
      }
      assert.equal(await reader.count({ table: nameOf(PUPIL), tenant: null }), 20_000n)
      await reader.close()
      await target.close()
    })

    test('tells rows whose parent is nowhere from rows whose parent is another tenant’s', async t => {
      const { target } = await engine.open(t, [CLASS, PUPIL])
      await inTransaction(target, async tx => {
        await copy(tx, CLASS, [
          [id(1), NORTH],
          [id(2), SOUTH],
        ])
        await copy(tx, PUPIL, [
          [id(1), NORTH, id(1), 1],
          [id(2), NORTH, id(2), 2],
          [id(3), NORTH, id(7), 3],
          [id(4), NORTH, null, 4],
        ])
      })
      const reader = await target.openReader()
      const parents = [{ table: nameOf(CLASS), idColumn: 'id', tenantColumn: 'owner' }]
      const reference = { column: 'class', parents, tenantColumn: 'owner', idColumn: 'id' }
      const alike = { ...reference, tenantColumn: null }
      assert.deepEqual(await reader.strays(nameOf(PUPIL), [reference, alike]), [
        { orphans: 1, otherTenant: 1, orphanIds: [id(3)], otherTenantIds: [id(2)] },
        { orphans: 1, otherTenant: 0, orphanIds: [id(3)], otherTenantIds: [] },
      ])
      await reader.close()
      await target.close()
    })
  })
}

async function numbers(
  reader: TargetReader,
  of: Parameters<TargetReader['count']>[0],
  ids: readonly string[] | null = null,
): Promise<readonly string[]> {
  const rows = reader.rows({ ...of, columns: ['n'], orderBy: 'id', ids, signal: new AbortController().signal })
  return (await collectFields(rows, 1)).map(([field]) => String(valueIn('int4', field ?? null)))
}
