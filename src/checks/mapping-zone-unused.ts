import { type Check, filePlace, finding } from './check.ts'

const UNUSED = { code: 'MAPPING_UNUSED', severity: 'info' } as const

export const mappingZoneUnused: Check = {
  name: 'mapping-zone-unused',
  finds: 'The tenants have time zones, and no time is brought over to which one could matter.',
  gives: [UNUSED],
  run: survey => {
    const { tenants } = survey.mapping
    const withZone = survey.plans.filter(plan => plan.tenant !== null && plan.tenant.zone !== null)
    if (tenants.kind === 'single' || withZone.length === 0) return []
    // What could not be compiled may need it.
    const isWhole =
      survey.compiled.length > 0 && survey.compiled.every(({ compiled }) => compiled.findings.every(f => f.severity !== 'error'))
    const hasTimes = survey.compiled.some(({ compiled }) =>
      compiled.described.some(column => /timestamp|time with/.test(column.target_type)),
    )
    if (!isWhole || hasTimes) return []
    return [
      finding(UNUSED, {
        where: filePlace(tenants.at),
        message: `expected a local time to convert by the tenants’ zones, got no mapped column that holds a time`,
        next: 'Nothing. If the sources have local times that should come over, map them to timestamptz columns.',
      }),
    ]
  },
}
