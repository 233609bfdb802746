import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { suite, type TestContext, test } from 'node:test'
import fc from 'fast-check'
import { tableLabel } from '../../src/base/table-label.ts'
import { RehouseError } from '../../src/errors.ts'
import type { SchemaStep } from '../../src/model/ledger-records.ts'
import { Refusal, type RowsByIds, type Target, type UnbreakableRules, type Writer, type WriteTransaction } from '../../src/target/target.ts'
import { collectFields, type Row, rowTuples, type TableSpec, valueIn } from './table-spec.ts'

/** What every target must do. An engine makes a target with these tables, written to as a role with no more rights than loading needs. */
export interface TargetEngine {
  readonly name: string
  open(t: TestContext, tables: readonly TableSpec[]): Promise<OpenedTarget>
}

export interface OpenedTarget {
  readonly target: Target
  /** What is committed, in the order of the first column. */
  readonly rows: (spec: TableSpec) => Promise<readonly Row[]>
}

const PARENT: TableSpec = {
  name: 'parent "p"',
  columns: [
    { name: 'id', type: 'uuid' },
    { name: 'code', type: 'text', isNullable: true },
    { name: 'n', type: 'int4', isNullable: true },
  ],
  primaryKey: ['id'],
  unique: [{ name: 'parent_code', columns: ['code'] }],
}
const CHILD: TableSpec = {
  name: 'child',
  columns: [
    { name: 'id', type: 'int8' },
    { name: 'parent', type: 'uuid', isNullable: true },
  ],
  primaryKey: ['id'],
  foreignKeys: [{ name: 'child_parent', columns: ['parent'], references: PARENT.name, referenced: ['id'] }],
}
const SELF: TableSpec = {
  name: 'self',
  columns: [
    { name: 'id', type: 'int4' },
    { name: 'boss', type: 'int4', isNullable: true },
  ],
  primaryKey: ['id'],
  unique: [{ name: 'self_boss', columns: ['boss'], nullsNotDistinct: false }],
  foreignKeys: [{ name: 'self_self', columns: ['boss'], references: 'self', referenced: ['id'], isDeferred: true }],
}
const TABLES = [PARENT, CHILD, SELF]
const [A, B, C] = [1, 2, 3].map(n => `0000000${n}-0000-4000-8000-000000000000`) as [string, string, string]

export function targetContract(engine: TargetEngine): void {
  suite(`target: ${engine.name}`, () => {
    describeTests(engine)
    transactionTests(engine)
    refusalTests(engine)
    changeTests(engine)
    replaceTests(engine)
    deferralTests(engine)
  })
}

function describeTests(engine: TargetEngine): void {
  test('describes the tables asked for, those that exist', async t => {
    const { target } = await engine.open(t, TABLES)
    const found = await target.describe([nameOf(CHILD), nameOf(PARENT), { schema: 'public', name: 'absent' }])
    assert.deepEqual(found.map(relation => relation.name).sort(), [CHILD.name, PARENT.name])
    const parent = found.find(relation => relation.name === PARENT.name)
    assert.deepEqual(parent?.primaryKey, ['id'])
    assert.deepEqual(parent?.uniqueKeys.map(key => key.name).sort(), ['parent "p"_pkey', 'parent_code'])
    assert.deepEqual(
      parent?.columns.map(column => [column.name, column.type.name, column.isNullable]),
      [
        ['id', 'uuid', false],
        ['code', 'text', true],
        ['n', 'int4', true],
      ],
    )
    const child = found.find(relation => relation.name === CHILD.name)
    assert.deepEqual(
      child?.foreignKeys.map(key => [key.name, key.columns, key.referencedTable, key.referencedColumns]),
      [['child_parent', ['parent'], PARENT.name, ['id']]],
    )
    assert.ok(parent?.isEmpty && parent.canInsert && parent.canSelect && !parent.isRowSecurityActive)
    await target.close()
  })

  test('a table is empty until a row is committed', async t => {
    const { target } = await engine.open(t, TABLES)
    const isEmpty = async (): Promise<boolean | undefined> => (await target.describe([nameOf(PARENT)]))[0]?.isEmpty
    await inTransaction(target, async tx => {
      await copy(tx, PARENT, [[A, 'a', 1]])
      assert.equal(await isEmpty(), true)
    })
    assert.equal(await isEmpty(), false)
    await target.close()
  })

  test('facts tell this database apart and say who writes', async t => {
    const { target } = await engine.open(t, TABLES)
    const facts = await target.facts()
    assert.notEqual(facts.identity, '')
    assert.notEqual(facts.role, '')
    assert.deepEqual([facts.isSuperuser, facts.isPooled, facts.isReadOnly], [false, false, false])
    await target.close()
  })
}

