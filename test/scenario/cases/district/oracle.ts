import { withSession } from '../../../../demo/make-legacy.ts'
import type { Rows, TestDatabase } from '../../../support/postgres.ts'
import { type Bed, DISTRICTS, type District } from './setup.ts'

/** What the services must hold, in SQL over the databases the files were made from: shares nothing with the mapping or the program. References read as the legacy key of the row they lead to. */

interface Expectation {
  readonly service: string
  readonly table: string
  readonly columns: string
  /** Over one district’s database; `T` is its zone. Without the tenant. */
  readonly expected: string
}

/** A local time as an instant; of the hour that came twice the first, where PostgreSQL takes the second. */
const at = (column: string): string =>
  `(case when ((${column} at time zone T) - interval '1 hour') at time zone T = ${column} then (${column} at time zone T) - interval '1 hour' else ${column} at time zone T end)::text`

/** Columns some districts lack read as NULL. */
const maybe = (column: string): string => `(to_jsonb(s) ->> '${column}')`

const PARTS = `
  shared (type, word) as (values ('Ethnicity', 'hispanic'), ('Ethnicity', 'white'), ('Ethnicity', 'asian'), ('Gender', 'female'), ('Gender', 'male')),
  lookup as (select l."Id" as id, coalesce('shared:' || s.type || '/' || s.word, 'tenant_lookups:' || l."Id") as name, s.word is null as is_own
    from dbo."LookupValue" l left join shared s on s.type = l."LookupType" and s.word = lower(trim(l."LookupValue")) where l."LookupType" <> 'Color'),
  school as (select "Id" as id from dbo."School" where trim("Name") <> ''),
  users as (select distinct on (lower(trim("Email"))) * from dbo."Staff" where trim("Email") <> '' order by lower(trim("Email")), "IsActive" is null, "IsActive" is false, "Id"),
  named_user as (select * from users where "FirstName" is not null and "LastName" is not null),
  staff as (select * from dbo."Staff" where "FirstName" is not null and "LastName" is not null),
  seen as (select "StudentID" as id, min("StartDate") as first from dbo."StudentSchool" group by 1),
  s as (select s.*, seen.first from dbo."Student" s left join seen on seen.id = s."Id"
    where trim("FirstName") <> '' and trim("LastName") <> '' and "DOB" = "DOB"::date and coalesce(seen.first, "ModifiedDate") is not null
      and ("EthnicityID" is null or "EthnicityID" in (select id from lookup)) and ("GenderID" is null or "GenderID" in (select id from lookup))),
  attribute as (select d.*, t."Code" as code, i."Id" as by_id, l."Id" as by_lookup, coalesce(i."LookupValue", l."LookupValue") as value,
      row_number() over (partition by "StudentID", d."AttributeID" order by "AttributeValueID", "LookupValue_Id") as nth
    from dbo."StudentAttributeData" d left join dbo."StudentAttributeType" t on t."Id" = d."AttributeID"
      left join dbo."StudentAttributeLookupValue" i on i."Id" = d."AttributeValueID" and i."AttributeID" = d."AttributeID"
      left join dbo."StudentAttributeLookupValue" l on l."LookupValueID" = d."AttributeValueID" and l."AttributeID" = d."AttributeID"),
  carried as (select * from attribute where code is not null and (by_id is null or by_lookup is null or by_id = by_lookup) and coalesce(by_id, by_lookup) is not null and nth = 1),
  guardian as (select s."Id" as id, 'guardian1' as role, "Guardian1Name" as name, "Guardian1Phone" as phone, "Guardian1Email" as email from s
    union all select s."Id", 'guardian2', "Guardian2Name", "Guardian2Phone", ${maybe('Guardian2Email')} from s)`

