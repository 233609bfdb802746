import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { check, lookup, migrate, quarantine, verify } from '../../../../src/index.ts'
import type { MigrateResult } from '../../../../src/model/results.ts'
import { compareWithOracle, inOneSession } from './oracle.ts'
import { type Bed, DISTRICTS, openBed } from './setup.ts'

/** Why rows, members of lists and rows of owned relations are refused in all three districts. */
const REFUSED = [
  'assessment_result orphan 3',
  'assessment_result parent_quarantined 95',
  'assessment_result unknown_field_type 6',
  'enrolment orphan 6',
  'enrolment parent_quarantined 205',
  'lookup_value ambiguous_shared 3',
  'school name_missing 3',
  'shared_lookup duplicate_shared_lookup 1',
  'staff name_missing 3',
  'staff_school orphan 3',
  'staff_school parent_quarantined 3',
  'staff_section parent_quarantined 3',
  'student ambiguous_value 26',
  'student birth_date_missing 10',
  'student dangling_value 20',
  'student ethnicity_missing 15',
  'student lossy_cast 13',
  'student name_missing 25',
  'student no_timestamp 4',
  'student orphan_attribute 6',
  'student several_values 13',
  'student unknown_attribute 17',
  'student_section orphan 3',
  'student_section parent_quarantined 67',
  'user duplicate_email 3',
  'user not_null 3',
]

test('case B: three district files and the login file become six services, and every row is accounted for', {
  timeout: 300_000,
}, async t => {
  const bed = await openBed(t)
  const options = { ...bed.options, keepStaging: true }

  await t.test('check finds nothing in the way, and says what is left behind', async () => {
    const { findings } = await check(options)
    assert.deepEqual(
      findings.filter(({ severity }) => severity === 'error'),
      [],
    )
    const codes = new Set(findings.map(({ code }) => code))
    for (const code of ['SOURCE_TABLE_ABSENT', 'SOURCE_TABLE_UNLISTED', 'ROWS_EXCLUDED', 'MAPPING_OTHER_SERVICE'])
      assert.ok(codes.has(code), code)
  })

  const result = await migrate(options)

  await t.test('every row is where SQL that shares nothing with the mapping puts it, under its own tenant', () => assertOracle(bed))

  await t.test('every row has one outcome, and what is refused is refused for the reasons of the case', () => {
    assert.deepEqual(result.failures, [])
    assertBalanced(result)
    const refused = new Map<string, number>()
    for (const { entity, kind, code, count } of result.outcomes)
      if (kind === 'quarantine') refused.set(`${entity} ${code}`, (refused.get(`${entity} ${code}`) ?? 0) + count)
    assert.deepEqual([...refused].map(([name, count]) => `${name} ${count}`).toSorted(), REFUSED)
  })

  await t.test('a second run changes nothing', async () => {
    const again = await migrate({ ...options, tenants: ['ALDER'] })
    assert.deepEqual([again.totals.loaded, again.totals.updated, again.failures], [0, 0, []])
  })

  await t.test('every row and field is proved; one changed score is found', async () => {
    const proved = await verify({ ...bed.options, level: 'rigorous' })
    assert.deepEqual([proved.outcome, proved.differences], ['equal', []])
    const results = bed.services.get('assessment') ?? assert.fail()
    const change = (scores: string): Promise<unknown> =>
      results.sql(
        `update assessment.results set field_scores = ${scores} where id = (select id from assessment.results where field_scores ? 'Passed' and tenant_id = (select id from rehouse.tenant where code = 'CEDAR') order by 1 limit 1)`,
      )
    await change(`field_scores || '{"Passed": null, "was": true}' || jsonb_build_object('kept', field_scores -> 'Passed')`)
    const found = await verify({ ...bed.options, level: 'rigorous', entities: ['assessment_result'], tenants: ['CEDAR'] })
    assert.deepEqual([found.outcome, found.different], ['different', 1])
    await change(`jsonb_set(field_scores, '{Passed}', field_scores -> 'kept') - 'was' - 'kept'`)
  })

  await mistakes(t, bed)
  await rehearsal(t, bed)

  await t.test('what a district changed since is carried over, and is where the oracle puts it', async () => {
    const cedar = bed.legacy.get('CEDAR') ?? assert.fail()
    await cedar.script(`
      update dbo."Student" set "LastName" = 'Renamed' where "Id" in (1, 2);
      update dbo."Student" set "DOB" = '2011-11-11' where "DOB" is null;
      insert into dbo."Student" ("FirstName", "LastName", "DOB", "ModifiedDate", "EthnicityID") values ('Late', 'Comer', '2012-02-29', '2024-06-01 12:00', 4);
      insert into dbo."StudentAttributeData" select max("Id"), 1, 10, null from dbo."Student";
      delete from dbo."StudentSection" where "StudentID" = 1;
      delete from dbo."Results_Reading" where "Id" = 2;`)
    await bed.handOver()
    const topped = await migrate({ ...options, tenants: ['CEDAR'], topUp: true, deleteGone: true })
    assert.deepEqual(topped.failures, [])
    assertBalanced(topped)
    await assertOracle(bed)
  })
})