function transactionTests(engine: TargetEngine): void {
  test('what is copied is there after the commit, and only then', async t => {
    const { target, rows } = await engine.open(t, TABLES)
    const writer = await target.openWriter()
    const tx = await writer.begin()
    const sent: Row[] = [
      [A, 'ä"\\,\n', -1],
      [B, null, null],
      [C, '', 2_147_483_647],
    ]
    assert.equal(await copy(tx, PARENT, sent), 3)
    assert.deepEqual(await rows(PARENT), [])
    await tx.commit({ durable: false })
    assert.deepEqual(await rows(PARENT), sent)
    const next = await writer.begin()
    assert.equal(await next.copy(nameOf(PARENT), ['code', 'id'], []), 0)
    await next.commit({ durable: true })
    await closed(target, writer)
  })

  test('tuples may be cut between rows into any number of buffers', async t => {
    const { target, rows } = await engine.open(t, TABLES)
    const sizes = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 6 })
    let id = 0
    await fc.assert(
      fc.asyncProperty(sizes, async counts => {
        const blocks = counts.map(count => Array.from({ length: count }, () => [BigInt(id++), null] satisfies Row))
        await inTransaction(target, async tx => {
          assert.equal(
            await tx.copy(
              nameOf(CHILD),
              ['id', 'parent'],
              blocks.map(block => rowTuples(CHILD, block)),
            ),
            counts.reduce((a, b) => a + b),
          )
        })
      }),
      { numRuns: 5 },
    )
    assert.equal((await rows(CHILD)).length, id)
    await target.close()
  })

  test('nothing is left of a transaction that was rolled back, however often', async t => {
    const { target, rows } = await engine.open(t, TABLES)
    const writer = await target.openWriter()
    const tx = await writer.begin()
    await copy(tx, PARENT, [[A, 'a', 1]])
    await tx.rollback()
    await tx.rollback()
    assert.deepEqual(await rows(PARENT), [])
    await closed(target, writer)
  })

  test('nothing is left of a transaction whose session was closed in its midst', async t => {
    const { target, rows } = await engine.open(t, TABLES)
    const writer = await target.openWriter()
    const tx = await writer.begin()
    await copy(tx, PARENT, [[A, 'a', 1]])
    await writer.close()
    await writer.close()
    await assert.rejects(copy(tx, PARENT, [[B, 'b', 1]]), isError('TARGET_UNREACHABLE'))
    await tx.rollback()
    assert.deepEqual(await rows(PARENT), [])
    await target.close()
  })

  test('two writers work side by side and each sees its own', async t => {
    const { target, rows } = await engine.open(t, TABLES)
    const [one, other] = [await target.openWriter(), await target.openWriter()]
    assert.notEqual(one.backend, other.backend)
    const [first, second] = [await one.begin(), await other.begin()]
    await copy(first, PARENT, [[A, 'a', 1]])
    await copy(second, PARENT, [[B, 'b', 1]])
    await second.commit({ durable: false })
    await first.commit({ durable: true })
    assert.deepEqual(
      (await rows(PARENT)).map(row => row[0]),
      [A, B],
    )
    await closed(target, one, other)
  })
}

const REFUSED: readonly (readonly [string, TableSpec, readonly Row[], string, string | null])[] = [
  [
    'a key twice in one copy',
    PARENT,
    [
      [A, 'x', 1],
      [A, 'y', 1],
    ],
    '23505',
    'parent "p"_pkey',
  ],
  ['a key that is stored already', PARENT, [[B, 'x', 1]], '23505', 'parent "p"_pkey'],
  [
    'a unique value twice',
    PARENT,
    [
      [A, 'x', 1],
      [C, 'x', 1],
    ],
    '23505',
    'parent_code',
  ],
  ['a reference to nothing', CHILD, [[1n, C]], '23503', 'child_parent'],
]