const EXPECTATIONS: readonly Expectation[] = [
  {
    service: 'identity',
    table: 'identity.users',
    columns: 'legacy_id, email, display_name',
    expected: `select "Id", lower(trim("Email")), trim("FirstName") || ' ' || trim("LastName") from named_user`,
  },
  {
    service: 'configuration',
    table: 'configuration.tenant_lookups',
    columns: 'legacy_id, lookup_type, value, sort_order',
    expected: `select "Id", "LookupType", trim("LookupValue"), "SortOrder" from dbo."LookupValue" join lookup on id = "Id" where is_own`,
  },
  {
    service: 'configuration',
    table: 'configuration.school_years',
    columns: 'legacy_id, starts_on, ends_on',
    expected: `select "Year", "StartDate"::date, "EndDate"::date from dbo."SchoolYear"`,
  },
  {
    service: 'configuration',
    table: 'configuration.grades',
    columns: 'legacy_id, name, state_grade',
    expected: `select "Id", "Name", "StateGradeNumber"::text from dbo."Grade"`,
  },
  {
    service: 'configuration',
    table: 'configuration.schools',
    columns: 'legacy_id, name, archived',
    expected: `select "Id", trim("Name"), "IsActive" is false from dbo."School" where trim("Name") <> ''`,
  },
  {
    service: 'staff',
    table: 'staff.staff',
    columns: 'legacy_id, user_id, first_name, last_name, status, updated_at',
    expected: `select "Id", (select 'users:' || u."Id" from named_user u where u."Id" = f."Id"), "FirstName", "LastName", case when "IsActive" is false then 'archived' else 'active' end, ${at('"ModifiedDate"')} from staff f`,
  },
  {
    service: 'staff',
    table: 'staff.staff_schools',
    columns: 'staff_id, school_id',
    expected: `select 'staff:' || "StaffID", 'schools:' || "SchoolID" from dbo."StaffSchool" where "StaffID" in (select "Id" from staff) and "SchoolID" in (select id from school)`,
  },
  {
    service: 'student',
    table: 'student.students',
    columns:
      'legacy_id, first_name, middle_name, last_name, birth_date, student_number, graduation_year, comment, status, archived_at, updated_at, created_at',
    expected: `select "Id", trim("FirstName"), "MiddleName", trim("LastName"), "DOB"::date, "StudentIdentifier", "GradYear", "Comment", case when "IsActive" is false then 'archived' else 'active' end,
      case when "IsActive" is false then ${at('"ModifiedDate"')} end, ${at('"ModifiedDate"')}, coalesce(${at('first::timestamp')}, ${at('"ModifiedDate"')}) from s`,
  },
  {
    service: 'student',
    table: 'student.demographics',
    columns: 'student_id, ethnicity_id, gender_id, ell, gifted, attributes',
    expected: `select 'students:' || "Id", (select name from lookup where id = "EthnicityID"), (select name from lookup where id = "GenderID"), ${maybe('ELL')}::boolean, coalesce(${maybe('Gifted')}::boolean, false),
      (select coalesce(jsonb_object_agg(code, value), '{}') from carried where "StudentID" = s."Id") from s`,
  },
  {
    service: 'student',
    table: 'student.contacts',
    columns: 'student_id, role, name, phone, email',
    expected: `select 'students:' || id, role, coalesce(name, ''), phone, email from guardian where coalesce(name, phone, email) is not null`,
  },
  {
    service: 'student',
    table: 'student.addresses',
    columns: 'student_id, line1, line2, city, region, postal_code',
    expected: `select 'students:' || "Id", "Address1", "Address2", "City", "State", "Zip" from s where coalesce("Address1", "City", "Zip") is not null`,
  },
  {
    service: 'student',
    table: 'student.audit_entries',
    columns: 'entity, entity_id, action, at, actor, ip',
    expected: `select 'student', 'students:' || "Id", 'legacy_last_modified', ${at('"ModifiedDate"')}, "ModifiedBy", "Ip" from s where "ModifiedDate" is not null`,
  },
  {
    service: 'student',
    table: 'student.enrolments',
    columns: 'student_id, school_id, school_year_id, grade_id, starts_on, ends_on',
    expected: `select 'students:' || "StudentID", 'schools:' || "SchoolID", 'school_years:' || "SchoolStartYear", 'grades:' || "GradeId", "StartDate"::date, "EndDate"::date from dbo."StudentSchool"
      where "StudentID" in (select "Id" from s) and "SchoolID" in (select id from school) and "SchoolStartYear" in (select "Year" from dbo."SchoolYear") and "GradeId" in (select "Id" from dbo."Grade")`,
  },
  {
    service: 'section',
    table: 'section.sections',
    columns: 'legacy_id, name, school_id, school_year_id',
    expected: `select "Id", "Name", 'schools:' || "SchoolID", 'school_years:' || "SchoolYear" from dbo."Section" where "SchoolID" in (select id from school)`,
  },
  {
    service: 'section',
    table: 'section.rosters',
    columns: 'student_id, section_id',
    expected: `select 'students:' || "StudentID", 'sections:' || "SectionID" from dbo."StudentSection" where "StudentID" in (select "Id" from s) and "SectionID" in (select "Id" from dbo."Section")`,
  },
  {
    service: 'section',
    table: 'section.teachers',
    columns: 'staff_id, section_id',
    expected: `select 'staff:' || "StaffID", 'sections:' || "SectionID" from dbo."StaffSection" where "StaffID" in (select "Id" from staff)`,
  },
  {
    service: 'assessment',
    table: 'assessment.fields',
    columns: 'legacy_id, assessment_id, column_name, field_type, label',
    expected: `select "Id", 'assessments:' || "AssessmentId", "DatabaseColumn", "FieldType", "DisplayLabel" from dbo."AssessmentField"`,
  },
  {
    service: 'assessment',
    table: 'assessment.results',
    columns: 'legacy_id, assessment_id, student_id, section_id, recorder_id, due_on, updated_at, field_scores',
    expected: `select "Id", 'assessments:' || a, 'students:' || "StudentID", (select 'sections:' || x."Id" from dbo."Section" x where x."Id" = "SectionID"), (select 'staff:' || f."Id" from staff f where f."Id" = "RecorderId"),
      "TestDueDate"::date, ${at('"ModifiedDate"')}, scores from (
        select "Id", 1 as a, "StudentID", "SectionID", "RecorderId", "TestDueDate", "ModifiedDate", jsonb_build_object('Level', "Level"::int, 'Passed', "Passed"::boolean, 'Remark', "Remark", 'Extra', "Extra") as scores from dbo."Results_Reading"
        union all select "Id", 2, "StudentID", "SectionID", "RecorderId", "TestDueDate", "ModifiedDate", jsonb_build_object('Level', "Level", 'Score', "Score"::numeric, 'Odd', null) from dbo."Results_Maths" where "Odd" is null) r
      where "StudentID" in (select "Id" from s)`,
  },
]

