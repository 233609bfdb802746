import assert from 'node:assert/strict'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { inspect } from 'node:util'
import fc from 'fast-check'
import { environmentOf } from '../../../src/config/environment.ts'
import { maskUrl } from '../../../src/config/mask-url.ts'
import { type AddressContext, isSourcePerTenant, resolveUrl } from '../../../src/config/resolve-url.ts'
import { Secret } from '../../../src/config/secret.ts'
import type { Tenant } from '../../../src/model/mapping.ts'
import { errorOf, workFolder, write } from './support.ts'

const folder = workFolder()
const at = { file: 'rehouse.yaml', line: 7, column: 11 }
const tenant: Tenant = { code: 'north', id: '', name: 'North', zone: null, columns: { code: 'north', DatabaseName: 'north/2 x' } }

function context(env: Readonly<Record<string, string>> = {}, changes: Partial<AddressContext> = {}): AddressContext {
  return { environment: environmentOf(env), manifestFolder: folder, side: 'source', tenant: null, ...changes }
}

const ref = (url: string) => ({ name: 'legacy', url, at })

/** The address for the driver. */
function resolved(url: string, env: Readonly<Record<string, string>> = {}, changes: Partial<AddressContext> = {}): string {
  const address = resolveUrl(ref(url), context(env, changes))
  return address.kind === 'postgres' ? address.url.reveal() : address.label
}

test('an address, or what env: and file: refer to, is resolved; a line end of a file is not part of it', () => {
  assert.equal(resolved('postgres://u@h/d'), 'postgres://u@h/d')
  assert.equal(resolved('env:DB', { DB: ' postgresql://u:p@h:1/d \n' }), 'postgres://u:p@h:1/d')
  mkdirSync(join(folder, 'secrets'))
  write(folder, 'secrets/db.url', 'postgres://u:p@h/d\r\n')
  assert.equal(resolved('file:secrets/db.url'), 'postgres://u:p@h/d')
  assert.equal(resolved(`file:${join(folder, 'secrets/db.url')}`), 'postgres://u:p@h/d')
  assert.equal(resolved(`file://${join(folder, 'secrets/db.url')}`), 'postgres://u:p@h/d')
})

test('a password alone can be a reference, also behind a reference, and odd characters in it are encoded', () => {
  const env = { PW: 'p@ss/w:rd#?%' }
  const address = `postgres://reader:${encodeURIComponent(env.PW)}@h/d`
  assert.equal(resolved('postgres://reader:env:PW@h/d', env), address)
  assert.equal(resolved('env:DB', { ...env, DB: 'postgres://reader:env:PW@h/d' }), address)
  write(folder, 'pw', `${env.PW}\n`)
  assert.equal(resolved('postgres://reader:file:./pw@h/d'), address)
  assert.equal(resolved('postgres://reader@h/d?password=env:PW', env), `postgres://reader@h/d?password=${encodeURIComponent(env.PW)}`)
})

test('REHOUSE_SOURCE_<NAME> and REHOUSE_SERVICE_<NAME> are over the manifest', () => {
  const env = { REHOUSE_SOURCE_LEGACY: 'postgres://source/d', REHOUSE_SERVICE_LEGACY: 'env:OTHER', OTHER: 'postgres://service/d' }
  assert.equal(resolved('postgres://h/d', env), 'postgres://source/d')
  assert.equal(resolved('postgres://h/d', env, { side: 'service' }), 'postgres://service/d')
})

test('{tenant.X} is filled in, percent-encoded, in addresses, behind references and in references', () => {
  const env = { DB: 'postgres://h/{tenant.DatabaseName}', DB_north: 'postgres://north/d' }
  assert.equal(resolved('postgres://h/{tenant.DatabaseName}', {}, { tenant }), 'postgres://h/north/2%20x')
  assert.equal(resolved('env:DB', env, { tenant }), 'postgres://h/north/2%20x')
  assert.equal(resolved('env:DB_{tenant.code}', env, { tenant }), 'postgres://north/d')
})

test('a tenant’s missing column is named, with tenant and place', () => {
  const error = errorOf('TENANT_INVALID', () => resolved('postgres://h/{tenant.Databse}', {}, { tenant }))
  assert.match(error.message, /`Databse`/)
  assert.match(error.next, /code, DatabaseName/)
  assert.deepEqual(error.where, { ...at, tenant: 'north' })
  errorOf('MANIFEST_INVALID', () => resolved('postgres://h/{tenant.code}'))
})

