import assert from 'node:assert/strict'
import { test } from 'node:test'
import { findListedTable } from '../../../src/tables/find-listed-table.ts'
import { relation } from '../../support/survey.ts'

const named = (schema: string, name: string) => ({ ...relation('public.x', ['id int4!']), schema, name })
const catalogue = {
  relations: [
    named('dbo', 'Results_1'),
    named('dbo', 'results_1'),
    named('dbo', 'Results_2'),
    named('old', 'Results_3'),
    named('dbo', 'a.b'),
    named('dbo', 'with "quotes"'),
    named('dbo', 'with ]'),
    named('old', 'Results_2'),
  ],
}

/** What the list says → the table meant. */
const MEANT: Readonly<Record<string, string | null>> = {
  Results_1: 'dbo Results_1',
  results_1: 'dbo results_1',
  RESULTS_1: null,
  results_2: 'dbo Results_2',
  'dbo.Results_2': 'dbo Results_2',
  'OLD.results_3': 'old Results_3',
  '[old].[Results_2]': 'old Results_2',
  '"old"."Results_3"': 'old Results_3',
  Results_3: null,
  'a.b': 'dbo a.b',
  'dbo."a.b"': 'dbo a.b',
  'with "quotes"': 'dbo with "quotes"',
  '"with ""quotes"""': 'dbo with "quotes"',
  '[with ]]]': 'dbo with ]',
  'server.dbo.Results_2': null,
  'Results_2; drop table x': null,
  'Results_2\u0000': null,
  '.': null,
  'dbo.': null,
  '"': null,
}

for (const [text, meant] of Object.entries(MEANT))
  test(`a list that says ${JSON.stringify(text)} means ${meant ?? 'no table'}`, () => {
    const found = findListedTable(text, 'dbo', catalogue)
    assert.equal(found && `${found.schema} ${found.name}`, meant)
  })
