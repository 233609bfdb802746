import type { AuditExportResult, AuditVerifyResult } from '../../../src/model/audit-results.ts'
import type { TypesResult } from '../../../src/model/function-uses.ts'
import type { ProfileResult } from '../../../src/model/profile-result.ts'
import type {
  CheckResult,
  EntityResult,
  InitResult,
  LookupResult,
  MigrateResult,
  PlanResult,
  QuarantineResult,
  StatusResult,
  VerifyResult,
} from '../../../src/model/results.ts'
import { type Page, plainPaint } from '../../../src/report/paint.ts'
import { addTotals, NO_TOTALS } from '../../../src/report/totals-text.ts'

/** A page that cuts nothing and colours nothing. */
export const WIDE: Page = { width: Infinity, paint: plainPaint }

export function narrow(width: number): Page {
  return { width, paint: plainPaint }
}

export function entityLine(members: Partial<EntityResult> = {}): EntityResult {
  const base: EntityResult = {
    ...NO_TOTALS,
    entity: 'student',
    tenant: 'springfield',
    service: 'core',
    written: { 'core.student': 990, 'core.address': 1_980 },
    parts_quarantined: 0,
    seconds: 2,
    state: 'settled',
    read: 1_000,
    loaded: 990,
    quarantined: 10,
  }
  return { ...base, ...members }
}

export function migrateResult(members: Partial<MigrateResult> = {}): MigrateResult {
  const entities = members.entities ?? [entityLine(), entityLine({ tenant: 'shelbyville', loaded: 1_000, quarantined: 0 })]
  return {
    run: '7',
    status: 'findings',
    dryRun: false,
    totals: entities.reduce(addTotals, NO_TOTALS),
    entities,
    findings: [],
    seconds: 4.2,
    outcomes: [
      { entity: 'student', kind: 'quarantine', column: 'core.student.school_id', code: 'missing_school', count: 10 },
      { entity: 'student', kind: 'value', column: 'core.student.status', code: 'default', count: 3 },
    ],
    not_tried: [],
    failures: [],
    ...members,
  }
}

export const PROFILE: ProfileResult = {
  sources: [{ tenant: 'springfield', label: 'postgres://reader@host/springfield', tables: 1, rows: 1_000, seconds: 0.5 }],
  tables: [
    {
      tenant: 'springfield',
      table: 'dbo.Student',
      rows: 1_000,
      whole: true,
      key: ['Id'],
      columns: [
        {
          column: 'Code|<b>',
          type: 'character varying(20)',
          looks: 'integer',
          nulls: 3,
          blanks: 2,
          distinct: 990,
          distinct_is: 'about',
          min: null,
          max: null,
          shortest: 1,
          longest: 12,
          shapes: [{ shape: 'AAA-999', count: 900 }],
          shapes_are: 'exact',
          personal: 'name',
          credential: false,
        },
      ],
    },
  ],
  references: [
    {
      tenant: 'springfield',
      table: 'dbo.Student',
      columns: ['SchoolID'],
      parent: 'dbo.School',
      parent_columns: ['Id'],
      declared: false,
      checked: 1_000,
      orphans: 4,
      score: 94,
    },
  ],
  findings: [
    {
      code: 'PROFILE_PADDED',
      severity: 'warning',
      where: { tenant: 'springfield', table: 'dbo.Student', column: 'Code|<b>' },
      message: '7 texts begin or end with white space',
      next: 'Trim them.',
      count: 7,
      manifest: 'entities:\n  student:\n    into: {}',
    },
  ],
  files: [],
  seconds: 0.5,
}

export const INIT: InitResult = {
  files: ['/srv/shop/rehouse.yaml', '/srv/shop/target.sql', '/srv/shop/tenants.csv'],
  entities: [
    { entity: 'student', service: 'main', from: 'dbo.Student', into: 'public.student', key: ['Id'], columns: 7, references: ['school'] },
  ],
  tenants: [{ tenant: 'north', label: 'bacpac:exports/north.bacpac', relations: 12 }],
  findings: [
    {
      code: 'INIT_COMPUTED',
      severity: 'info',
      where: { table: 'dbo.Student', column: 'FullName' },
      message: 'expected columns that hold data, got one the source computes: it is not carried',
      next: 'If the target needs it, add a generated column to target.sql.',
    },
  ],
}

export const CHECK: CheckResult = {
  findings: [
    {
      code: 'MAPPING_NOT_COVERED',
      severity: 'error',
      where: { file: 'rehouse.yaml', line: 12, column: 5, table: 'public.rollover' },
      message: 'expected every table to be used, got one that is not',
      next: 'Map or exclude it.',
    },
    {
      code: 'SOURCE_REFUSED',
      severity: 'warning',
      where: { tenant: 'springfield' },
      message: 'expected a login that only reads, got one that can write',
      next: 'Use another login.',
    },
  ],
  sources: [{ source: 'sis', tenant: 'springfield', label: 'postgres://reader@db/springfield', relations: 12, estimated_rows: 123_456 }],
  services: [{ service: 'core', label: 'postgres://writer@db/core', version: 180004, role: 'writer' }],
}

export const TYPES: TypesResult = {
  functions: [
    { entity: 'task', file: 'functions/work.ts', name: 'criteria', uses: [{ name: 'words', type: 'readonly (string | null)[] | null' }] },
    { entity: 'other', file: 'functions/work.ts', name: 'criteria', uses: [{ name: 'words', type: 'Json' }] },
  ],
  entities: ['task', 'other'],
  options: ['mode'],
  findings: [],
}

