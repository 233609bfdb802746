import { type Check, finding } from './check.ts'

const WRITABLE = { code: 'SOURCE_WRITABLE', severity: 'warning' } as const

export const sourceWritable: Check = {
  name: 'source-writable',
  finds: 'The login could write to the source.',
  gives: [WRITABLE],
  run: survey =>
    survey.sources
      .filter(source => source.facts.canWrite)
      .map(({ name, tenant }) =>
        finding(WRITABLE, {
          where: tenant === null ? {} : { tenant },
          message: `expected a login that can only read source ${name}, got one that could write`,
          next: 'Make a login that can only read: `rehouse check --grants` prints the SQL.',
        }),
      ),
}