/** Where a service keeps the legacy keys of heads others refer to. */
const HEADS = [
  ['identity', 'users'],
  ['configuration', 'tenant_lookups'],
  ['configuration', 'school_years'],
  ['configuration', 'grades'],
  ['configuration', 'schools'],
  ['staff', 'staff'],
  ['student', 'students'],
  ['section', 'sections'],
  ['assessment', 'assessments'],
] as const

export interface Compared {
  readonly table: string
  readonly expected: readonly string[]
  readonly actual: readonly string[]
}

/** Each table’s rows as the oracle has them and as the service has them, as texts in order. */
export async function compareWithOracle({ legacy, services }: Pick<Bed, 'legacy' | 'services'>): Promise<readonly Compared[]> {
  const names = await readNames(services)
  const wanted = new Map<string, string[]>(EXPECTATIONS.map(({ table }) => [table, []]))
  for (const district of DISTRICTS)
    await inOneSession(legacy.get(district.code), async query => {
      for (const { table, expected } of EXPECTATIONS) {
        const rows = await query(`with ${PARTS} ${expected}`.replaceAll('time zone T', `time zone '${district.zone}'`))
        wanted.get(table)?.push(...rowTexts(rows, district))
      }
    })
  const compared: Compared[] = []
  for (const [name, database] of services)
    await inOneSession(database, async query => {
      for (const { table, columns } of EXPECTATIONS.filter(({ service }) => service === name)) {
        const rows = await query(`select tenant_id, ${columns} from ${table}`)
        const actual = rows.map(row => JSON.stringify(row.map(value => nameOf(value, { names, tenant: row[0] ?? '' }))))
        compared.push({ table, expected: (wanted.get(table) ?? []).toSorted(), actual: actual.toSorted() })
      }
    })
  return compared
}

/** Every query in one session: opening one takes longer than most of them. */
export async function inOneSession(
  database: TestDatabase | undefined,
  work: (query: (text: string) => Promise<Rows>) => Promise<void>,
): Promise<void> {
  if (database === undefined) throw new RangeError('expected a database')
  await withSession(database.url, {}, session => work(async text => (await session.query(text)).rows))
}

function rowTexts(rows: Rows, { code }: District): readonly string[] {
  return rows.map(row => JSON.stringify([code, ...row]))
}

interface Named {
  readonly name: string
  /** '' = of all. */
  readonly tenant: string
}

function nameOf(
  value: string | null,
  { names, tenant }: { readonly names: ReadonlyMap<string, Named>; readonly tenant: string },
): string | null {
  const known = names.get(value ?? '')
  if (known === undefined) return value
  return known.tenant === '' || known.tenant === tenant ? known.name : `another tenant’s ${known.name}`
}

/** What stands for an identifier: `students:12`, a tenant’s code, a shared word. */
async function readNames(services: Bed['services']): Promise<ReadonlyMap<string, Named>> {
  const names = new Map<string, Named>()
  const add = async (service: string, text: string): Promise<void> => {
    for (const [id, name, tenant] of (await services.get(service)?.sql(text)) ?? [])
      names.set(String(id), { name: String(name), tenant: String(tenant) })
  }
  await add('identity', `select id, code, '' from rehouse.tenant`)
  await add('configuration', `select id, 'shared:' || lookup_type || '/' || lower(trim(value)), '' from configuration.shared_lookups`)
  for (const [service, table] of HEADS) await add(service, `select id, '${table}:' || legacy_id, tenant_id from ${service}.${table}`)
  return names
}
