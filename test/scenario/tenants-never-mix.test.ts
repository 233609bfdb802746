import assert from 'node:assert/strict'
import { test } from 'node:test'
import { lookup, migrate, RehouseError } from '../../src/index.ts'
import { writeManifest } from '../fault/scene.ts'
import { newDatabase, type TestDatabase, type TestLike } from '../support/postgres.ts'

const NORTH = '6b1f0a52-0f5e-4a57-9a53-000000000001'
const SOUTH = '6b1f0a52-0f5e-4a57-9a53-000000000002'

interface Ground {
  readonly target: TestDatabase
  options(manifest?: string): Parameters<typeof migrate>[0]
}

/** Two tenants whose keys collide in part: child 1 of north refers to a parent only south has, and the other way round. One document has the same UUID in both. */
async function ground(t: TestLike, change: (manifest: string) => string = same => same): Promise<Ground> {
  const [north, south, target] = [await newDatabase(t), await newDatabase(t), await newDatabase(t)]
  const legacy = (parents: string, code: string): string => `
    create table parent (id int primary key, tenant_id uuid, name text);
    create table child (id int primary key, parent_id int, parent_code text);
    create table coded (code text primary key);
    create table document (id uuid primary key, title text);
    insert into parent select k, '${SOUTH}', '${code} ' || k from unnest(array[${parents}]) k;
    insert into child values (1, 10, 'only in south'), (2, 20, 'only in north'), (3, 1, 'both'), (4, null, null);
    insert into coded values ('both'), ('only in ${code}');
    insert into document values ('00000000-0000-4000-8000-000000000001', 'of ${code}'), (md5('${code}')::uuid, 'own');`
  await north.script(legacy('1, 20', 'north'))
  await south.script(legacy('1, 10', 'south'))
  await target.script(`
    create table parents (id uuid primary key, tenant_id uuid not null, legacy_id int not null, name text, unique (tenant_id, id));
    create table codes (id uuid primary key, tenant_id uuid not null, code text, unique (tenant_id, id));
    create table children (id uuid primary key, tenant_id uuid not null, legacy_id int not null, parent_id uuid, code_id uuid,
      foreign key (tenant_id, parent_id) references parents (tenant_id, id), foreign key (tenant_id, code_id) references codes (tenant_id, id));
    create table documents (id uuid primary key, tenant_id uuid not null, title text);`)
  const [one, two] = [new URL(await north.readerUrl()), new URL(await south.readerUrl())]
  const manifest = `
migration: never-mix
sources: { legacy: "postgres://{tenant.user}:only-for-tests@${one.host}/{tenant.database}?sslmode=disable" }
tenants:
  - { code: north, id: ${NORTH}, user: ${one.username}, database: ${one.pathname.slice(1)} }
  - { code: south, id: ${SOUTH}, user: ${two.username}, database: ${two.pathname.slice(1)} }
services: { app: { url: "${await target.writerUrl({ ownsTables: true })}", tenant_column: tenant_id } }
stop: { quarantined: 100%, errors: 100% }
exclude: { columns: { public.parent.tenant_id: { reason: ours } } }
entities:
  parent: { service: app, from: public.parent, key: id, into: { public.parents: { columns: { legacy_id: id, name: name } } } }
  coded: { service: app, from: public.coded, key: code, into: { public.codes: { columns: { code: code } } } }
  child:
    service: app
    from: public.child
    key: id
    into:
      public.children: { columns: { legacy_id: id, parent_id: { ref: parent, from: parent_id }, code_id: { ref: coded, from: parent_code } } }
  document: { service: app, from: public.document, key: id, id: keep, into: { public.documents: { columns: { title: title } } } }
`
  const file = writeManifest(t, change(manifest))
  return { target, options: (other = file) => ({ manifest: other, env: { REHOUSE_SALT: 'a salt for tests, 32 bytes long..' } }) }
}

test('a key that only another tenant has is an orphan, never a reference into that tenant', async t => {
  const { target, options } = await ground(t)
  const result = await migrate({ ...options(), entities: ['parent', 'coded', 'child'] })
  assert.deepEqual(result.failures, [])
  assert.deepEqual(await target.sql('select tenant, key, code from rehouse.quarantined order by 1, 2'), [
    ['north', '1', 'orphan'],
    ['south', '2', 'orphan'],
  ])
  const across =
    'select count(*) from children c join parents p on p.id = c.parent_id left join codes k on k.id = c.code_id where p.tenant_id <> c.tenant_id or k.tenant_id <> c.tenant_id'
  assert.deepEqual(await target.sql(across), [['0']])
  assert.deepEqual(await target.sql('select count(*), count(distinct id) from parents'), [['4', '4']])
})

test('the same key gives each tenant an identifier of its own, and a look-up answers for its own tenant only', async t => {
  const { target, options } = await ground(t)
  await migrate({ ...options(), entities: ['parent', 'coded', 'child'] })
  const ids = await target.sql('select id, tenant_id from parents where legacy_id = 1 order by tenant_id')
  const [ofNorth, ofSouth] = ids.map(row => String(row[0]))
  const ask = async (tenant: string, ids_: readonly string[]): Promise<readonly string[]> =>
    (await lookup({ ...options(), entity: 'parent', tenant, ids: ids_ })).matches.map(match => match.id)
  assert.deepEqual(await ask('north', [ofNorth ?? '', ofSouth ?? '']), [ofNorth])
  assert.deepEqual(await ask('south', [ofNorth ?? '', ofSouth ?? '']), [ofSouth])
  const byKey = await lookup({ ...options(), entity: 'parent', tenant: 'south', legacy: [['1'], ['20']] })
  assert.deepEqual(
    byKey.matches.map(match => match.id),
    [ofSouth],
  )
})

test('an identifier two sources share is kept by the first tenant only; the other’s row is refused, not merged', async t => {
  const { target, options } = await ground(t)
  const result = await migrate({ ...options(), lanes: 1 })
  assert.deepEqual(result.failures, [])
  assert.deepEqual(await target.sql(`select tenant_id, title from documents where title <> 'own'`), [[NORTH, 'of north']])
  assert.deepEqual(await target.sql(`select tenant, code from rehouse.quarantined where entity = 'document'`), [['south', 'id_taken']])
})

test('a mapping that fills the tenant’s column itself is refused', async t => {
  for (const value of ['tenant_id', `{ value: ${SOUTH} }`]) {
    const { target, options } = await ground(t, text =>
      text.replace('columns: { legacy_id: id, name: name }', `columns: { legacy_id: id, name: name, tenant_id: ${value} }`),
    )
    await assert.rejects(migrate(options()), error => {
      assert.ok(error instanceof RehouseError)
      assert.equal(error.exit, 2)
      assert.match(error.message, /tenant_id/)
      return true
    })
    assert.deepEqual(await target.sql('select count(*) from parents'), [['0']])
  }
})
