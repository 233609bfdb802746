import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { chmodSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { environmentOf } from '../../../src/config/environment.ts'
import { loadSalt } from '../../../src/config/salt.ts'
import { errorOf, workFolder } from './support.ts'

const root = workFolder()

function folder(name: string): string {
  const path = join(root, name)
  mkdirSync(path)
  return path
}

const load = (manifestFolder: string, env: Readonly<Record<string, string>> = {}) => loadSalt({ manifestFolder, env: environmentOf(env) })
const salted = (value: string) => load(root, { REHOUSE_SALT: value }).salt

test('REHOUSE_SALT is decoded from hexadecimal or base64, any other text of 16 characters is taken as it is', () => {
  const bytes = Buffer.from(Array.from({ length: 32 }, (_, i) => i * 7))
  assert.deepEqual(salted(bytes.toString('hex')), bytes)
  assert.deepEqual(salted(bytes.toString('hex').toUpperCase()), bytes)
  assert.deepEqual(salted(`${bytes.toString('base64')}\n`), bytes)
  assert.deepEqual(salted('a salt for tests'), Buffer.from('a salt for tests'))
  assert.deepEqual(salted('0123456789abcdef'), Buffer.from('0123456789abcdef'))
  assert.equal(load(root, { REHOUSE_SALT: 'a salt for tests' }).origin, 'environment')
})

test('a salt that is too short is refused without showing it', () => {
  const error = errorOf('CONFIG_INVALID', () => salted('hunter2'))
  assert.ok(!error.message.includes('hunter2') && /at least 16 characters in REHOUSE_SALT, got 7/.test(error.message))
})

test('without it 32 bytes are made once, readable by their owner only, and found again', () => {
  const place = folder('fresh')
  const first = load(place)
  assert.deepEqual([first.origin, first.salt.length], ['created', 32])
  assert.deepEqual([statSync(join(place, '.rehouse')).mode & 0o777, statSync(join(place, '.rehouse/salt')).mode & 0o777], [0o700, 0o600])
  assert.deepEqual(readdirSync(join(place, '.rehouse')), ['salt'])
  assert.deepEqual(load(place), { salt: first.salt, origin: 'file' })
  const file = readFileSync(join(place, '.rehouse/salt'))
  assert.deepEqual(salted(file.toString('base64')), first.salt)
})

test('two processes at once get the same salt', async () => {
  const place = folder('race')
  const script = `import { loadSalt } from ${JSON.stringify(new URL('../../../src/config/salt.ts', import.meta.url).href)}
    while (Date.now() < Number(process.argv[1])) {}
    const { salt, origin } = loadSalt({ manifestFolder: ${JSON.stringify(place)}, env: { get: () => null, places: '' } })
    process.stdout.write(origin + ' ' + salt.toString('hex'))`
  const start = String(Date.now() + 1500)
  const outputs = await Promise.all(
    Array.from({ length: 3 }, () => {
      const child = spawn(process.execPath, ['--input-type=module', '--eval', script, start], { stdio: ['ignore', 'pipe', 'inherit'] })
      let text = ''
      child.stdout.on('data', chunk => {
        text += chunk
      })
      return new Promise<string>(resolve => child.on('close', () => resolve(text)))
    }),
  )
  assert.equal(new Set(outputs.map(text => text.split(' ')[1])).size, 1, outputs.join('\n'))
  assert.equal(outputs.filter(text => text.startsWith('created')).length, 1, outputs.join('\n'))
  assert.deepEqual(readdirSync(join(place, '.rehouse')), ['salt'])
})

test('a salt of another length, or one that cannot be read, is refused, never replaced', () => {
  const place = folder('broken')
  mkdirSync(join(place, '.rehouse'))
  writeFileSync(join(place, '.rehouse/salt'), 'short')
  const error = errorOf('CONFIG_INVALID', () => load(place))
  assert.match(error.message, /32 bytes .* got 5/)
  assert.equal(readFileSync(join(place, '.rehouse/salt'), 'utf8'), 'short')
  const odd = folder('odd')
  mkdirSync(join(odd, '.rehouse/salt'), { recursive: true })
  errorOf('CONFIG_INVALID', () => load(odd))
})

test('a folder that cannot be written is an error that says so', {
  skip: process.getuid?.() === 0 ? 'root may write everywhere' : false,
}, () => {
  const place = folder('locked')
  chmodSync(place, 0o500)
  errorOf('CONFIG_INVALID', () => load(place))
  chmodSync(place, 0o700)
})

test('a file in the place of the work folder is an error that says so', () => {
  const place = folder('blocked')
  writeFileSync(join(place, '.rehouse'), '')
  errorOf('CONFIG_INVALID', () => load(place))
})
