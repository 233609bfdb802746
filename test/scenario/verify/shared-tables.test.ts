import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { migrate, verify } from '../../../src/index.ts'
import { newDatabase } from '../../support/postgres.ts'
import { TEST_SALT, workFolder } from '../../support/rehouse-process.ts'
import { told } from '../../support/verify-bed.ts'

/** Two entities fill one table, with other columns in another order. */
const MANIFEST = `
migration: shared-tables
sources: { legacy: "env:LEGACY_{tenant.code}" }
tenants: [{ code: north }, { code: south }]
services:
  app: { url: env:APP, tenant_column: tenant_id }
stop: { quarantined: 100%, errors: 100% }
phases:
  - all: [person, firm]
entities:
  person:
    service: app
    from: public.person
    key: id
    into:
      app.parties: { columns: { kind: { value: person }, name: name } }
      app.phones:
        each: [{ kind: "'home'", phone: home }, { kind: "'work'", phone: work }]
        as: g
        key: g.kind
        when: g.phone is not null
        columns: { party_id: { ref: person, from: id }, phone: g.phone }
  firm:
    service: app
    from: public.firm
    key: id
    into:
      app.parties: { columns: { name: name, vat: vat, kind: { value: firm } } }
`
const LEGACY = `
create table person (id int primary key, name text, home text, work text);
insert into person values (1, 'Ann', '1', '2'), (2, 'Bob', null, '3'), (3, 'Cem', null, null);
create table firm (id int primary key, name text, vat int);
insert into firm values (1, 'Acme', 7), (2, 'Bolt', null);
`
const TARGET = `create schema app;
create table app.parties (id uuid primary key, tenant_id uuid not null, kind text, name text, vat int);
create table app.phones (id uuid primary key, tenant_id uuid not null, party_id uuid not null, phone text);`

const CHANGES: readonly (readonly [name: string, sql: string, told: readonly string[]])[] = [
  [
    'a row of one entity',
    "update app.parties set name = 'Acne' where name = 'Acme' and tenant_id = $north",
    ['changed_since firm/north 1 app.parties'],
  ],
  ['a part', "update app.phones set phone = '9' where phone = '2' and tenant_id = $north", ['changed_since person/north 1 app.parties']],
  ['a row that is lost', "delete from app.parties where name = 'Bolt' and tenant_id = $south", ['missing firm/south 2 app.parties']],
  [
    'a column only one of them fills',
    'update app.parties set vat = 8 where vat = 7 and tenant_id = $south',
    ['changed_since firm/south 1 app.parties'],
  ],
  [
    'a row nobody wrote',
    "insert into app.parties select '00000000-0000-4000-8000-00000000beef', tenant_id, kind, name, vat from app.parties where name = 'Bob' and tenant_id = $north",
    ['extra person/north  app.parties'],
  ],
]

test('tables several entities fill are compared row by row at the standard level', async t => {
  const sources = { north: await newDatabase(t), south: await newDatabase(t) }
  for (const source of Object.values(sources)) await source.script(LEGACY)
  const target = await newDatabase(t)
  await target.script(TARGET)
  const folder = workFolder(t, { 'rehouse.yaml': MANIFEST })
  const env = { LEGACY_north: sources.north.url, LEGACY_south: sources.south.url, APP: target.url, REHOUSE_SALT: TEST_SALT, HOME: folder }
  const manifest = join(folder, 'rehouse.yaml')
  assert.equal((await migrate({ manifest, env })).status, 'clean')
  const clean = await verify({ manifest, env })
  assert.deepEqual([clean.differences.map(told), clean.reasons, clean.outcome, clean.parity], [[], [], 'equal', 'complete'])
  assert.deepEqual(
    clean.witness.filter(({ measure, state }) => measure === 'digest' && state === 'none'),
    [],
  )
  assert.deepEqual(
    clean.entities.map(({ entity, tenant, equal }) => [tenant, entity, equal]),
    ['north', 'south'].flatMap(tenant => [
      [tenant, 'person', 3],
      [tenant, 'firm', 2],
    ]),
  )
  await target.script('create schema kept; create table kept.parties as table app.parties; create table kept.phones as table app.phones')
  for (const [name, sql, expected] of CHANGES)
    await t.test(name, async () => {
      await target.script(sql.replace(/\$(north|south)/g, "(select id from rehouse.tenant where code = '$1')"))
      const result = await verify({ manifest, env })
      const rows = result.differences.filter(({ kind }) => ['changed_since', 'missing', 'extra', 'wrong_tenant'].includes(kind))
      assert.deepEqual(rows.map(told), expected)
      for (const table of ['parties', 'phones'])
        await target.script(`delete from app.${table}; insert into app.${table} select * from kept.${table}`)
    })
  assert.equal((await verify({ manifest, env })).outcome, 'equal')
})
