import { grantsFor } from '../checks/grants-for.ts'
import type { CheckResult } from '../model/results.ts'
import { checkExampleRows } from '../run/check-examples.ts'
import { findCircles } from '../run/find-circles.ts'
import { surveyMigration } from '../run/survey-migration.ts'
import { openMigration } from './open-migration.ts'
import type { Options } from './options.ts'
import { preflight } from './preflight.ts'

/** Looks at everything and changes nothing. Findings in a stable order; errors forbid a run. */
export async function check(options: Options & { readonly grants?: boolean; readonly examples?: boolean }): Promise<CheckResult> {
  const migration = await openMigration(options)
  try {
    const survey = await surveyMigration(migration, null)
    const sources = survey.sources.map(source => {
      const rows = source.catalogue.relations.map(relation => relation.estimatedRows)
      const estimated = rows.some(count => count === null) ? null : rows.reduce<number>((sum, count) => sum + (count ?? 0), 0)
      return {
        source: source.name,
        tenant: source.tenant,
        label: source.label,
        relations: source.catalogue.relations.length,
        estimated_rows: estimated,
      }
    })
    const services = survey.services.map(({ ref, label, facts }) => ({
      service: ref.name,
      label,
      version: facts.version,
      role: facts.role,
    }))
    const examples = options.examples ? await checkExampleRows(migration, survey) : []
    const circles = await findCircles(migration, survey)
    const findings = [...migration.findings, ...preflight(survey), ...circles, ...examples, ...(await migration.dropStaging('own'))]
    const result = { findings, sources, services }
    return options.grants ? { ...result, grants: grantsFor(survey) } : result
  } finally {
    await migration.close()
  }
}