test('isSourcePerTenant looks through references', () => {
  const env = { DB: 'postgres://h/{tenant.X}', ONE: 'postgres://h/d' }
  for (const [url, expected] of [
    ['postgres://h/{tenant.X}', true],
    ['env:DB', true],
    ['env:ONE', false],
    ['env:DB_{tenant.X}', true],
    ['postgres://h/d', false],
  ] as const)
    assert.equal(isSourcePerTenant(ref(url), context(env)), expected, url)
  assert.equal(isSourcePerTenant(ref('postgres://h/d'), context({ REHOUSE_SOURCE_LEGACY: 'env:DB', ...env })), true)
})

test('what is missing is named with the place in the manifest', () => {
  const variable = errorOf('CONFIG_MISSING', () => resolved('env:STUDENT_DB'))
  assert.deepEqual(variable.where, at)
  assert.match(variable.message, /STUDENT_DB in the environment/)
  assert.match(variable.next, /STUDENT_DB.*--env-file/)
  const file = errorOf('CONFIG_MISSING', () => resolved('file:nothing'))
  assert.ok(file.message.includes(join(folder, 'nothing')))
  assert.match(file.next, /chmod 600/)
  write(folder, 'empty', '\n')
  errorOf('CONFIG_MISSING', () => resolved('file:empty'))
  errorOf('CONFIG_MISSING', () => resolved('postgres://u:env:NO_PW@h/d'))
  errorOf('CONFIG_MISSING', () => resolved('postgres://h/d?sslmode=verify-full&sslrootcert=no.pem'))
  errorOf('CONFIG_INVALID', () => resolved('file:.'))
  errorOf('CONFIG_INVALID', () => resolved('file:/dev/zero'))
  errorOf('MANIFEST_INVALID', () => resolved('env:NOT-A-NAME'))
})

test('embedded:NAME is a database of the built-in server', () => {
  assert.deepEqual(resolveUrl(ref('embedded:'), context()), { kind: 'embedded', database: 'rehouse', label: 'embedded:rehouse' })
  assert.deepEqual(resolveUrl(ref('env:DB'), context({ DB: 'embedded:students' })), {
    kind: 'embedded',
    database: 'students',
    label: 'embedded:students',
  })
  errorOf('MANIFEST_INVALID', () => resolved('embedded:No Such; DROP'))
})

test('what is not built yet is refused by name, an unknown scheme with the list', () => {
  for (const url of ['files:folder', 'sqlserver://h/d', 'mysql://h/d', 'sqlite:a.db'])
    assert.match(errorOf('MANIFEST_NOT_SUPPORTED', () => resolved('env:DB', { DB: url })).message, /not supported yet/)
  const error = errorOf('MANIFEST_INVALID', () => resolved('env:DB', { DB: 'postgre://u:hunter2@h/d' }))
  assert.match(error.message, /did you mean postgres/)
  assert.match(error.next, /postgres:\/\/…, postgresql:\/\/…, embedded:NAME, bacpac:FILE, pgdump:FILE, csv:FOLDER, env:NAME or file:PATH/)
  assert.ok(!JSON.stringify([error.message, error.next]).includes('hunter2'))
  errorOf('MANIFEST_INVALID', () => resolved('env:DB', { DB: 'no address at all' }))
})

test('a file is found beside the manifest, %XX decoded, with its options', () => {
  const address = resolveUrl(ref('csv:exports/a%20b%25?delimiter=%3B&null='), context())
  assert.deepEqual(address, {
    kind: 'file',
    scheme: 'csv',
    path: join(folder, 'exports/a b%'),
    options: new Map([
      ['delimiter', ';'],
      ['null', ''],
    ]),
    label: 'csv:exports/a b%',
  })
  for (const url of ['bacpac:', 'bacpac:100%.bacpac', 'csv:a?b', 'csv:a?x=1&x=2', 'pgdump:a%00b'])
    errorOf('MANIFEST_INVALID', () => resolved(url))
})

test('a file is a source only', () => {
  const error = errorOf('MANIFEST_INVALID', () => resolveUrl(ref('bacpac:a.bacpac'), { ...context(), side: 'service' }))
  assert.match(error.message, /expected a database as service .* got a BACPAC file/)
})