async function assertOracle(bed: Pick<Bed, 'legacy' | 'services'>): Promise<void> {
  for (const { table, expected, actual } of await compareWithOracle(bed)) {
    assert.ok(expected.length > 0, table)
    assert.deepEqual(actual, expected, table)
  }
}

function assertBalanced({ entities }: MigrateResult): void {
  for (const e of entities)
    assert.equal(e.read, e.loaded + e.updated + e.unchanged + e.merged + e.skipped + e.excluded + e.quarantined, `${e.entity} ${e.tenant}`)
}

/** What earlier attempts got wrong (the case page). */
async function mistakes(t: TestContext, bed: Bed): Promise<void> {
  const { services, options } = bed
  const sql = (service: string, text: string) => services.get(service)?.sql(text) ?? assert.fail(service)

  await t.test(
    'mistake: the map of identifiers without the tenant — the same legacy key is another student in every district',
    async () => {
      const ids = []
      for (const { code } of DISTRICTS)
        ids.push((await lookup({ ...options, entity: 'student', tenant: code, legacy: [['1']] })).matches[0]?.id)
      assert.equal(new Set(ids).size, DISTRICTS.length)
      const back = await lookup({ ...options, entity: 'student', tenant: 'BIRCH', ids: [String(ids[1])] })
      assert.deepEqual(
        back.matches.map(({ key }) => key),
        [['1']],
      )
    },
  )

  await t.test('mistake: NULL taken for archived — whose state is not said is active', async () => {
    const unsaid = (await bed.legacy.get('ALDER')?.sql(`select "Id" from dbo."Student" where "IsActive" is null`)) ?? []
    const archived = await sql('student', `select legacy_id from student.students where status = 'archived'`)
    assert.ok(unsaid.length > 0 && archived.length > 0)
    const keys = new Set(unsaid.map(row => row[0]))
    const alder = await sql(
      'student',
      `select legacy_id from student.students where status = 'archived' and tenant_id = (select id from rehouse.tenant where code = 'ALDER')`,
    )
    assert.deepEqual(
      alder.filter(row => keys.has(row[0] ?? '')),
      [],
    )
  })

  await t.test(
    'mistake: values made up for columns that may not be NULL — a student without a date of birth or a name waits in quarantine',
    async () => {
      const { rows } = await quarantine({ ...options, entity: 'student', limit: null })
      assert.ok(rows.filter(({ code }) => code === 'birth_date_missing').length === 10)
      assert.deepEqual(
        await sql('student', `select count(*) from student.students where birth_date < '1990-01-01' or last_name in ('', 'Unknown')`),
        [['0']],
      )
    },
  )

  await t.test('mistake: a guess at what AttributeValueID means — two readings that differ are refused, the student is not', async () => {
    const { rows } = await quarantine({ ...options, entity: 'student', code: 'ambiguous_value', limit: null })
    assert.ok(rows.length > 0 && rows.every(({ part }) => part !== null))
    assert.deepEqual(await sql('student', `select count(*) from student.demographics where attributes ? 'plan'`), [['0']])
  })

  await t.test('mistake: lookups migrated twice — a word the districts share is there once, and their rows refer to it', async () => {
    assert.deepEqual(
      await sql(
        'configuration',
        `select count(*) from configuration.tenant_lookups where lower(value) in ('male', 'female', 'white', 'asian', 'hispanic')`,
      ),
      [['0']],
    )
    const shared = await sql('configuration', `select id from configuration.shared_lookups where value = 'White'`)
    const tenants = await sql(
      'student',
      `select count(distinct tenant_id) from student.demographics where ethnicity_id = '${shared[0]?.[0]}'`,
    )
    assert.deepEqual(tenants, [['3']])
  })

  await t.test('mistake: local times taken for UTC, and cut to whole seconds', async () => {
    const [[stored] = []] = await sql(
      'staff',
      `select to_char(updated_at at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS.MS') from staff.staff where legacy_id = 1 and tenant_id = (select id from rehouse.tenant where code = 'CEDAR')`,
    )
    assert.equal(stored, '2023-01-06 16:00:00.003')
  })

  await t.test('mistake: results keyed by Id alone — the same Id in two assessments’ tables is two results', async () => {
    const twice = await sql(
      'assessment',
      `select count(*) > 0 from (select from assessment.results group by tenant_id, legacy_id having count(*) = 2) of`,
    )
    assert.deepEqual(twice, [['t']])
  })

  await t.test('mistake: credentials carried along — no column of any service holds them, nor does a ledger', async () => {
    for (const [name, database] of services)
      await inOneSession(database, async query => {
        const tables = await query(
          `select format('%I.%I', schemaname, tablename) from pg_tables where schemaname not in ('pg_catalog', 'information_schema')`,
        )
        for (const [table] of tables)
          assert.deepEqual(
            await query(
              `select count(*) from ${table} r where r::text like '%hunter2%' or r::text like '%c4ca4238a0b923820dcc509a6f75849b%'`,
            ),
            [['0']],
            `${name} ${table}`,
          )
      })
  })
}

