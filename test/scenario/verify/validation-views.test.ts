import assert from 'node:assert/strict'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { migrate } from '../../../src/index.ts'
import { newDatabase } from '../../support/postgres.ts'
import { TEST_SALT, workFolder } from '../../support/rehouse-process.ts'
import { LEGACY_SQL, MANIFEST, TARGET_SQL } from './school-manifest.ts'

test('--create-target makes views that say by SQL whether ledger and tables agree, and what refers to nothing or stands twice', async t => {
  const source = await newDatabase(t)
  await source.script(LEGACY_SQL)
  const target = await newDatabase(t)
  const folder = workFolder(t, {
    'rehouse.yaml': MANIFEST.replace('  - { code: south, zone: America/Chicago }\n', ''),
    'target.sql': TARGET_SQL,
  })
  mkdirSync(join(folder, '.rehouse'), { recursive: true })
  writeFileSync(join(folder, '.env'), '')
  const env = { LEGACY_north: source.url, APP: target.url, REHOUSE_SALT: TEST_SALT, HOME: folder }
  await migrate({ manifest: join(folder, 'rehouse.yaml'), env, createTarget: true })

  const parity = 'select tenant, in_ledger, in_target, in_quarantine, excluded, is_equal from validation.pupil_count_parity'
  assert.deepEqual(await target.sql(parity), [['north', '6', '6', '1', '1', 't']])
  assert.deepEqual(await target.sql('select * from validation.orphan_mark'), [])
  assert.deepEqual(await target.sql('select * from validation.duplicate_mark'), [])

  await target.script('delete from app.pupils where legacy_id = 3; insert into app.marks select * from app.marks where grade = 1')
  assert.deepEqual(await target.sql(parity), [['north', '6', '5', '1', '1', 'f']])
  assert.deepEqual(await target.sql('select reference, count(*) from validation.orphan_mark group by 1'), [['pupil_id', '1']])
  assert.deepEqual(await target.sql('select rows from validation.duplicate_mark'), [['2']])
})

const CONSTRUCTS = `
migration: views
sources: { legacy: env:LEGACY }
services:
  app: { url: env:APP }
stop: { quarantined: 100%, errors: 100% }
phases:
  - all: [person, firm, paper, word]
entities:
  person:
    service: app
    from: public.person
    key: id
    into:
      app.parties: { columns: { id: { id: hashed }, name: name } }
      app.phones:
        each: [{ kind: "'home'", phone: home }, { kind: "'work'", phone: work }]
        as: g
        key: g.kind
        when: g.phone is not null
        columns: { party_id: { ref: person, from: id }, phone: g.phone }
      app.tags: { each: tags, as: m, key: m, columns: { party_id: { ref: person, from: id }, tag: m } }
  firm:
    service: app
    from: public.firm
    key: id
    into:
      app.parties: { columns: { id: { id: hashed }, name: name } }
  paper:
    service: app
    from: public.paper
    key: id
    into:
      app.papers:
        - { when: kind = 'person', columns: { kind: kind, party_id: { ref: person, from: party } } }
        - { when: kind = 'firm', columns: { kind: kind, party_id: { ref: firm, from: party } } }
  word:
    service: app
    from: { table: public.person, each: tags, as: m }
    key: [id, ordinal(m)]
    into:
      app.words: { columns: { id: { id: hashed }, word: m } }
`

test('the views hold for every construct: parts, lists as rows, alternatives, a table several entities fill', async t => {
  const source = await newDatabase(t)
  await source.script(`
    create table person (id int primary key, name text, home text, work text, tags text[]);
    insert into person values (1, 'Ann', '1', '2', '{a,b}'), (2, 'Bob', null, '3', '{}'), (3, 'Cem', null, null, '{c}');
    create table firm (id int primary key, name text);
    insert into firm values (1, 'Acme');
    create table paper (id int primary key, kind text, party int);
    insert into paper values (1, 'person', 1), (2, 'firm', 1), (3, 'none', 1);`)
  const target = await newDatabase(t)
  const folder = workFolder(t, {
    'rehouse.yaml': CONSTRUCTS,
    'target.sql': `create schema app;
      create table app.parties (id uuid not null, name text);
      create table app.phones (id uuid primary key, party_id uuid not null, phone text);
      create table app.tags (party_id uuid not null, tag text);
      create table app.papers (id uuid primary key, kind text, party_id uuid);
      create table app.words (id uuid not null, word text);`,
  })
  const env = { LEGACY: source.url, APP: target.url, REHOUSE_SALT: TEST_SALT, HOME: folder }
  await migrate({ manifest: join(folder, 'rehouse.yaml'), env, createTarget: true })
  const views = (await target.sql("select table_name from information_schema.views where table_schema = 'validation' order by 1")).flat()
  assert.deepEqual(
    views,
    ['person', 'firm', 'paper', 'word']
      .flatMap(name => [`${name}_count_parity`, `duplicate_${name}`, ...(/paper|person/.test(name) ? [`orphan_${name}`] : [])])
      .toSorted(),
  )
  const parity = (entity: string) =>
    target.sql(`select in_ledger, in_target, parts_in_ledger, parts_in_target, is_equal from validation.${entity}_count_parity`)
  assert.deepEqual(await parity('person'), [['4', '4', '6', '6', 't']])
  assert.deepEqual(await parity('firm'), [['4', '4', '0', '0', 't']])
  assert.deepEqual(await parity('paper'), [['2', '2', '0', '0', 't']])
  assert.deepEqual(await parity('word'), [['3', '3', '0', '0', 't']])
  for (const view of views.filter(name => !String(name).endsWith('parity')))
    assert.deepEqual(await target.sql(`select * from validation.${view}`), [])

  await target.script(`alter table app.phones drop constraint phones_pkey; delete from app.parties where name = 'Ann'; delete from app.tags where tag = 'c'; insert into app.phones select * from app.phones where phone = '3';
    delete from app.words where word = 'a'`)
  assert.deepEqual(await parity('person'), [['4', '3', '6', '6', 'f']])
  assert.deepEqual(await parity('word'), [['3', '2', '0', '0', 'f']])
  assert.deepEqual(await target.sql('select reference, count(*) from validation.orphan_person group by 1 order by 1'), [
    ['app.phones.party_id', '2'],
    ['app.tags.party_id', '2'],
  ])
  assert.deepEqual(await target.sql('select reference, count(*) from validation.orphan_paper group by 1'), [['party_id', '1']])
  assert.deepEqual(await target.sql('select rows, table_name from validation.duplicate_person'), [['2', 'app.phones']])
})
