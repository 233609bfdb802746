import type { ReportEntity, ReportResult, RunReport } from '../../../src/model/run-report.ts'

/** Names nobody should have, and some have. */
export const AWKWARD = {
  html: `<script>alert("x")</script> & 'y'`,
  markdown: '| pipe | `code` *bold* _it_ [link](javascript:x) # ~',
  long: `a_very_${'long_'.repeat(40)}name`,
  cjk: '東京都の生徒',
  rtl: 'مدرسة \u202eevil\u202c',
  control: 'line\nbreak\ttab\u0007bell\u001b[31m',
  formula: '=cmd|x',
} as const

function line(tenant: string | null, entity: string, counts: Partial<ReportEntity>): ReportEntity {
  return {
    entity,
    tenant,
    service: 'main',
    read: 0,
    loaded: 0,
    updated: 0,
    unchanged: 0,
    merged: 0,
    skipped: 0,
    excluded: 0,
    quarantined: 0,
    parts_quarantined: 0,
    state: 'settled',
    consistency: 'snapshot',
    source_rows: counts.read ?? 0,
    seconds: 1.25,
    rows_per_second: 800,
    batches: 1,
    digest: 'ab'.repeat(32),
    written: { 'public.t': counts.loaded ?? 0 },
    ...counts,
  }
}

export function runReport(change: Partial<RunReport> = {}): RunReport {
  return {
    form: 'rehouse report 1',
    made_at: '2026-11-20T12:00:00.000Z',
    made_by: AWKWARD.html,
    run: {
      id: '20261120T101923-4f2a',
      status: 'findings',
      migration: AWKWARD.markdown,
      mapping_hash: 'cd'.repeat(32),
      program_version: '0.1.0',
      operator: AWKWARD.rtl,
      host: AWKWARD.control,
      started_at: '2026-11-20T10:19:23.000Z',
      finished_at: '2026-11-20T10:20:23.000Z',
      tenants: null,
      entities: null,
      phase: null,
      retries: false,
    },
    totals: {
      read: 1_234_567,
      loaded: 1_234_560,
      updated: 0,
      unchanged: 0,
      merged: 0,
      skipped: 0,
      excluded: 4,
      quarantined: 3,
      parts_quarantined: 2,
    },
    entities: [
      line(AWKWARD.cjk, 'student', { read: 1_234_000, loaded: 1_234_000 }),
      line(AWKWARD.html, AWKWARD.long, { read: 560, loaded: 553, excluded: 4, quarantined: 3, parts_quarantined: 2 }),
      line(null, AWKWARD.rtl, { read: 7, loaded: 7, source_rows: null, rows_per_second: null }),
    ],
    outcomes: [
      { entity: AWKWARD.long, tenant: AWKWARD.html, kind: 'quarantine', column: 'public.t.c', code: 'orphan', count: 2 },
      { entity: AWKWARD.long, tenant: AWKWARD.html, kind: 'quarantine', column: '', code: AWKWARD.control, count: 3 },
      { entity: AWKWARD.long, tenant: AWKWARD.html, kind: 'exclude', column: '', code: 'not_wanted', count: 4 },
      { entity: 'student', tenant: AWKWARD.cjk, kind: 'loss', column: 'public.t.score', code: 'lossy_cast', count: 1_000 },
      { entity: 'student', tenant: AWKWARD.cjk, kind: 'zone_gap', column: 'public.t.seen', code: 'time_gap', count: 5 },
      { entity: 'student', tenant: AWKWARD.cjk, kind: 'note', column: '', code: 'odd', count: 6 },
    ],
    quarantined: [
      { entity: AWKWARD.long, tenant: AWKWARD.html, key: ['4711', 'a,b'], code: 'orphan', column: 'public.t.c', part: null },
      { entity: AWKWARD.long, tenant: AWKWARD.html, key: [AWKWARD.formula], code: AWKWARD.control, column: null, part: 'public.p' },
    ],
    quarantined_total: 5,
    left_out: [{ what: 'table', pattern: 'dbo.Secret_*', reason: AWKWARD.markdown }],
    zone_policy: { gap: 'shift_forward', overlap: 'later' },
    consistency: [{ tenant: AWKWARD.cjk, consistency: 'snapshot', tasks: 1 }],
    failures: [],
    verification: {
      id: 'v',
      at: '2026-11-20T11:00:00.000000Z',
      by: 'Ada',
      level: 'rigorous',
      whole: true,
      outcome: 'equal',
      parity: 'accounted',
      compared: 1_234_560,
      differences: 0,
      witness: { equal: 12, different: 0, none: 3 },
    },
    checks: [
      { check: 'rows in quarantine', expected: '0', actual: '3', outcome: 'not_met' },
      { check: 'rows read', expected: '1234567', actual: '1234567', outcome: 'met' },
      { check: 'a check of nothing', expected: '', actual: '', outcome: 'not_known' },
    ],
    audit: { whole: true, findings: 0, head: `main:7:${'ef'.repeat(32)}` },
    ...change,
  }
}

export const REPORT: ReportResult = { run: '20261120T101923-4f2a', sha256: '12'.repeat(32), report: runReport(), files: [] }
