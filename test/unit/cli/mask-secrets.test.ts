import assert from 'node:assert/strict'
import { test } from 'node:test'
import { maskSecrets } from '../../../src/cli/mask-secrets.ts'

test('passwords of addresses, settings and secret environment variables are masked', () => {
  const env = { REHOUSE_SALT: 'deadbeefdeadbeef', PGPASSWORD: 'hunter22', SHORT_KEY: 'abc', HOME: '/home/ada' }
  const text = [
    'postgres://reader:p%40ss:word@db:5432/x?sslmode=require',
    'PostgreSQL://u:a/b@host/d',
    'password=hunter22 host=db',
    `password: "two words"`,
    'salt deadbeefdeadbeef in /home/ada, abc',
  ]
  assert.deepEqual(maskSecrets(text.join('\n'), env).split('\n'), [
    'postgres://reader:***@db:5432/x?sslmode=require',
    'PostgreSQL://u:***@host/d',
    'password=*** host=db',
    'password: ***',
    'salt *** in /home/ada, abc',
  ])
})