function refusalTests(engine: TargetEngine): void {
  for (const [what, spec, rows, sqlstate, constraint] of REFUSED) {
    test(`refuses ${what} with ${sqlstate} and the constraint`, async t => {
      const { target } = await engine.open(t, TABLES)
      await inTransaction(target, tx => copy(tx, PARENT, [[B, 'stored', 1]]))
      await inTransaction(target, async tx => {
        const outcome = await tx.attempt(() => copy(tx, spec, rows))
        assert.ok('refused' in outcome)
        assert.deepEqual(
          [outcome.refused.sqlstate, outcome.refused.constraint, outcome.refused.table],
          [sqlstate, constraint, `public.${spec.name}`],
        )
      })
      await target.close()
    })
  }

  test('refuses NULL where it must not be with 23502 and the column', async t => {
    const { target } = await engine.open(t, TABLES)
    await inTransaction(target, async tx => {
      const outcome = await tx.attempt(() =>
        tx.copy(nameOf(PARENT), ['n'], [rowTuples({ ...PARENT, columns: PARENT.columns.slice(2) }, [[1]])]),
      )
      assert.ok('refused' in outcome)
      assert.deepEqual([outcome.refused.sqlstate, outcome.refused.column], ['23502', 'id'])
    })
    await target.close()
  })

  test('refuses what is not a row, or not of the type', async t => {
    const { target } = await engine.open(t, TABLES)
    const notText = Buffer.from([0, 1, 0, 0, 0, 2, 0x61, 0xff])
    const malformed: readonly (readonly [readonly string[], Buffer, string])[] = [
      [['code'], notText, '22021'],
      [['code'], Buffer.from([0, 1, 0, 0, 0, 1, 0]), '22021'],
      [['n'], Buffer.from([0, 1, 0, 0, 0, 3, 0, 0, 1]), '08P01'],
      [['n'], Buffer.from([0, 1, 0, 0, 0, 5, 0, 0, 1, 1, 1]), '22P03'],
      [['n', 'code'], Buffer.from([0, 1, 0, 0, 0, 4, 0, 0, 0, 1]), '22P04'],
      [['n'], Buffer.from([0, 1, 0, 0, 0, 9, 0, 0]), '22P04'],
    ]
    for (const [columns, tuples, sqlstate] of malformed) {
      await inTransaction(target, async tx => {
        const outcome = await tx.attempt(() => tx.copy(nameOf(PARENT), columns, [tuples]))
        assert.ok('refused' in outcome)
        assert.equal(outcome.refused.sqlstate, sqlstate)
      })
    }
    await target.close()
  })

  test('after a refusal within an attempt the transaction goes on without what the attempt did', async t => {
    const { target, rows } = await engine.open(t, TABLES)
    await inTransaction(target, async tx => {
      await copy(tx, PARENT, [[A, 'a', 1]])
      const outer = await tx.attempt(async () => {
        await copy(tx, PARENT, [[B, 'b', 1]])
        const inner = await tx.attempt(() => copy(tx, PARENT, [[C, 'a', 1]]))
        assert.ok('refused' in inner)
        const fine = await tx.attempt(() => copy(tx, PARENT, [[C, 'c', 1]]))
        assert.deepEqual(fine, { done: 1 })
        await copy(tx, PARENT, [[A, 'again', 1]])
      })
      assert.ok('refused' in outer)
      await copy(tx, PARENT, [[C, 'kept', 1]])
    })
    assert.deepEqual(await rows(PARENT), [
      [A, 'a', 1],
      [C, 'kept', 1],
    ])
    await target.close()
  })

  test('after a refusal outside an attempt only rollback may follow', async t => {
    const { target, rows } = await engine.open(t, TABLES)
    const writer = await target.openWriter()
    const tx = await writer.begin()
    await copy(tx, PARENT, [[A, 'a', 1]])
    await assert.rejects(copy(tx, PARENT, [[A, 'a', 1]]), (error: unknown) => error instanceof Refusal && error.sqlstate === '23505')
    await assert.rejects(copy(tx, PARENT, [[B, 'b', 1]]), isError('TARGET_REFUSED'))
    await tx.rollback()
    assert.deepEqual(await rows(PARENT), [])
    const next = await writer.begin()
    await copy(next, PARENT, [[A, 'a', 1]])
    await next.commit({ durable: true })
    assert.equal((await rows(PARENT)).length, 1)
    await closed(target, writer)
  })

  test('an error that is no refusal passes through an attempt', async t => {
    const { target } = await engine.open(t, TABLES)
    const writer = await target.openWriter()
    const tx = await writer.begin()
    const fault = new Error('of ours')
    await assert.rejects(
      tx.attempt(() => Promise.reject(fault)),
      fault,
    )
    await tx.rollback()
    await closed(target, writer)
  })

  test('a deferred constraint speaks when it is asked for, and at the latest at the commit', async t => {
    const { target, rows } = await engine.open(t, TABLES)
    const writer = await target.openWriter()
    const tx = await writer.begin()
    const outcome = await tx.attempt(async () => {
      await copy(tx, SELF, [[1, 2]])
      await tx.checkConstraints()
    })
    assert.ok('refused' in outcome && outcome.refused.sqlstate === '23503')
    await copy(tx, SELF, [[1, 2]])
    await copy(tx, SELF, [[2, null]])
    await tx.checkConstraints()
    await copy(tx, SELF, [[3, 4]])
    await assert.rejects(tx.commit({ durable: true }), (error: unknown) => error instanceof Refusal && error.constraint === 'self_self')
    await tx.rollback()
    assert.deepEqual(await rows(SELF), [])
    await closed(target, writer)
  })

  test('a table or column that is not there is an error and no refusal', async t => {
    const { target } = await engine.open(t, TABLES)
    for (const [table, column] of [
      ['absent', 'id'],
      ['child', 'absent"; --'],
    ] as const) {
      const writer = await target.openWriter()
      const tx = await writer.begin()
      await assert.rejects(tx.copy({ schema: 'public', name: table }, [column], []), isError('TARGET_REFUSED'))
      await tx.rollback()
      await writer.close()
    }
    await target.close()
  })
}

