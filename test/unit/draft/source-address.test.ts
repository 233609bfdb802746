import assert from 'node:assert/strict'
import { test } from 'node:test'
import { addressPattern, type GivenSource } from '../../../src/draft/source-address.ts'
import { tenantsText } from '../../../src/draft/tenants-text.ts'
import { RehouseError } from '../../../src/errors.ts'

const file = (path: string, stem: string, rest: Partial<Extract<GivenSource, { kind: 'file' }>> = {}): GivenSource => ({
  kind: 'file',
  code: stem,
  scheme: 'bacpac',
  path,
  stem,
  query: '',
  ...rest,
})
const server = (address: string, code = address.split('/').at(-1) ?? ''): GivenSource => ({ kind: 'postgres', code, address })

test('files have one address, relative to the manifest, and a column for what differs', () => {
  const found = addressPattern([file('/data/exports/north.bacpac', 'north'), file('/data/exports/old/south.bacpac', 'south')], '/data/shop')
  assert.equal(found.address, 'bacpac:../exports/{tenant.file}.bacpac')
  assert.deepEqual(found.columns, [{ file: 'north' }, { file: 'old/south' }])
})

test('a file beside the manifest, other endings, options and odd characters in a folder', () => {
  assert.equal(addressPattern([file('/d/a.bacpac', 'a')], '/d').address, 'bacpac:{tenant.file}.bacpac')
  const mixed = addressPattern([file('/d/a.sql', 'a', { scheme: 'pgdump' }), file('/d/b.sql.gz', 'b', { scheme: 'pgdump' })], '/d')
  assert.deepEqual([mixed.address, mixed.columns], ['pgdump:{tenant.file}', [{ file: 'a.sql' }, { file: 'b.sql.gz' }]])
  const odd = addressPattern([file('/50% {of}?/x', 'x', { scheme: 'csv', query: 'encoding=latin1' })], '/d')
  assert.equal(odd.address, 'csv:../50%25 %7Bof%7D%3F/{tenant.file}?encoding=latin1')
})

test('databases of one server have one address, with the database as a column, also where there is only one', () => {
  const found = addressPattern(
    [server('postgres://reader@host:5433/north?sslmode=require'), server('postgres://reader@host:5433/s%20uth?sslmode=require')],
    '/d',
  )
  assert.equal(found.address, 'postgres://reader@host:5433/{tenant.database}?sslmode=require')
  assert.deepEqual(found.columns, [{ database: 'north' }, { database: 's uth' }])
  assert.equal(addressPattern([server('postgres://h/one')], '/d').address, 'postgres://h/{tenant.database}')
})

test('what differs besides becomes a column of its own', () => {
  const found = addressPattern([server('postgres://a@h1:1/x'), server('postgres://b@h2:2/y')], '/d')
  assert.equal(found.address, 'postgres://{tenant.user}@{tenant.host}:{tenant.port}/{tenant.database}')
  assert.deepEqual(found.columns[1], { user: 'b', host: 'h2', port: '2', database: 'y' })
})

test('no password goes into a file: one variable where all have the same, else one for each tenant', () => {
  const same = addressPattern([server('postgres://u:s3cret@h/a'), server('postgres://u:s3cret@h/b')], '/d')
  assert.equal(same.address, 'postgres://u:env:LEGACY_PASSWORD@h/{tenant.database}')
  assert.match(same.findings[0]?.next ?? '', /export LEGACY_PASSWORD=/)
  const others = addressPattern([server('postgres://u:s3cret@h/a-1'), server('postgres://u:an0ther@h/b')], '/d')
  assert.equal(others.address, 'postgres://u:env:{tenant.password_env}@h/{tenant.database}')
  assert.deepEqual(
    others.columns.map(of => of.password_env),
    ['LEGACY_PASSWORD_A_1', 'LEGACY_PASSWORD_B'],
  )
  const parameter = addressPattern([server('postgres://u@h/a?password=s3cret&sslmode=disable', 'a')], '/d')
  assert.equal(parameter.address, 'postgres://u@h/{tenant.database}?sslmode=disable&password=env:LEGACY_PASSWORD')
  for (const pattern of [same, others, parameter]) assert.doesNotMatch(JSON.stringify(pattern), /s3cret|an0ther/)
  const kept = addressPattern([server('postgres://u:env:PW@h/a')], '/d')
  assert.deepEqual([kept.address, kept.findings], ['postgres://u:env:PW@h/{tenant.database}', []])
})

test('references stay references', () => {
  const reference = (address: string): GivenSource => ({ kind: 'reference', code: address, address })
  assert.equal(addressPattern([reference('env:LEGACY')], '/d').address, 'env:LEGACY')
  const several = addressPattern([reference('env:A'), reference('env:B')], '/d')
  assert.deepEqual([several.address, several.columns], ['env:{tenant.variable}', [{ variable: 'A' }, { variable: 'B' }]])
})

test('sources that no one address can stand for are refused', () => {
  const refused = (sources: readonly GivenSource[]): void => {
    assert.throws(
      () => addressPattern(sources, '/d'),
      (error: unknown) => error instanceof RehouseError && error.code === 'USAGE',
    )
  }
  refused([file('/d/a.bacpac', 'a'), server('postgres://h/x')])
  refused([file('/d/a.bacpac', 'a'), file('/d/b.sql', 'b', { scheme: 'pgdump' })])
  refused([server('postgres://h/x?sslmode=require'), server('postgres://h/y')])
  refused([server('postgres://h/x'), server('postgres://h2:5/y')])
})

test('tenants.csv is CSV whatever it holds', () => {
  const text = tenantsText([{ code: 'a,"b', id: '1', name: ' x', columns: { file: 'line\nbreak' } }])
  assert.equal(text, 'code,id,name,zone,file\n"a,""b",1," x",,"line\nbreak"\n')
})
