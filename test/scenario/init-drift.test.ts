import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { tenantId } from '../../src/config/tenant-id.ts'
import type { InitResult, MigrateResult } from '../../src/index.ts'
import { newDatabase, type TestDatabase } from '../support/postgres.ts'
import { rehouseHereJson, workFolder } from '../support/rehouse-process.ts'

/** Three shops that began alike and drifted for ten years. */
const SHOPS = [
  `create table customer (id integer primary key, name varchar(20) not null, zip integer, born date, level smallint, note text);
   create table item (code varchar(10) primary key, price numeric(6,2));
   create table sale (id integer primary key, customer_id integer not null references customer, item_code varchar(10) references item, amount numeric(8,2));
   create table voucher (id integer primary key, sale_id integer references sale, text varchar(5));
   insert into customer values (1, 'Ann', 12345, '2000-02-29', 1, 'n'), (2, 'Bob', null, null, null, null);
   insert into item values ('A', 1.50), ('B', 2);
   insert into sale values (1, 1, 'A', 123456.78), (2, 2, null, null);
   insert into voucher values (1, 1, 'free'), (2, null, null)`,
  `create table customer (id bigint primary key, name varchar(40) not null, zip varchar(10), born timestamp, level integer, vip boolean not null);
   create table item (code varchar(10) primary key, price numeric(9,4));
   create table sale (id integer primary key, customer_id bigint not null references customer, item_code varchar(10), amount numeric(12,4));
   insert into customer values (1, 'A much longer name than twenty', '01234-AB', '1999-12-31 23:59:59', 100000, true), (9223372036854775807, 'Max', null, null, null, false);
   insert into item values ('A', 1.2345);
   insert into sale values (1, 9223372036854775807, 'A', 0.0001), (3, 1, 'A', 1)`,
  `create table "Customer" ("ID" integer primary key, "Name" text, "Zip" integer, "Born" date, "Level" smallint, "Note" text);
   create table item (code varchar(10) primary key, price numeric(6,2));
   create table sale (id integer primary key, customer_id integer not null references "Customer", item_code varchar(10) references item, amount numeric(8,2));
   create table extra (what text);
   insert into "Customer" values (-1, null, 1, null, null, 'other'), (1, 'Cy', 2, '1900-01-01', 1, null);
   insert into item values ('a', 3);
   insert into sale values (1, -1, 'a', 5);
   insert into extra values ('x'), ('x')`,
] as const