function changeTests(engine: TargetEngine): void {
  const fill = (target: Target): Promise<void> =>
    inTransaction(target, async tx => {
      await copy(tx, PARENT, [
        [A, 'a', 1],
        [B, 'b', 1],
        [C, 'c', 2],
      ])
      await copy(tx, CHILD, [
        [1n, A],
        [2n, A],
        [3n, B],
        [4n, null],
      ])
    })

  test('removes the rows named, table by table in the order given, and says how many', async t => {
    const { target, rows } = await engine.open(t, TABLES)
    await fill(target)
    await inTransaction(target, async tx => {
      const removed = await tx.removeRows([
        { table: nameOf(CHILD), column: 'parent', ids: [A, randomUUID()] },
        { table: nameOf(CHILD), column: 'id', ids: ['4', '99'] },
        { table: nameOf(PARENT), column: 'id', ids: [A, C] },
        { table: nameOf(PARENT), column: 'code', ids: [] },
      ])
      assert.deepEqual(removed, [2, 1, 2, 0])
    })
    assert.deepEqual(await rows(CHILD), [[3n, B]])
    assert.deepEqual(await rows(PARENT), [[B, 'b', 1]])
    await target.close()
  })

  test('refuses to remove a row others refer to', async t => {
    const { target, rows } = await engine.open(t, TABLES)
    await fill(target)
    await inTransaction(target, async tx => {
      const outcome = await tx.attempt(() => tx.removeRows([{ table: nameOf(PARENT), column: 'id', ids: [A] }]))
      assert.ok('refused' in outcome && outcome.refused.sqlstate === '23503')
    })
    assert.equal((await rows(PARENT)).length, 3)
    await target.close()
  })

  test('names the rows that hold one of the values, each once', async t => {
    const { target } = await engine.open(t, TABLES)
    await fill(target)
    await inTransaction(target, async tx => {
      assert.deepEqual((await tx.selectIds({ table: nameOf(CHILD), column: 'parent', ids: [A, C], idColumn: 'id' })).toSorted(), ['1', '2'])
      assert.deepEqual(await tx.selectIds({ table: nameOf(CHILD), column: 'id', ids: ['1', '2', '4'], idColumn: 'parent' }), [A])
    })
    await target.close()
  })

  test('sets a column of the rows named', async t => {
    const { target, rows } = await engine.open(t, TABLES)
    await inTransaction(target, async tx => {
      await copy(tx, SELF, [
        [1, null],
        [2, null],
        [3, 1],
      ])
      assert.equal(
        await tx.updateColumn({
          table: nameOf(SELF),
          where: 'id',
          set: 'boss',
          pairs: [
            { id: '2', value: '3' },
            { id: '3', value: null },
            { id: '9', value: '1' },
          ],
        }),
        2,
      )
    })
    assert.deepEqual(await rows(SELF), [
      [1, null],
      [2, 3],
      [3, null],
    ])
    await target.close()
  })
}

