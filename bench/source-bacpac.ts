import type { FieldRow, TableDescription } from '../test/support/bacpac/database-description.ts'
import { type Written, writeBacpac } from '../test/support/bacpac/write-bacpac.ts'

const TABLES: readonly TableDescription[] = [
  {
    name: 'student',
    columns: [
      { name: 'id', type: 'int', nullable: false },
      { name: 'first_name', type: 'nvarchar(50)', nullable: false },
      { name: 'last_name', type: 'nvarchar(50)', nullable: false },
    ],
    primaryKey: { name: 'PK_student', columns: ['id'] },
  },
  {
    name: 'assessment',
    columns: [
      { name: 'id', type: 'int', nullable: false },
      { name: 'name', type: 'nvarchar(100)', nullable: false },
    ],
    primaryKey: { name: 'PK_assessment', columns: ['id'] },
  },
  {
    name: 'assessment_result',
    columns: [
      { name: 'id', type: 'int', nullable: false },
      { name: 'student_id', type: 'int', nullable: false },
      { name: 'assessment_id', type: 'int', nullable: false },
      { name: 'score', type: 'decimal(6,2)' },
      { name: 'taken_at', type: 'datetime2(0)' },
      { name: 'status', type: 'varchar(12)', nullable: false },
      { name: 'comment', type: 'nvarchar(max)' },
      { name: 'updated_at', type: 'datetime2(3)', nullable: false },
      { name: 'is_retake', type: 'bit', nullable: false },
    ],
    primaryKey: { name: 'PK_assessment_result', columns: ['id'] },
  },
]
const STUDENTS = 50_000
const ASSESSMENTS = 200
/** Rows to a data file: real exports of tables of this size come in many. */
const FILE_ROWS = 100_000

/** The content of `source.sql` as an export of SQL Server, schema dbo: the same rows for the same number, always the same bytes. */
export async function writeSourceBacpac(path: string, results: number): Promise<Written> {
  const rows: Readonly<Record<string, () => Iterable<FieldRow>>> = {
    student: () => counted(STUDENTS, i => [i, `First ${i}`, `Last ${i % 997}`]),
    assessment: () => counted(ASSESSMENTS, i => [i, `Benchmark ${i}`]),
    assessment_result: () => counted(results, resultRow),
  }
  const description = { name: 'bench', tables: TABLES }
  return writeBacpac(path, description, table => rows[table.name]?.() ?? [], { fileRows: FILE_ROWS, zip: { level: 1 } })
}

function* counted(count: number, row: (i: number) => FieldRow): Generator<FieldRow> {
  for (let i = 1; i <= count; i++) yield row(i)
}

const STATUSES = ['complete', 'in progress', 'not started']
const TAKEN_FROM = Date.UTC(2010, 0, 4, 8)
const UPDATED_FROM = Date.UTC(2012, 0, 1)

function resultRow(i: number): FieldRow {
  return [
    i,
    1 + ((i * 7919) % STUDENTS),
    1 + (i % ASSESSMENTS),
    i % 20 === 0 ? null : ((i % 10_001) / 100).toFixed(2),
    i % 25 === 0 ? null : moment(TAKEN_FROM + ((i * 37) % 460_000_000) * 1000, 0),
    STATUSES[i % 3] ?? '',
    i % 4 === 0 ? `a remark of ordinary length, no. ${i}` : null,
    moment(UPDATED_FROM + ((i * 101) % 400_000_000) * 1003, 3),
    i % 9 === 0 ? 1 : 0,
  ]
}

const DAY = 86_400_000
const dates = new Map<number, string>()

/** `2012-01-01 00:00:00.000` of milliseconds since 1970, with as many digits. */
function moment(milliseconds: number, digits: 0 | 3): string {
  const day = Math.floor(milliseconds / DAY)
  let date = dates.get(day)
  if (date === undefined) {
    date = new Date(day * DAY).toISOString().slice(0, 10)
    dates.set(day, date)
  }
  const inDay = milliseconds - day * DAY
  const clock = [Math.floor(inDay / 3_600_000), Math.floor(inDay / 60_000) % 60, Math.floor(inDay / 1000) % 60].map(two).join(':')
  return digits === 0 ? `${date} ${clock}` : `${date} ${clock}.${String(inDay % 1000).padStart(3, '0')}`
}

function two(value: number): string {
  return value < 10 ? `0${value}` : String(value)
}
