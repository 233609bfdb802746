import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import pg from 'pg'
import { postgresAddress } from '../../../src/base/postgres-address.ts'

const FILES: Readonly<Record<string, string>> = { 'root.pem': 'ROOT', 'client.pem': 'CLIENT', 'client.key': 'KEY' }

function readFile(path: string): string {
  const text = FILES[path]
  if (text === undefined) throw new Error(`no ${path}`)
  return text
}

const read = (address: string) => postgresAddress(address, readFile)

/** What `sslmode` gives: plain, any certificate, or which checks. */
function tls(address: string): readonly string[] {
  return read(address).tls.map(options => {
    if (options === false) return 'plain'
    if (options.rejectUnauthorized === false) return 'any'
    return `${options.ca === undefined ? 'known' : String(options.ca)} ${options.checkServerIdentity ? 'any name' : 'its name'}`
  })
}

test('sslmode means what libpq means by it', () => {
  const at = 'postgres://u:p@db.example/d'
  assert.deepEqual(tls(`${at}?sslmode=disable`), ['plain'])
  assert.deepEqual(tls(`${at}?sslmode=allow`), ['plain', 'any'])
  assert.deepEqual(tls(`${at}?sslmode=prefer`), ['any', 'plain'])
  assert.deepEqual(tls(`${at}?sslmode=require`), ['any'])
  assert.deepEqual(tls(`${at}?sslmode=require&sslrootcert=root.pem`), ['ROOT any name'])
  assert.deepEqual(tls(`${at}?sslmode=verify-ca&sslrootcert=root.pem`), ['ROOT any name'])
  assert.deepEqual(tls(`${at}?sslmode=verify-full&sslrootcert=root.pem`), ['ROOT its name'])
  assert.deepEqual(tls(`${at}?sslmode=verify-full`), ['known its name'])
  assert.deepEqual(tls(`${at}?sslrootcert=system`), ['known its name'])
})

test('without sslmode TLS is preferred, to this machine allowed, over a socket never spoken', () => {
  assert.deepEqual(tls('postgres://u@db.example/d'), ['any', 'plain'])
  for (const host of ['localhost', '127.0.0.1', '[::1]']) assert.deepEqual(tls(`postgres://u@${host}/d`), ['plain', 'any'])
  assert.deepEqual(tls('postgres:///d?host=/run/postgresql&sslmode=require'), ['plain'])
  assert.deepEqual(tls('postgres://%2Frun%2Fpostgresql/d'), ['plain'])
})

test('client certificates are read and given to the driver', () => {
  const [options] = read('postgres://u@h/d?sslmode=require&sslcert=client.pem&sslkey=client.key&sslpassword=pw').tls
  assert.deepEqual(options, { cert: 'CLIENT', key: 'KEY', passphrase: 'pw', rejectUnauthorized: false })
})

test('the address for the driver has no ssl parameter left that would mean something else to it', () => {
  const { url } = read('postgresql://u:p@h:5433/d?sslmode=require&sslrootcert=root.pem&options=-c%20x%3D1&connect_timeout=3')
  assert.equal(url, 'postgres://u:p@h:5433/d?options=-c%20x%3D1')
  const client = new pg.Client({ connectionString: url, ssl: { rejectUnauthorized: false } })
  assert.deepEqual(
    [client.host, client.port, client.user, client.password, client.database, client.ssl],
    ['h', 5433, 'u', 'p', 'd', { rejectUnauthorized: false }],
  )
})

test('the driver sees user, password and database as they were meant', () => {
  const names = fc
    .string({ unit: 'grapheme', minLength: 1, maxLength: 20 })
    .filter(text => !/[?#\0\r\n\t]|(?:^|\/)\.{1,2}(?:\/|$)/.test(text))
  fc.assert(
    fc.property(names, names, names, (user, password, database) => {
      const { url } = read(`postgres://${encodeURIComponent(user)}:${encodeURIComponent(password)}@h/${encodeURIComponent(database)}`)
      const client = new pg.Client({ connectionString: url, ssl: false })
      assert.deepEqual([client.user, client.password, client.database], [user, password, database])
    }),
  )
})

const WRONG: readonly (readonly [address: string, says: RegExp])[] = [
  ['postgres://u:p@ss@h/d', /percent-encoded/],
  ['postgres://u:p/ss@h/d', /percent-encoded/],
  ['postgres://u:p#ss@h/d', /percent-encoded/],
  ['postgres:h/d', /percent-encoded/],
  ['postgres://u:%zz@h/d', /two hexadecimal digits/],
  ['postgres://h1,h2/d', /one host/],
  ['postgres://h:0/d', /a port/],
  ['postgres://h:65536/d', /a port/],
  ['postgres://h:port/d', /HOST:PORT|percent-encoded/],
  ['postgres://h/d%3Fx', /without \?, #/],
  ['postgres://h/a/%2e%2e/b', /parts of dots/],
  ['postgres://h/d?sslmod=require', /did you mean sslmode/],
  ['postgres://h/d?channel_binding=require', /a known parameter/],
  ['postgres://h/d?sslmode=no-verify', /one of disable, allow, prefer, require, verify-ca, verify-full/],
  ['postgres://h/d?sslmode=verify-ca', /sslrootcert beside/],
  ['postgres://h/d?sslmode=require&sslrootcert=system', /verify-full beside sslrootcert=system/],
  ['postgres://h/d?sslmode=require&sslcert=client.pem', /sslcert and sslkey together/],
  ['postgres://h/d?sslmode=require&sslmode=disable', /once/],
]

for (const [address, says] of WRONG)
  test(`refuses ${address} without showing it`, () => {
    assert.throws(
      () => read(address),
      (error: unknown) =>
        error instanceof RangeError &&
        says.test(error.message) &&
        /^expected .*, got/.test(error.message) &&
        !error.message.includes('ss@'),
    )
  })

test('what reading a certificate throws goes through', () => {
  assert.throws(() => read('postgres://h/d?sslmode=verify-full&sslrootcert=missing.pem'), { message: 'no missing.pem' })
})
