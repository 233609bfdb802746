import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { ConflictRule } from '../../../src/model/mapping.ts'
import type { Row } from '../../support/memory-migration.ts'
import { MANIFEST, schoolBed } from './school.ts'

type SchoolBed = ReturnType<typeof schoolBed>

const RUNS = Number(process.env.REHOUSE_TOP_UP_RUNS ?? 60)
const PLACE = { source: 'legacy', tenant: 'ADAMS' } as const

interface Student {
  readonly school: number
  readonly name: string
  readonly phone: string | null
}

const student = fc.record({
  school: fc.integer({ min: 1, max: 3 }),
  name: fc.constantFrom('Ann', 'Bob', 'Cem', 'Dana'),
  phone: fc.option(fc.constantFrom('1', '2')),
})
const students = fc.array(fc.tuple(fc.integer({ min: 1, max: 8 }), student), { maxLength: 8 }).map(pairs => new Map(pairs))
/** Which of the loaded students the application renames. */
const renamed = fc.uniqueArray(fc.integer({ min: 1, max: 8 }), { maxLength: 4 })
const names = fc.tuple(fc.constantFrom('A', 'B'), fc.constantFrom('A', 'B'), fc.constantFrom('A', 'B'))

interface Life {
  readonly first: ReadonlyMap<number, Student>
  readonly last: ReadonlyMap<number, Student>
  readonly schools: readonly (readonly string[])[]
  readonly renamed: readonly number[]
  readonly rule: ConflictRule
  readonly deleteGone: boolean
  readonly batchRows: number
}

const life: fc.Arbitrary<Life> = fc.record({
  first: students,
  last: students,
  schools: fc.tuple(names, names),
  renamed: fc.oneof(fc.constant([]), renamed),
  rule: fc.constantFrom('quarantine', 'skip', 'overwrite'),
  deleteGone: fc.boolean(),
  batchRows: fc.constantFrom(1, 3, 100),
})

test('after a top-up the target is what the three-way comparison says, every row has one outcome, and a second top-up changes nothing', async () => {
  await fc.assert(
    fc.asyncProperty(life, async of => {
      const bed = bedOf(of, of.first, 0)
      await bed.run()
      const ids = await idsOf(bed)
      await rename(
        bed,
        of.renamed.flatMap(key => ids.get(key) ?? []),
      )
      setSource(bed, of.last, of.schools[1] ?? [])
      const wish = { selection: { topUp: true, ...(of.deleteGone ? { deleteGone: true as const } : {}) }, batchRows: of.batchRows } as const
      const topped = await bed.run(wish)
      for (const counts of Object.values(topped.counts)) {
        const { read = 0, ...outcomes } = counts
        assert.equal(
          Object.values(outcomes).reduce((sum, n) => sum + n, 0),
          read,
        )
      }
      assert.deepEqual(await namesOf(bed, new Map([...ids, ...(await idsOf(bed))])), expectedNames(of))
      bed.target('app').forgetStatements()
      const again = await bed.run(wish)
      assert.deepEqual(bed.target('app').told(), [])
      assert.equal((again.counts['student/ADAMS']?.updated ?? 0) + (again.counts['student/ADAMS']?.loaded ?? 0), 0)
      if (of.renamed.length === 0 && of.deleteGone) {
        const fresh = bedOf(of, of.last, 1)
        await fresh.run()
        for (const table of ['core.schools', 'core.students', 'core.contacts'])
          assert.deepEqual(sorted(bed, table), sorted(fresh, table), table)
      }
    }),
    { numRuns: RUNS },
  )
})

function bedOf({ rule, schools }: Life, rows: ReadonlyMap<number, Student>, version: number): SchoolBed {
  const bed = schoolBed({}, MANIFEST.replace('stop:', `defaults: { on_conflict: ${rule} }\nstop:`))
  setSource(bed, rows, schools[version] ?? [])
  return bed
}

function setSource(bed: SchoolBed, rows: ReadonlyMap<number, Student>, schools: readonly string[]): void {
  const ordered = [...rows].toSorted(([a], [b]) => a - b)
  bed.replaceRows(
    { ...PLACE, table: 'student' },
    ordered.map(([id, { school, name, phone }]): Row => [id, school, name, phone, null]),
  )
  bed.replaceRows(
    { ...PLACE, table: 'school' },
    schools.map((name, i): Row => [i + 1, name]),
  )
}

async function idsOf(bed: SchoolBed): Promise<ReadonlyMap<number, string>> {
  const keys = Array.from({ length: 8 }, (_, i) => [String(i + 1)])
  const known = await bed.ledger('app').known(2, 1, keys)
  return new Map(known.flatMap((row, i) => (row?.state === 'loaded' ? [[i + 1, row.id] as const] : [])))
}

async function rename(bed: SchoolBed, ids: readonly string[]): Promise<void> {
  const writer = await bed.target('app').openWriter()
  const tx = await writer.begin()
  const pairs = ids.map(id => ({ id, value: 'By the application' }))
  await tx.updateColumn({ table: { schema: 'core', name: 'students' }, where: 'id', set: 'name', pairs })
  await tx.commit({ durable: false })
  await writer.close()
}

/** Name by key, of the rows in the target. */
async function namesOf(bed: SchoolBed, ids: ReadonlyMap<number, string>): Promise<ReadonlyMap<number, unknown>> {
  const rows = new Map(bed.rows('app', 'core.students', ['id', 'name']).map(row => [String(row[0]), row[1]]))
  const found = [...ids].flatMap(([key, id]) => (rows.has(id) ? [[key, rows.get(id)] as const] : []))
  return new Map(found.toSorted(([a], [b]) => a - b))
}

function expectedNames({ first, last, renamed, rule, deleteGone }: Life): ReadonlyMap<number, string> {
  const names = new Map<number, string>()
  for (let key = 1; key <= 8; key++) {
    const [was, is] = [first.get(key), last.get(key)]
    const isRenamed = was !== undefined && renamed.includes(key)
    const target = isRenamed ? 'By the application' : was?.name
    const hasChanged = JSON.stringify(was) !== JSON.stringify(is)
    const sourceWins = hasChanged && (!isRenamed || rule === 'overwrite')
    const name = is === undefined ? (deleteGone && sourceWins ? undefined : target) : was === undefined || sourceWins ? is.name : target
    if (name !== undefined) names.set(key, name)
  }
  return names
}

function sorted(bed: SchoolBed, table: string): readonly string[] {
  return bed
    .rows('app', table)
    .map(row => row.map(String).join('|'))
    .toSorted()
}