test('three databases that drifted become one, each with what it has, without an edit', async t => {
  const shops: TestDatabase[] = []
  for (const script of SHOPS) {
    const shop = await newDatabase(t)
    await shop.script(script)
    shops.push(shop)
  }
  const folder = workFolder(t)
  const target = await newDatabase(t)
  const init = ['init', ...shops.map(shop => shop.url), '--out', 'shop', '--target', target.url]
  const { json: made } = await rehouseHereJson<InitResult>(init, { folder })
  const passwordOf = (url: string): string => decodeURIComponent(new URL(url).password)
  const env = { LEGACY_PASSWORD: passwordOf(shops[0]?.url ?? ''), TARGET_PASSWORD: passwordOf(target.url) }
  const where = { folder: join(folder, 'shop'), env }

  await t.test('what differs is said with a code, by table, column and source', () => {
    const said = made.findings
      .filter(({ code }) => code.startsWith('INIT_DRIFT'))
      .map(({ code, where }) => `${code} ${where.table} ${where.column ?? ''}`.trim())
    assert.deepEqual(new Set(said), new Set(EXPECTED_DRIFT))
    const absent = made.findings.find(({ code, where }) => code === 'INIT_DRIFT_TABLE' && where.table === 'public.extra')
    for (const shop of shops.slice(0, 2)) assert.ok(absent?.message.includes(shop.name))
  })

  const first = await rehouseHereJson<MigrateResult>(['migrate', '--create-target'], where)
  assert.deepEqual(first.json.failures, [])
  assert.equal(first.json.status, 'clean', JSON.stringify(first.json.findings))
  assert.equal(first.json.totals.read, 6 + 4 + 5 + 2 + 2)
  assert.equal(first.json.totals.loaded, first.json.totals.read)

  await t.test('each tenant has its own rows, in types that hold those of all', async () => {
    const customers = await target.sql('select legacy_id, name, zip, born, level, note, vip from customer order by legacy_id, name')
    assert.deepEqual(customers, CUSTOMERS)
    const sales = await target.sql(
      'select s.legacy_id, c.name, i.code, s.amount from sale s join customer c on (c.tenant_id, c.id) = (s.tenant_id, s.customer_id) left join item i on (i.tenant_id, i.id) = (s.tenant_id, s.item_id) order by 1, 2 nulls first',
    )
    assert.deepEqual(sales, SALES)
    assert.deepEqual(await target.sql('select what from extra'), [['x'], ['x']])
  })
  await t.test('a tenant without a table has read none of its rows, and that is said', () => {
    const lines = first.json.entities.filter(line => line.entity === 'voucher')
    assert.deepEqual(new Set(lines.map(line => line.read)), new Set([2, 0]))
    const absent = first.json.findings.filter(({ code }) => code === 'SOURCE_TABLE_ABSENT')
    assert.deepEqual(new Set(absent.map(finding => finding.where.entity)), new Set(['voucher', 'extra']))
    assert.ok(absent.every(finding => finding.severity === 'info'))
  })
  await t.test('one tenant alone migrates too, though only another has the table', async () => {
    const { json, status } = await rehouseHereJson<MigrateResult>(['migrate', '--tenant', shops[1]?.name ?? ''], where)
    assert.equal(status, 0)
    assert.equal(json.totals.read, json.totals.unchanged)
  })
  await t.test('a rerun changes nothing', async () => {
    const again = await rehouseHereJson<MigrateResult>(['migrate'], where)
    assert.equal(again.status, 0)
    assert.equal(again.json.totals.unchanged, first.json.totals.read)
  })
  await t.test('a tenant that gets the table later has its rows then', async () => {
    await shops[1]?.script(
      "create table voucher (id integer primary key, sale_id integer references sale, text varchar(5)); insert into voucher values (7, 3, 'late')",
    )
    const later = await rehouseHereJson<MigrateResult>(['migrate'], where)
    assert.equal(later.json.totals.loaded, 1)
  })
  await t.test('the tenants are the databases, and the address is one for all of them', () => {
    const names = shops.map(shop => shop.name)
    assert.deepEqual(
      readFileSync(join(folder, 'shop', 'tenants.csv'), 'utf8')
        .trim()
        .split('\n'),
      ['code,id,name,zone,database', ...names.map(name => `${name},${tenantId(name)},${name},,${name}`)],
    )
  })
})

const EXPECTED_DRIFT = [
  'INIT_DRIFT_TABLE public.voucher',
  'INIT_DRIFT_TABLE public.extra',
  'INIT_DRIFT_TYPE public.customer id',
  'INIT_DRIFT_TYPE public.customer name',
  'INIT_DRIFT_TYPE public.customer zip',
  'INIT_DRIFT_TYPE public.customer born',
  'INIT_DRIFT_TYPE public.customer level',
  'INIT_DRIFT_TYPE public.item price',
  'INIT_DRIFT_TYPE public.sale customer_id',
  'INIT_DRIFT_TYPE public.sale amount',
  'INIT_DRIFT_COLUMN public.customer note',
  'INIT_DRIFT_COLUMN public.customer vip',
  'INIT_DRIFT_NULL public.customer name',
  'INIT_DRIFT_REFERENCE public.sale item_code',
]

const CUSTOMERS = [
  ['-1', null, '1', null, null, 'other', null],
  ['1', 'A much longer name than twenty', '01234-AB', '1999-12-31 23:59:59', '100000', null, 't'],
  ['1', 'Ann', '12345', '2000-02-29 00:00:00', '1', 'n', null],
  ['1', 'Cy', '2', '1900-01-01 00:00:00', '1', null, null],
  ['2', 'Bob', null, null, null, null, null],
  ['9223372036854775807', 'Max', null, null, null, null, 'f'],
]

const SALES = [
  ['1', null, 'a', '5.0000'],
  ['1', 'Ann', 'A', '123456.7800'],
  ['1', 'Max', 'A', '0.0001'],
  ['2', 'Bob', null, null],
  ['3', 'A much longer name than twenty', 'A', '1.0000'],
]