test('a tenant’s column names files below the folder of the address, and cannot lead out of it', () => {
  const of = (stem: string): ReturnType<typeof resolveUrl> =>
    resolveUrl(ref('bacpac:exports/{tenant.stem}.bacpac'), { ...context(), tenant: { ...tenant, columns: { stem } } })
  const found = of('north/Bezirk 7?')
  assert.equal(found.kind === 'file' && found.path, join(folder, 'exports/north/Bezirk 7?.bacpac'))
  for (const stem of ['../x', 'a/../../x', '/etc/x', 'C:x', 'a\\..\\x']) errorOf('TENANT_INVALID', () => of(stem))
})

test('TLS follows sslmode, certificates are found beside the manifest', () => {
  write(folder, 'root.pem', 'ROOT')
  const address = resolveUrl(ref('postgres://u@h/d?sslmode=verify-full&sslrootcert=root.pem'), context())
  assert.ok(address.kind === 'postgres')
  assert.deepEqual(address.tls, [{ ca: 'ROOT', rejectUnauthorized: true }])
})

test('no message, label or dump of an address shows a password', () => {
  const address = resolveUrl(ref('env:DB'), context({ DB: 'postgres://u:hunter2@h:5433/d?password=hunter2' }))
  for (const text of [
    inspect(address, { depth: 9, showHidden: true }),
    JSON.stringify(address),
    `${address.label}`,
    String(address.kind === 'postgres' && address.url),
  ])
    assert.ok(!text.includes('hunter2'), text)
  assert.equal(address.label, 'postgres://u@h:5433/d')
  for (const url of [
    'postgres://u:hunter2@h@x/d',
    'postgres://u:hunter2@h:x/d',
    'postgres://u:hunter2@h/d?foo=1',
    'hunter2',
    'foo://u:hunter2@h',
  ]) {
    const error = errorOf('MANIFEST_INVALID', () => resolved('env:DB', { DB: url }))
    assert.ok(!inspect(error, { depth: 9 }).includes('hunter2'), inspect(error))
  }
})

test('a secret is •••• as text, as JSON and in the inspector, and only revealed on request', () => {
  const secret = new Secret('hunter2')
  assert.deepEqual(
    [`${secret}`, JSON.stringify({ secret }), inspect({ secret }), inspect(secret, { showHidden: true })],
    ['••••', '{"secret":"••••"}', '{ secret: •••• }', '••••'],
  )
  assert.deepEqual([Object.keys(secret), secret.reveal()], [[], 'hunter2'])
})

test('a masked address shows scheme, user, host, port and database only', () => {
  assert.equal(maskUrl('postgres://reader:pw@db.example:5432/learning?sslmode=require'), 'postgres://reader@db.example:5432/learning')
  assert.equal(maskUrl('postgres://reader:pw@[::1]:5432/x'), 'postgres://reader@[::1]:5432/x')
  assert.equal(maskUrl('postgres://h/{tenant.DatabaseName}'), 'postgres://h/…'.replace('…', '{tenant.DatabaseName}'))
  assert.deepEqual(['env:STUDENT_DB', 'embedded:x', 'bacpac:a b', 'nothing'].map(maskUrl), [
    'env:STUDENT_DB',
    'embedded:x',
    'bacpac:…',
    '…',
  ])
})

test('a masked address never shows a password, whatever characters it has', () => {
  const password = fc.string({ unit: 'grapheme', minLength: 3, maxLength: 12 }).map(text => `Zq${text}qZ`)
  const shape = fc.constantFrom(
    (pw: string) => `postgres://u:${pw}@h:1/d`,
    (pw: string) => `postgres://u:${pw}@h/d?a=b@c`,
    (pw: string) => `postgres://h/d?password=${pw}`,
    (pw: string) => `postgres://:${pw}@/d`,
    (pw: string) => `sqlserver://sa:${pw}@h;database=x`,
  )
  fc.assert(
    fc.property(password, shape, (pw, make) => {
      const label = maskUrl(make(pw))
      assert.ok(!label.includes('Zq') && !label.includes('qZ'), label)
    }),
    { numRuns: 2000 },
  )
})

test('the address for staging is that of the manifest or of REHOUSE_STAGING, a database only', () => {
  const side = { side: 'staging' } as const
  assert.equal(resolved('postgres://u@h/d', {}, side), 'postgres://u@h/d')
  assert.equal(resolved('postgres://u@h/d', { REHOUSE_STAGING: 'env:OTHER', OTHER: 'postgres://u@i/e' }, side), 'postgres://u@i/e')
  errorOf('MANIFEST_INVALID', () => resolved('csv:folder', {}, side))
})
