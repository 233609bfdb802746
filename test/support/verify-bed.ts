import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { verifyMigration } from '../../src/api/verify-migration.ts'
import type { VerifyRequest } from '../../src/api/verify-request.ts'
import type { Difference, VerifyResult } from '../../src/model/results.ts'
import { dryContext } from '../../src/run/dry-context.ts'
import type { Migration } from '../../src/run/migration.ts'
import { surveyMigration } from '../../src/run/survey-migration.ts'

/** Verifies a migration that stands on any engines; the differences’ file goes with the test. */
export async function verifyOpened(migration: Migration, wish: Partial<VerifyRequest> = {}): Promise<VerifyResult> {
  const folder = mkdtempSync(join(tmpdir(), 'rehouse-test-verify-'))
  const request: VerifyRequest = {
    id: 'verify-1',
    level: 'rigorous',
    tenants: null,
    entities: null,
    sample: null,
    isResumed: false,
    showValues: true,
    folder,
    signal: new AbortController().signal,
    seconds: () => 1,
    nowMs: () => Date.UTC(2026, 0, 2),
    ...wish,
  }
  try {
    const survey = await surveyMigration(migration, request.tenants)
    const options = {
      selection: { tenants: request.tenants, entities: request.entities, phase: null },
      dryRun: true,
      resume: null,
      wait: false,
      batchRows: null,
      signal: request.signal,
      emit: () => undefined,
      hooks: {},
      operator: 'tester',
      host: 'here',
      pid: 1,
      programVersion: '0',
      newRunId: request.id,
      lanes: 1,
      wallClock: () => new Date(0).toISOString(),
      now: () => 0,
      audit: null,
    }
    return await verifyMigration(migration, { survey, context: dryContext(migration, { survey, options }), request })
  } finally {
    if (wish.folder === undefined) rmSync(folder, { recursive: true, force: true })
  }
}

/** A difference in one line: `kind entity/tenant key table.column expected → actual`. */
export function told({ kind, entity, tenant, key, table, column, expected, actual }: Difference): string {
  const place = tenant === null ? entity : `${entity}/${tenant}`
  const at = column === null ? table : `${table}.${column}`
  const values = expected === null && actual === null ? '' : ` ${expected} → ${actual}`
  return `${kind} ${place} ${key.join(',')} ${at}${values}`
}

const OF_ROWS = new Set<Difference['kind']>(['missing', 'extra', 'different', 'wrong_tenant', 'refused_present', 'changed_since', 'id_map'])

/** The differences that name a row. */
export function toldRows(result: VerifyResult): readonly string[] {
  return result.differences.filter(({ kind, key, id }) => OF_ROWS.has(kind) && (key.length > 0 || id !== null)).map(told)
}
