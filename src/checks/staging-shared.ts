import type { Finding } from '../model/finding.ts'
import { type Check, filePlace, finding } from './check.ts'
import type { Survey } from './survey.ts'

const SHARED = { code: 'STAGING_SHARED', severity: 'error' } as const

/** What is staged is raw and of one source: it must not lie where rows are served from, nor in a database that is only to be read. */
export const stagingShared: Check = {
  name: 'staging-shared',
  finds: 'The database for staging is the one of a service or of a source.',
  gives: [SHARED],
  run: survey => (survey.staging === null ? [] : [...services(survey), ...sources(survey)]),
}

function services({ services: all, staging, mapping }: Survey): readonly Finding[] {
  return all
    .filter(service => service.facts.identity === staging)
    .map(service =>
      finding(SHARED, {
        where: { ...(mapping.staging === null ? {} : filePlace(mapping.staging.at)), service: service.ref.name },
        message: `expected a database of its own for staging, got that of service ${service.ref.name}`,
        next: 'Write `staging: embedded`, or the address of another database.',
      }),
    )
}

function sources({ sources: all, staging, mapping }: Survey): readonly Finding[] {
  return all
    .filter(source => source.facts.identity === staging)
    .map(source =>
      finding(SHARED, {
        where: {
          ...(mapping.staging === null ? {} : filePlace(mapping.staging.at)),
          ...(source.tenant === null ? {} : { tenant: source.tenant }),
        },
        message: `expected a database of its own for staging, got that of source ${source.name}`,
        next: 'Write `staging: embedded`, or the address of another database.',
      }),
    )
}
