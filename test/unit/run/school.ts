import { Bed, type BedWish, type Row } from '../../support/memory-migration.ts'
import { foreignKey, relation, unique } from '../../support/survey.ts'

/** A small migration for tests of runs: two tenants; a school, its students (with an optional part), and staff who report to one another. */
export const MANIFEST = `
migration: school
sources: { legacy: "postgres://reader@legacy/{tenant.code}" }
tenants: [{ code: ADAMS, zone: America/Chicago }, { code: BAKER, zone: America/Denver }]
services:
  app: { url: "postgres://writer@app/app", tenant_column: tenant_id }
stop: { quarantined: 100%, errors: 100% }
finish: [refresh materialized view core.counts]
phases:
  - base: [school]
  - people: [student, staff]
entities:
  school:
    service: app
    from: public.school
    key: id
    rules:
      - { when: "name = 'excluded'", exclude: not_wanted }
      - { when: "name = 'refused'", quarantine: bad_name }
    into:
      core.schools:
        columns: { name: name }
  student:
    service: app
    from: public.student
    key: id
    into:
      core.students:
        columns: { school_id: { ref: school, from: school_id }, name: name }
      core.contacts:
        optional: true
        columns: { student_id: { ref: student, from: id }, phone: { from: phone, if_null: { value: none } , as: text }, age: { from: age, as: int4 } }
  staff:
    service: app
    from: public.staff
    key: id
    into:
      core.staff:
        columns: { boss_id: { ref: staff, from: boss_id }, name: name }
`

export const SCHOOL = relation('public.school', ['id int4!', 'name text'])
export const STUDENT = relation('public.student', ['id int4!', 'school_id int4', 'name text', 'phone text', 'age text'])
export const STAFF = relation('public.staff', ['id int4!', 'boss_id int4', 'name text'])

export const SCHOOLS = relation('core.schools', ['id uuid!', 'tenant_id uuid!', 'name text!'])
export const STUDENTS = relation('core.students', ['id uuid!', 'tenant_id uuid!', 'school_id uuid', 'name text!'], {
  foreignKeys: [foreignKey('students_school', ['school_id'], 'core.schools (id)')],
})
export const CONTACTS = relation('core.contacts', ['id uuid!', 'tenant_id uuid!', 'student_id uuid!', 'phone text!', 'age int4'])
export const STAFF_TABLE = relation('core.staff', ['id uuid!', 'tenant_id uuid!', 'boss_id uuid', 'name text!'], {
  uniqueKeys: [unique('staff_name', ['tenant_id', 'name'])],
  foreignKeys: [foreignKey('staff_boss', ['boss_id'], 'core.staff (id)')],
})

export interface SchoolRows {
  readonly schools: readonly Row[]
  readonly students: readonly Row[]
  readonly staff: readonly Row[]
}

export const CLEAN: SchoolRows = {
  schools: [
    [1, 'North'],
    [2, 'South'],
  ],
  students: [
    [1, 1, 'Ann', '1', '10'],
    [2, 2, 'Bob', '2', '11'],
    [3, 1, 'Cem', null, null],
  ],
  staff: [
    [1, null, 'Head'],
    [2, 1, 'Deputy'],
    [3, 2, 'Teacher'],
  ],
}

/** By tenant; a tenant that is not said has the clean rows. */
export function schoolBed(
  rows: Readonly<Record<string, Partial<SchoolRows>>> = {},
  manifest = MANIFEST,
  wish: Pick<BedWish, 'capability' | 'wrap'> = {},
): Bed {
  const of = (what: keyof SchoolRows): Record<string, readonly Row[]> =>
    Object.fromEntries(['ADAMS', 'BAKER'].map(tenant => [tenant, rows[tenant]?.[what] ?? CLEAN[what]]))
  return new Bed({
    ...wish,
    manifest,
    sources: {
      legacy: [
        { relation: SCHOOL, rows: of('schools') },
        { relation: STUDENT, rows: of('students') },
        { relation: STAFF, rows: of('staff') },
      ],
    },
    targets: { app: [SCHOOLS, STUDENTS, CONTACTS, STAFF_TABLE] },
  })
}
