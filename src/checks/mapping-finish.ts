import { readFinish } from '../plan/finish-statement.ts'
import { type Check, filePlace, finding } from './check.ts'

const WRONG = { code: 'MANIFEST_INVALID', severity: 'error' } as const

export const mappingFinish: Check = {
  name: 'mapping-finish',
  finds: 'A statement under `finish` is not the refreshing of one materialized view.',
  gives: [WRONG],
  run: ({ mapping }) =>
    mapping.finish.flatMap(({ sql, service, at }) => {
      const read = readFinish(sql)
      if (!('got' in read)) return []
      return [
        finding(WRONG, {
          where: { ...filePlace(at), service },
          message: `expected REFRESH MATERIALIZED VIEW [CONCURRENTLY] schema.view under \`finish\`, got ${read.got}`,
          next: 'Nothing else runs in the target after the load: compute data on the source’s side, under `views`.',
        }),
      ]
    }),
}
