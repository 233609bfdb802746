import { ALL_CHECKS } from '../checks/all-checks.ts'
import type { Finding } from '../model/finding.ts'
import type { MigrationSurvey } from '../run/survey-migration.ts'

/** What planning found and what the checks find, in that order. */
export function preflight(survey: MigrationSurvey): readonly Finding[] {
  return [...survey.findings, ...ALL_CHECKS.flatMap(check => check.run(survey))]
}