export const PLAN: PlanResult = {
  migration: 'districts',
  mapping_hash: 'ab'.repeat(32),
  findings: [],
  phases: [
    {
      name: 'people',
      entities: [
        {
          entity: 'student',
          service: 'core',
          from: 'public.student',
          into: ['core.student'],
          key: ['student_id'],
          id: 'ordered',
          strategy: 'keyset',
          depends_on: ['school'],
          settles: ['student'],
          tenants: 6,
          estimated_rows: 120_000,
          tables: { named_in: 'legacy/public.school.storage', count: 300, shapes: 12 },
          related: [
            {
              name: 'marks',
              from: 'legacy/public.mark',
              way: 'merge',
              reason: 'too many to be kept',
              owned: true,
              tenants: 4,
              estimated_rows: 9_000_000,
            },
            {
              name: 'marks',
              from: 'legacy/public.mark',
              way: 'memory',
              reason: 'few enough to be kept',
              owned: false,
              tenants: 2,
              estimated_rows: 700,
            },
          ],
          columns: [
            {
              table: 'core.student',
              column: 'name',
              target_type: 'text',
              from: "first || ' ' || last",
              how: 'expression',
              loss: '',
              inverse: 'read_only',
            },
          ],
        },
      ],
    },
  ],
}

export const COMPAT: PlanResult = {
  ...PLAN,
  compat: [
    {
      source: 'sis',
      table: 'public.student',
      entities: ['student'],
      rows: 'some',
      columns: [
        { column: 'student_id', type: 'integer', way_back: 'read_only', from: null, why: 'key, from the id map' },
        { column: 'first', type: 'text', way_back: 'updatable', from: 'core.student.first', why: 'column' },
      ],
    },
    {
      source: 'sis',
      table: 'public.log',
      entities: [],
      rows: 'none',
      columns: [{ column: 'line', type: 'text', way_back: 'no', from: null, why: 'left out: of no value' }],
    },
  ],
}

export const STATUS: StatusResult = {
  runs: [
    {
      run: '7',
      status: 'running',
      started_at: '2026-01-02T03:04:05Z',
      finished_at: null,
      operator: 'ada',
      totals: { ...NO_TOTALS, read: 10, loaded: 10 },
      bottleneck: 'target',
      entities: [
        {
          entity: 'student',
          tenant: 'springfield',
          service: 'core',
          state: 'running',
          consistency: 'snapshot',
          counts: { ...NO_TOTALS, read: 10, loaded: 10, partsQuarantined: 0 },
          rows_per_second: 1234.5,
          eta_seconds: 61,
          failure: null,
        },
      ],
    },
  ],
}

export const LOOKUP: LookupResult = {
  entity: 'student',
  tenant: 'springfield',
  matches: [{ key: ['4711'], id: '00010001-8000-8000-8000-00000000126b', table: 'core.student', batch: '17' }],
}

export const QUARANTINE: QuarantineResult = {
  total: 1,
  rows: [
    {
      entity: 'student',
      tenant: 'springfield',
      key: ['4711', 'a,b'],
      code: 'missing_school',
      column: 'core.student.school_id',
      value_masked: '**',
      batch: '17',
      first_run: '7',
      last_run: '8',
      detail: 'school has no such key',
      part: null,
    },
  ],
}

export const VERIFY: VerifyResult = {
  run: '20261120T101923-4f2a',
  level: 'rigorous',
  outcome: 'different',
  parity: 'none',
  compared: 3,
  equal: 2,
  different: 1,
  missing: 0,
  extra: 0,
  not_verified: 0,
  differences: [
    {
      entity: 'student',
      tenant: 'springfield',
      key: ['4711'],
      id: '00010001-0000-8000-8000-000000001267',
      table: 'public.student',
      column: 'name',
      expected: 'text of 3 characters',
      actual: null,
      kind: 'different',
    },
  ],
  differences_total: 1,
  differences_file: '/srv/.rehouse/verify/1/differences.jsonl',
  witness: [
    {
      entity: 'student',
      tenant: 'springfield',
      table: 'public.student',
      column: 'name',
      measure: 'sum',
      state: 'different',
      source: '12',
      target: '9',
      reason: '',
    },
  ],
  reasons: [],
  entities: [
    {
      entity: 'student',
      tenant: 'springfield',
      service: 'app',
      compared: 3,
      equal: 2,
      different: 1,
      missing: 0,
      extra: 0,
      not_verified: 0,
      loaded: 3,
      quarantined: 0,
      excluded: 0,
    },
  ],
  rows_per_second: 3,
  lag_seconds: 60,
  repaired: 0,
  seconds: 1,
}

export const AUDIT_VERIFY: AuditVerifyResult = {
  outcome: 'broken',
  services: [{ service: 'main', entries: 3, audit_head: `main:3:${'ab'.repeat(32)}` }],
  findings: [{ service: 'main', kind: 'altered', from: '2', to: '2', run: null, message: 'entry 2 was altered' }],
  reasons: [{ service: 'other', message: 'there is no ledger' }],
  audit_head: `main:3:${'ab'.repeat(32)}`,
}

export const AUDIT_EXPORT: AuditExportResult = {
  entries: 1,
  rows: [
    {
      service: 'main',
      id: '1',
      at: '2026-11-20T10:00:00.000000Z',
      who: '=Eve',
      action: 'lookup',
      run: null,
      detail: { entity: 'student', keys: [['4711']] },
      previous: '',
      hash: 'ab'.repeat(32),
    },
  ],
  audit_head: `main:1:${'ab'.repeat(32)}`,
}