/** A sample of the files, into services of its own. */
async function rehearsal(t: TestContext, bed: Bed): Promise<void> {
  await t.test('a rehearsal with a sample of the files is a part of the whole, with the same identifiers, and never complete', async () => {
    const scratch = await bed.another()
    const drawn = await migrate({ ...scratch.options, sample: 8, keepStaging: true })
    assert.deepEqual([drawn.failures, drawn.sample], [[], 8])
    assertBalanced(drawn)
    const [all, some] = [await rowsOf(bed.services), await rowsOf(scratch.services)]
    for (const row of some) assert.ok(all.has(row), row)
    assert.ok(some.size * 2 < all.size, `${some.size} of ${all.size}`)
    const refused = new Set((await quarantine({ ...bed.options, limit: null })).rows.map(reasonOf))
    for (const row of (await quarantine({ ...scratch.options, limit: null })).rows) assert.ok(refused.has(reasonOf(row)), reasonOf(row))
    const proof = await verify(scratch.options)
    assert.deepEqual([proof.outcome, proof.parity, proof.sample], ['equal', 'none', 8])
  })
}

function reasonOf({ entity, tenant, key, code, part }: Awaited<ReturnType<typeof quarantine>>['rows'][number]): string {
  return JSON.stringify([entity, tenant, key, code, part])
}

/** Every row of every table the mapping writes. */
async function rowsOf(services: Bed['services']): Promise<ReadonlySet<string>> {
  const found = new Set<string>()
  for (const database of services.values())
    await inOneSession(database, async query => {
      const tables = await query(
        `select format('%I.%I', schemaname, tablename) from pg_tables where schemaname not in ('pg_catalog', 'information_schema', 'rehouse')`,
      )
      for (const [table] of tables) for (const [row] of await query(`select r::text from ${table} r`)) found.add(`${table} ${row}`)
    })
  return found
}
