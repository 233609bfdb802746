/** The six synthetic districts: who they are, how big, and in what they differ. */
export interface District {
  readonly code: string
  readonly name: string
  /** IANA name. */
  readonly zone: string
  readonly database: string
  readonly students: number
  /** Every how-manieth student is broken; 0 = none. */
  readonly broken: number
  /** Statements that take the newest schema back to what this district still has. */
  readonly drift: readonly string[]
}

const OLD_GRADES = 'alter table dbo."Grade" alter "StateGradeNumber" type int using "StateGradeNumber"::int'
const NO_SECOND_EMAIL = 'alter table dbo."Student" drop column "Guardian2Email"'
const NO_GIFTED = 'alter table dbo."Student" drop column "Gifted"'
const NO_ELL = 'alter table dbo."Student" drop column "ELL"'

export const DISTRICTS: readonly District[] = [
  {
    code: 'NORTHRIDGE',
    name: 'Northridge Unified',
    zone: 'America/Chicago',
    database: 'district_northridge',
    students: 5000,
    broken: 0,
    drift: [],
  },
  // No daylight saving.
  { code: 'SAGUARO', name: 'Saguaro Valley', zone: 'America/Phoenix', database: 'district_saguaro', students: 3500, broken: 0, drift: [] },
  {
    code: 'ELKHORN',
    name: 'Elkhorn County',
    zone: 'America/Denver',
    database: 'district_elkhorn',
    students: 2000,
    broken: 0,
    drift: [OLD_GRADES, NO_SECOND_EMAIL, NO_GIFTED, NO_ELL],
  },
  // The dirty one.
  { code: 'HARBOR', name: 'Harbor City', zone: 'America/New_York', database: 'district_harbor', students: 1200, broken: 240, drift: [] },
  // Half an hour off.
  {
    code: 'AVALON',
    name: 'Avalon Peninsula',
    zone: 'America/St_Johns',
    database: 'district_avalon',
    students: 800,
    broken: 0,
    drift: [NO_GIFTED],
  },
  {
    code: 'PINECREST',
    name: 'Pinecrest',
    zone: 'America/Los_Angeles',
    database: 'district_pinecrest',
    students: 300,
    broken: 0,
    drift: [OLD_GRADES, NO_ELL],
  },
]

export const LOGIN_DATABASE = 'district_login'
export const SERVICES = ['directory', 'student', 'assessment'] as const
export type ServiceName = (typeof SERVICES)[number]

/** The clean districts with `share` of their students, at least 40 each. The dirty one stays: the stop rule looks at its shares. */
export function scaled(share: number): readonly District[] {
  return DISTRICTS.map(d => (d.broken > 0 ? d : { ...d, students: Math.max(40, Math.round(d.students * share)) }))
}

/** The dirty district so dirty that the stop rule ends it. */
export function soiled(districts: readonly District[]): readonly District[] {
  return districts.map(d => (d.broken === 0 ? d : { ...d, broken: 20 }))
}
