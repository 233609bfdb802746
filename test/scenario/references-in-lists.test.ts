import assert from 'node:assert/strict'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { migrate, verify } from '../../src/index.ts'
import { newDatabase, type TestDatabase } from '../support/postgres.ts'
import { workFolder } from '../support/rehouse-process.ts'
import { write } from '../unit/config/support.ts'

const LEGACY = `
create schema old;
create table old.club (id int primary key, name text not null);
create table old.person (id int primary key, name text not null);
create table old.member (id int primary key, person_id int not null, club_id int);
create table old.friend (id int primary key, person_id int not null, friend_id int);
insert into old.club values (1, 'chess'), (2, 'BAD'), (3, 'rowing');
insert into old.person select i, 'Person ' || i from generate_series(1, 9) i;
insert into old.member values (1, 1, 1), (2, 1, 3), (3, 2, 2), (4, 3, 9), (5, 3, null);
`
const TARGET = `
create table clubs (id uuid primary key, legacy_id int not null);
create table people (id uuid primary key, legacy_id int not null, clubs jsonb, friends jsonb, seen jsonb);
`

const manifest = ({ missing }: { readonly missing: string }): string => `
migration: lists
sources: { legacy: env:LEGACY }
services: { app: { url: env:TARGET } }
stop: { quarantined: 100% }
defaults: { unmapped: warn }
entities:
  club:
    service: app
    from: old.club
    rules: [{ when: name = 'BAD', quarantine: bad_name }]
    into: { public.clubs: { columns: { legacy_id: id } } }
  person:
    service: app
    from: old.person
    with:
      member: { from: old.member, match: { person_id: id }, many: true, order: id }
      friend: { from: old.friend, match: { person_id: id }, many: true, order: id }
    into:
      public.people:
        columns:
          legacy_id: id
          clubs: { collect: member, into: array, value: { json: { nr: id, club: { ref: club, from: club_id${missing} } } } }
          friends: { collect: friend, into: array, value: { ref: person, from: friend_id } }
          seen: { collect: friend, into: array, value: { ref: person, from: id, missing: { allow: true } } }
`

interface Bed {
  readonly legacy: TestDatabase
  readonly target: TestDatabase
  readonly options: { readonly manifest: string; readonly env: Readonly<Record<string, string>> }
}

async function bed(t: TestContext, { friends, missing = '' }: { readonly friends: string; readonly missing?: string }): Promise<Bed> {
  const [legacy, target] = [await newDatabase(t), await newDatabase(t)]
  await legacy.script(`${LEGACY} insert into old.friend values ${friends}`)
  await target.script(TARGET)
  const folder = workFolder(t)
  write(folder, 'rehouse.yaml', manifest({ missing }))
  const env = { LEGACY: legacy.url, TARGET: target.url, REHOUSE_SALT: 'a salt for tests that is long enough' }
  return { legacy, target, options: { manifest: join(folder, 'rehouse.yaml'), env } }
}

/** The legacy keys the identifiers in a JSON array lead to. */
const FRIENDS = `select p.legacy_id, (select string_agg(q.legacy_id::text, ',' order by n) from jsonb_array_elements_text(p.friends) with ordinality f (id, n) join people q on q.id = f.id::uuid)
  from people p order by 1`

test('a list of references holds the identifiers of the rows they lead to, also of rows that come later', async t => {
  const { target, options } = await bed(t, { friends: '(1, 5, 9), (2, 5, 1), (3, 9, 5), (4, 4, 4), (5, 6, null)' })
  const result = await migrate(options)
  // A club that is refused, and one there never was.
  assert.deepEqual([result.totals.loaded, result.totals.quarantined], [9, 3])
  assert.deepEqual(
    result.outcomes.filter(({ kind }) => kind === 'quarantine').map(({ column, code, count }) => [column, code, count]),
    [
      ['', 'bad_name', 1],
      ['public.people.clubs.club', 'orphan', 1],
      ['public.people.clubs.club', 'parent_quarantined', 1],
    ],
  )
  const friends = (await target.sql(FRIENDS)).filter(([, of]) => of !== null)
  assert.deepEqual(friends, [
    ['4', '4'],
    ['5', '9,1'],
    ['9', '5'],
  ])
  assert.deepEqual(await target.sql('select friends from people where legacy_id = 6'), [['[null]']])
  assert.deepEqual(
    await target.sql(
      `select m.member ->> 'nr', c.legacy_id from people p, jsonb_array_elements(p.clubs) m (member) join clubs c on c.id = (m.member ->> 'club')::uuid where p.legacy_id = 1 order by 1`,
    ),
    [
      ['1', '1'],
      ['2', '3'],
    ],
  )
  // `id` is the member's, not the row's. People 2 and 3 were refused: `allow` keeps their identifiers in the lists all the same.
  assert.deepEqual(
    await target.sql(
      `select p.legacy_id, q.legacy_id from people p, jsonb_array_elements_text(seen) s (id) join people q on q.id = s.id::uuid order by 1, 2`,
    ),
    [
      ['4', '4'],
      ['5', '1'],
      ['6', '5'],
    ],
  )
  const again = await migrate(options)
  assert.deepEqual([again.totals.loaded, again.totals.unchanged, again.totals.quarantined], [0, 9, 3])
  const verified = await verify({ ...options, level: 'rigorous' })
  assert.equal(verified.outcome, 'equal')
})

test('a row with a reference in a list that leads nowhere is taken back after the load, and what refers to it, in a dry run as in a run', async t => {
  const { target, options } = await bed(t, { friends: '(1, 4, 77), (2, 5, 8), (3, 5, 4), (4, 6, 5), (5, 7, 7)' })
  const foreseen = await migrate({ ...options, dryRun: true })
  const result = await migrate(options)
  assert.deepEqual(foreseen.totals, result.totals)
  const refused = await target.sql(
    `select q.key::text, q.code from rehouse.quarantine q join rehouse.entity e on e.number = q.entity where e.name = 'person' and column_name = 'public.people.friends' order by 1`,
  )
  assert.deepEqual(
    refused.map(([key, code]) => [key?.replaceAll(/\D/g, ''), code]),
    [
      ['4', 'orphan'],
      ['5', 'parent_quarantined'],
      ['6', 'parent_quarantined'],
    ],
  )
  assert.deepEqual(await target.sql('select legacy_id from people order by 1'), [['1'], ['7'], ['8'], ['9']])
})

test('a reference in a list takes what `missing` says', async t => {
  const { target, options } = await bed(t, { friends: '(1, 1, 1)', missing: ', missing: { value: null, note: club_gone }' })
  const result = await migrate(options)
  assert.equal(result.totals.quarantined, 1)
  assert.deepEqual(await target.sql(`select legacy_id, clubs from people where legacy_id in (2, 3) order by 1`), [
    ['2', '[{"nr": 3, "club": null}]'],
    ['3', '[{"nr": 4, "club": null}, {"nr": 5, "club": null}]'],
  ])
  assert.equal(result.outcomes.find(({ kind, code }) => kind === 'note' && code === 'club_gone')?.count, 2)
})
