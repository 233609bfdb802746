import type { ServiceName } from './districts.ts'

/** What the demo's manifest moves where, said once more by hand: the check shares no code with the tool. */
export interface MovedRelation {
  readonly entity: string
  /** Relation of schema `dbo`, in each district; of the shared database where `isShared`. */
  readonly legacy: string
  readonly isShared: boolean
  readonly service: ServiceName
  readonly table: string
  /** Text made of a row's key and values, in either database's own SQL; the same where the row arrived whole. */
  readonly content: { readonly legacyKey: string; readonly legacy: string; readonly target: string } | null
}

const shared = (entity: string, legacy: string, table: string): MovedRelation => ({
  entity,
  legacy,
  isShared: true,
  service: 'directory',
  table,
  content: null,
})
const moved = (
  entity: string,
  legacy: string,
  [service, table]: readonly [ServiceName, string],
  content: MovedRelation['content'] = null,
): MovedRelation => ({
  entity,
  legacy,
  isShared: false,
  service,
  table,
  content,
})

export const MOVED: readonly MovedRelation[] = [
  shared('tenant', 'District', 'configuration.tenants'),
  shared('shared_lookup', 'LookupValue', 'configuration.shared_lookups'),
  moved('lookup_value', 'LookupValue', ['directory', 'configuration.tenant_lookups'], {
    legacyKey: '"Id"',
    legacy: `concat_ws('|', "Id", "LookupType", btrim("LookupValue"), "SortOrder")`,
    target: `concat_ws('|', legacy_id, lookup_type, value, sort_order)`,
  }),
  moved('school_year', 'SchoolYear', ['directory', 'configuration.school_years'], {
    legacyKey: '"Year"',
    legacy: `concat_ws('|', "Year", "StartDate"::date, "EndDate"::date)`,
    target: `concat_ws('|', legacy_id, starts_on, ends_on)`,
  }),
  moved('grade', 'Grade', ['directory', 'configuration.grades'], {
    legacyKey: '"Id"',
    legacy: `concat_ws('|', "Id", "Name", "StateGradeNumber")`,
    target: `concat_ws('|', legacy_id, name, state_grade)`,
  }),
  moved('school', 'School', ['directory', 'configuration.schools'], {
    legacyKey: '"Id"',
    legacy: `concat_ws('|', "Id", btrim("Name"), "IsActive" is not distinct from false)`,
    target: `concat_ws('|', legacy_id, name, is_archived)`,
  }),
  moved('program', 'ProgramCode', ['directory', 'configuration.programs']),
  moved('staff', 'Staff', ['directory', 'identity.people'], {
    legacyKey: '"Id"',
    legacy: `concat_ws('|', "Id", "FirstName", "LastName", "IsActive" is not distinct from false)`,
    target: `concat_ws('|', legacy_id, first_name, last_name, status = 'archived')`,
  }),
  moved('student', 'Student', ['student', 'student.students'], {
    legacyKey: '"Id"',
    legacy: `concat_ws('|', "Id", btrim("FirstName"), btrim("LastName"), "DOB"::date, coalesce("StudentIdentifier", '-'), coalesce("Comment", '-'), "IsActive" is not distinct from false)`,
    target: `concat_ws('|', legacy_id, first_name, last_name, birth_date, coalesce(student_number, '-'), coalesce(comment, '-'), status = 'archived')`,
  }),
  moved('enrolment', 'StudentSchool', ['student', 'student.enrolments']),
  moved('document', 'Document', ['student', 'student.documents']),
  moved('section', 'Section', ['student', 'student.sections'], {
    legacyKey: '"Id"',
    legacy: `concat_ws('|', "Id", "Name")`,
    target: `concat_ws('|', legacy_id, name)`,
  }),
  moved('roster', 'StudentSection', ['student', 'student.rosters']),
  moved('import_line', 'ImportLog', ['student', 'student.import_lines']),
  moved('assessment', 'Assessment', ['assessment', 'assessment.assessments'], {
    legacyKey: '"Id"',
    legacy: `concat_ws('|', "Id", "Name", "MaxScore")`,
    target: `concat_ws('|', legacy_id, name, max_score)`,
  }),
  moved('assessment_result', 'AssessmentResult', ['assessment', 'assessment.results'], {
    legacyKey: '"Id"',
    legacy: `concat_ws('|', "Id", coalesce("Score"::numeric(6,2)::text, '-'), "TestDate"::date, coalesce("Remark", '-'))`,
    target: `concat_ws('|', legacy_id, coalesce(score::text, '-'), tested_on, coalesce(remark, '-'))`,
  }),
]

/** A column of one service that holds the id of a row, often of another service, where no foreign key can watch over it. */
export interface Reference {
  readonly service: ServiceName
  readonly table: string
  readonly column: string
  readonly parent: readonly [ServiceName, string]
}

const PEOPLE = ['directory', 'identity.people'] as const
const SCHOOLS = ['directory', 'configuration.schools'] as const
const YEARS = ['directory', 'configuration.school_years'] as const
const LOOKUPS = ['directory', 'configuration.tenant_lookups'] as const
const STUDENTS = ['student', 'student.students'] as const
const SECTIONS = ['student', 'student.sections'] as const

const refers = (child: readonly [ServiceName, string], column: string, parent: readonly [ServiceName, string]): Reference => ({
  service: child[0],
  table: child[1],
  column,
  parent,
})

export const REFERENCES: readonly Reference[] = [
  refers(PEOPLE, 'supervisor_id', PEOPLE),
  refers(['directory', 'identity.users'], 'person_id', PEOPLE),
  refers(STUDENTS, 'program_id', ['directory', 'configuration.programs']),
  ...['demographics', 'contacts', 'addresses', 'audit_entries', 'enrolments', 'documents', 'rosters'].map(part =>
    refers(['student', `student.${part}`], 'student_id', STUDENTS),
  ),
  refers(['student', 'student.demographics'], 'ethnicity_id', LOOKUPS),
  refers(['student', 'student.demographics'], 'gender_id', LOOKUPS),
  refers(['student', 'student.enrolments'], 'school_id', SCHOOLS),
  refers(['student', 'student.enrolments'], 'school_year_id', YEARS),
  refers(['student', 'student.enrolments'], 'grade_id', ['directory', 'configuration.grades']),
  refers(SECTIONS, 'school_id', SCHOOLS),
  refers(SECTIONS, 'school_year_id', YEARS),
  refers(SECTIONS, 'teacher_id', PEOPLE),
  refers(['student', 'student.rosters'], 'section_id', SECTIONS),
  refers(['assessment', 'assessment.results'], 'assessment_id', ['assessment', 'assessment.assessments']),
  refers(['assessment', 'assessment.results'], 'student_id', STUDENTS),
  refers(['assessment', 'assessment.results'], 'section_id', SECTIONS),
  refers(['assessment', 'assessment.results'], 'recorder_id', PEOPLE),
]