function replaceTests(engine: TargetEngine): void {
  const rowsOf = [
    [A, 'a', 1],
    [B, 'b', 2],
    [C, 'c', null],
  ] as const
  const read = async (tx: WriteTransaction, request: Pick<RowsByIds, 'ids' | 'lock'>): Promise<readonly Row[]> => {
    const chunks = tx.readRows({ table: nameOf(PARENT), column: 'id', columns: ['id', 'code', 'n'], ...request })
    const fields = await collectFields(chunks, 3)
    const found = fields.map(row => PARENT.columns.map(({ type }, i) => valueIn(type, row[i] ?? null)))
    return found.toSorted((a, b) => String(a[0]).localeCompare(String(b[0])))
  }

  test('reads the rows named, as they are sent, locked or not', async t => {
    const { target } = await engine.open(t, TABLES)
    await inTransaction(target, tx => copy(tx, PARENT, rowsOf))
    await inTransaction(target, async tx => {
      assert.deepEqual(await read(tx, { ids: [A, C, randomUUID()] }), [rowsOf[0], rowsOf[2]])
      assert.deepEqual(await read(tx, { ids: [B], lock: 'rows' }), [rowsOf[1]])
      assert.deepEqual(await read(tx, { ids: [] }), [])
    })
    await target.close()
  })

  test('replaces the rows named in place, and says how many', async t => {
    const { target, rows } = await engine.open(t, TABLES)
    await inTransaction(target, tx => copy(tx, PARENT, rowsOf))
    await inTransaction(target, async tx => {
      const changed = [
        [A, 'z', null],
        [B, null, 7],
        [randomUUID(), 'no such row', 1],
      ] as const
      const update = { table: nameOf(PARENT), columns: ['id', 'code', 'n'], key: 'id' }
      assert.equal(await tx.updateRows({ ...update, tuples: [rowTuples(PARENT, changed)] }), 2)
      assert.equal(await tx.updateRows({ ...update, tuples: [rowTuples(PARENT, [[C, 'y', 3]])] }), 1)
    })
    assert.deepEqual(await rows(PARENT), [
      [A, 'z', null],
      [B, null, 7],
      [C, 'y', 3],
    ])
    await target.close()
  })

  test('a row that may not be replaced is refused and stays as it was', async t => {
    const { target, rows } = await engine.open(t, TABLES)
    await inTransaction(target, tx => copy(tx, PARENT, rowsOf))
    await inTransaction(target, async tx => {
      const update = { table: nameOf(PARENT), columns: ['id', 'code', 'n'], key: 'id', tuples: [rowTuples(PARENT, [[A, 'b', 1]])] }
      const outcome = await tx.attempt(() => tx.updateRows(update))
      assert.ok('refused' in outcome && outcome.refused.sqlstate === '23505' && outcome.refused.constraint === 'parent_code')
      assert.equal(await tx.updateRows({ ...update, tuples: [rowTuples(PARENT, [[A, 'd', 1]])] }), 1)
    })
    assert.deepEqual((await rows(PARENT))[0], [A, 'd', 1])
    await target.close()
  })
}

