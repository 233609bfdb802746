import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { check, migrate, plan } from '../../src/index.ts'
import { newDatabase } from '../support/postgres.ts'
import { workFolder } from '../support/rehouse-process.ts'
import { write } from '../unit/config/support.ts'

const LEGACY = `
create schema school;
create table school.student (id int primary key, name text not null);
create table school.enrolment (student_id int not null, year int not null, primary key (student_id, year));
insert into school.student select i, 'Student ' || i from generate_series(1, 30) i;
insert into school.enrolment select 1 + i % 20, 2000 + i from generate_series(1, 60) i;
`
const TARGET = `
create table students (id uuid primary key, tenant_id uuid not null, legacy_id int not null, name text not null, first_year int, years bigint);
create table years (id uuid primary key, tenant_id uuid not null, year int not null, students int not null);
`

const manifest = (sql: string): string => `
migration: views
sources: { legacy: env:LEGACY }
tenants: [{ code: north }]
services: { app: { url: env:TARGET, tenant_column: tenant_id } }
views:
  first_enrolment:
    key: student_id
    sql: |
${sql
  .split('\n')
  .map(line => `      ${line}`)
  .join('\n')}
  years:
    key: year
    sql: select year, count(*)::int as students from school.enrolment group by year -- by year
exclude:
  tables:
    school.enrolment: { reason: read by views }
entities:
  student:
    service: app
    from: school.student
    with:
      first: { from: view/first_enrolment, match: { student_id: id } }
    into:
      public.students: { columns: { legacy_id: id, name: name, first_year: first.year, years: first.years } }
  year:
    service: app
    from: view/years
    into:
      public.years: { columns: { year: year, students: students } }
`

test('the columns a view’s rows change together by are its own, and the plan tells them', async t => {
  const [legacy, target] = [await newDatabase(t), await newDatabase(t)]
  await legacy.script(LEGACY)
  await target.script(TARGET)
  const folder = workFolder(t)
  const options = { manifest: join(folder, 'rehouse.yaml'), env: { LEGACY: legacy.url, TARGET: target.url } }
  write(folder, 'rehouse.yaml', manifest(FIRST).replace('    key: year\n', '    key: year\n    within: students\n'))
  const [year] = (await plan(options)).phases.flatMap(phase => phase.entities.filter(({ entity }) => entity === 'year'))
  assert.match(year?.strategy ?? '', /; rows with the same students change together$/)
  write(folder, 'rehouse.yaml', manifest(FIRST).replace('    key: year\n', '    key: year\n    within: school\n'))
  await assert.rejects(plan(options), /expected view years to have a column school for `within`, got columns year, students/)
})

const FIRST = 'select student_id, min(year) as year, count(*) as years\nfrom school.enrolment group by student_id;'

test('SQL of the mapping is read as a relation: joined to rows, and as rows of its own', async t => {
  const [legacy, target] = [await newDatabase(t), await newDatabase(t)]
  await legacy.script(LEGACY)
  await target.script(TARGET)
  const folder = workFolder(t)
  write(folder, 'rehouse.yaml', manifest(FIRST))
  const options = { manifest: join(folder, 'rehouse.yaml'), env: { LEGACY: legacy.url, TARGET: target.url } }
  const result = await migrate(options)
  assert.deepEqual([result.status, result.totals.loaded], ['clean', 90])
  const expected = await legacy.sql(
    `select s.id, min(e.year), count(e.year) filter (where e.year is not null) from school.student s left join school.enrolment e on e.student_id = s.id group by s.id order by s.id`,
  )
  const stored = await target.sql('select legacy_id, first_year, coalesce(years, 0) from students order by legacy_id')
  assert.deepEqual(stored, expected)
  assert.deepEqual(
    await target.sql('select year, students from years order by year'),
    await legacy.sql('select year, count(*) from school.enrolment group by year order by year'),
  )
  const again = await migrate({ ...options, batchRows: 7 })
  assert.equal(again.totals.unchanged, 90)
  const { grants } = await check({ ...options, grants: true })
  assert.ok(
    grants?.some(line => /grant select on table "school"\."enrolment"/.test(line)),
    grants?.join('\n'),
  )
})

const WRONG: readonly (readonly [what: string, sql: string, expected: RegExp])[] = [
  [
    'several statements',
    'select 1 as student_id; select 2',
    /expected view first_enrolment to have one SELECT that only reads, got 2 statements/,
  ],
  [
    'a statement that writes',
    'with gone as (delete from school.student returning id) select id as student_id from gone',
    /got another statement within it/,
  ],
  [
    'a key it does not have',
    'select year from school.enrolment',
    /expected view first_enrolment to have a column student_id for its key, got columns year/,
  ],
  ['a table there is not', 'select student_id from school.enrolments', /school\.enrolments/],
]

for (const [what, sql, expected] of WRONG)
  test(`a view with ${what} is refused with its place`, async t => {
    const [legacy, target] = [await newDatabase(t), await newDatabase(t)]
    await legacy.script(LEGACY)
    await target.script(TARGET)
    const folder = workFolder(t)
    write(folder, 'rehouse.yaml', manifest(sql))
    const env = { LEGACY: legacy.url, TARGET: target.url }
    await assert.rejects(migrate({ manifest: join(folder, 'rehouse.yaml'), env }), (error: Error & { where?: { line?: number } }) => {
      assert.match(error.message, expected)
      assert.equal(error.where?.line, 7)
      return true
    })
    assert.deepEqual(await legacy.sql('select count(*) from school.student'), [['30']])
  })
