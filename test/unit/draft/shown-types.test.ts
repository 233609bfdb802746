import assert from 'node:assert/strict'
import { test } from 'node:test'
import { draftMigration } from '../../../src/draft/draft-migration.ts'
import { newCsvFolder } from '../../support/csv-folder.ts'

test('a column without values takes the type another source shows; how files were read is said once for all sources it is true of', async t => {
  const folder = newCsvFolder({ after: work => t.after(work) })
  folder.write('north/people.csv', 'id,grade,born\n1,1.5,2020-01-01\n2,2.5,\n')
  folder.write('south/people.csv', 'id,grade,born\n1,,\n2,,\n')
  folder.write('west/people.csv', 'id,grade,born\n1,3.5,\n2,,2020-01-01\n')
  const sources = await Promise.all(
    ['south', 'north', 'west'].map(async code => {
      const source = folder.open({}, code)
      return { code, catalogue: await source.describe(), extras: (await source.extras?.()) ?? null }
    }),
  )
  const draft = draftMigration(sources)
  assert.deepEqual(
    draft.tables[0]?.columns.flatMap(column => (['grade', 'born'].includes(column.name) ? [column.type.text] : [])),
    ['numeric', 'date'],
  )
  assert.deepEqual(
    draft.findings.filter(({ code }) => code.startsWith('INIT_DRIFT')),
    [],
  )
  const read = draft.findings.filter(({ code }) => code === 'INIT_FILE')
  assert.deepEqual(
    read.map(({ where, message }) => [where.tenant, /(?<=stands; |got none: ).*/.exec(message)?.[0]]),
    [
      ['south', 'id integer, grade (no value), born (no value)'],
      [undefined, '(id) is taken for it, as no two rows have the same'],
      ['north, west', 'id integer, grade numeric, born date'],
    ],
  )
})