function deferralTests(engine: TargetEngine): void {
  const plan = async (target: Target, specs: readonly TableSpec[]): Promise<readonly SchemaStep[]> =>
    target.planDeferral(await target.describe(TABLES.map(nameOf)), {
      worthwhile: new Set(specs.map(spec => tableLabel('public', spec.name))),
      run: 'run-1',
      triggers: 'fire',
    })

  test('plans no deferral for a table that holds a row or is not worth it', async t => {
    const { target } = await engine.open(t, TABLES)
    assert.deepEqual(await plan(target, []), [])
    await inTransaction(target, tx => copy(tx, PARENT, [[A, 'a', 1]]))
    assert.deepEqual(
      (await plan(target, TABLES)).filter(step => step.table === PARENT.name),
      [],
    )
    await target.close()
  })

  test('told what no row can break, sets aside nothing else', async t => {
    const { target } = await engine.open(t, TABLES)
    const label = (spec: TableSpec): string => tableLabel('public', spec.name)
    const nothing = { distinct: [], checked: new Map<string, string>(), constant: new Set<string>() }
    const planned = async (parent: UnbreakableRules, child: UnbreakableRules): Promise<readonly string[]> =>
      target
        .planDeferral(await target.describe(TABLES.map(nameOf)), {
          worthwhile: new Set(TABLES.map(label)),
          run: 'run-1',
          triggers: 'fire',
          unbreakable: new Map([
            [label(PARENT), parent],
            [label(CHILD), child],
            [label(SELF), nothing],
          ]),
        })
        .filter(step => step.kind !== 'guard')
        .map(step => step.name)
    assert.deepEqual(await planned(nothing, nothing), [])
    const parent = { ...nothing, distinct: [['id']] }
    assert.deepEqual(await planned(parent, nothing), [], 'a foreign key that may be broken rests on it')
    assert.deepEqual(await planned(parent, { ...nothing, checked: new Map([['parent', label(PARENT)]]) }), [
      'child_parent',
      'parent "p"_pkey',
    ])
    assert.deepEqual(await planned(nothing, { ...nothing, constant: new Set(['parent']) }), ['child_parent'])
    assert.deepEqual(await planned(nothing, { ...nothing, checked: new Map([['parent', 'public.others']]) }), [])
    await target.close()
  })

  test('guards a table before anything of it is dropped, and drops foreign keys before the keys they rest on', async t => {
    const { target } = await engine.open(t, TABLES)
    const kinds = (await plan(target, TABLES)).map(step => step.kind)
    assert.deepEqual(
      kinds,
      [...kinds].sort((a, b) => ORDER.indexOf(a) - ORDER.indexOf(b)),
    )
    assert.equal(kinds.filter(kind => kind === 'guard').length, 3)
    assert.equal(kinds.filter(kind => kind === 'drop_foreign_key').length, 2)
    assert.equal(kinds.filter(kind => kind === 'drop_constraint').length, 5)
    await target.close()
  })

  test('a key that a table outside refers to stays', async t => {
    const { target } = await engine.open(t, TABLES)
    const steps = await plan(target, [PARENT])
    assert.ok(!steps.some(step => step.name === 'parent "p"_pkey'))
    await target.close()
  })

  test('describes what steps took away as if it were there', async t => {
    const { target } = await engine.open(t, TABLES)
    const keys = async (setAside: readonly SchemaStep[]): Promise<unknown> =>
      (await target.describe(TABLES.map(nameOf), setAside))
        .map(({ name, primaryKey, uniqueKeys, foreignKeys, triggers }) => ({ name, primaryKey, uniqueKeys, foreignKeys, triggers }))
        .sort((a, b) => (a.name < b.name ? -1 : 1))
    const before = await keys([])
    const steps = await plan(target, TABLES)
    await inTransaction(target, async tx => {
      for (const step of steps) await tx.applyStep(step)
    })
    assert.deepEqual(await keys(steps), before)
    await target.close()
  })

  test('what is deferred is not checked, and undone again it is as before', async t => {
    const { target, rows } = await engine.open(t, TABLES)
    const steps = await plan(target, TABLES)
    await inTransaction(target, async tx => {
      for (const step of steps) await tx.applyStep(step)
    })
    await inTransaction(target, tx => copy(tx, CHILD, [[1n, A]]))
    await inTransaction(target, tx => copy(tx, PARENT, [[A, 'a', 1]]))
    await inTransaction(target, async tx => {
      for (const step of steps.toReversed()) await tx.undoStep(step)
    })
    assert.equal((await rows(CHILD)).length, 1)
    await inTransaction(target, async tx => {
      for (const [spec, row] of [
        [CHILD, [2n, C]],
        [CHILD, [1n, A]],
        [PARENT, [B, 'a', 1]],
        [PARENT, [A, 'b', 1]],
      ] as const) {
        assert.ok('refused' in (await tx.attempt(() => copy(tx, spec, [row]))))
      }
    })
    await target.close()
  })

  test('names the rows in the way of an undo: all but the first of equal ones, and those without a parent', async t => {
    const { target } = await engine.open(t, TABLES)
    const steps = await plan(target, TABLES)
    const named = (name: string): SchemaStep => steps.find(step => step.name === name) ?? assert.fail(name)
    await inTransaction(target, async tx => {
      for (const step of steps) await tx.applyStep(step)
      await copy(tx, PARENT, [
        [C, 'x', 1],
        [A, 'x', 1],
        [B, 'x', 2],
        [randomUUID(), null, 1],
        [randomUUID(), null, 2],
      ])
      await copy(tx, CHILD, [
        [1n, A],
        [2n, null],
        [3n, randomUUID()],
        [3n, B],
      ])
    })
    await inTransaction(target, async tx => {
      assert.deepEqual(await tx.violations(named('parent_code'), 'id'), [A, B])
      assert.deepEqual(await tx.violations(named('parent "p"_pkey'), 'id'), [])
      assert.deepEqual(await tx.violations(named('child_pkey'), 'id'), ['3'])
      assert.deepEqual(await tx.violations(named('child_parent'), 'id'), ['3'])
      assert.deepEqual(await tx.violations(steps[0] ?? assert.fail(), 'id'), [])
      for (const name of ['parent_code', 'child_pkey']) {
        const outcome = await tx.attempt(() => tx.undoStep(named(name)))
        assert.ok('refused' in outcome && outcome.refused.sqlstate === '23505' && outcome.refused.constraint === name)
      }
      await tx.undoStep(named('parent "p"_pkey'))
      const orphan = await tx.attempt(() => tx.undoStep(named('child_parent')))
      assert.ok('refused' in orphan && orphan.refused.sqlstate === '23503')
      await tx.removeRows([{ table: nameOf(PARENT), column: 'id', ids: [A, B] }])
      await tx.undoStep(named('parent_code'))
    })
    await target.close()
  })

  test('steps of a transaction that is rolled back did not happen', async t => {
    const { target } = await engine.open(t, TABLES)
    const steps = await plan(target, [SELF])
    assert.ok(steps.length > 0)
    const writer = await target.openWriter()
    const tx = await writer.begin()
    for (const step of steps) await tx.applyStep(step)
    await tx.rollback()
    assert.deepEqual(await plan(target, [SELF]), steps)
    await inTransaction(target, async other => {
      assert.ok(
        'refused' in
          (await other.attempt(() =>
            copy(other, SELF, [
              [1, null],
              [1, null],
            ]),
          )),
      )
    })
    await closed(target, writer)
  })
}

const ORDER = ['guard', 'disable_trigger', 'drop_foreign_key', 'drop_index', 'drop_constraint']

export function nameOf(spec: TableSpec): { readonly schema: string; readonly name: string } {
  return { schema: 'public', name: spec.name }
}

export function copy(tx: WriteTransaction, spec: TableSpec, rows: readonly Row[]): Promise<number> {
  return tx.copy(
    nameOf(spec),
    spec.columns.map(column => column.name),
    [rowTuples(spec, rows)],
  )
}

export async function inTransaction(target: Target, work: (tx: WriteTransaction) => Promise<unknown>): Promise<void> {
  const writer = await target.openWriter()
  const tx = await writer.begin()
  try {
    await work(tx)
    await tx.commit({ durable: false })
  } catch (error) {
    await tx.rollback()
    throw error
  } finally {
    await writer.close()
  }
}

async function closed(target: Target, ...writers: readonly Writer[]): Promise<void> {
  for (const writer of writers) await writer.close()
  await target.close()
}

export function isError(code: string): (error: unknown) => boolean {
  return error => {
    assert.ok(error instanceof RehouseError, `expected a RehouseError, got ${String(error)}`)
    assert.equal(error.code, code)
    return true
  }
}
