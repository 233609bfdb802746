import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'

interface LockedPackage {
  readonly version: string
  readonly integrity?: string
  readonly resolved?: string
  readonly optional?: boolean
  readonly hasInstallScript?: boolean
  readonly optionalDependencies?: Readonly<Record<string, string>>
}

const read = (file: string): unknown => JSON.parse(readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8'))
// The form npm documents for version 3 of its lock file.
const { packages } = read('package-lock.json') as { packages: Readonly<Record<string, LockedPackage>> }
const installed = Object.entries(packages).filter(([path]) => path !== '')

test('the lock file names every optional package of its packages, or `npm ci` refuses on a fresh clone', () => {
  const missing = installed.flatMap(([, { optionalDependencies = {} }]) =>
    Object.keys(optionalDependencies).filter(name => !(`node_modules/${name}` in packages)),
  )
  assert.deepEqual(missing, [])
})

test('the lock file names no registry, and a checksum for everything that is installed here', () => {
  assert.deepEqual(
    installed.filter(([, { resolved }]) => resolved?.startsWith('http')).map(([path]) => path),
    [],
  )
  assert.deepEqual(
    installed.filter(([, { integrity, optional }]) => integrity === undefined && !optional).map(([path]) => path),
    [],
  )
})

test('every dependency is pinned to one version', () => {
  const project = read('package.json') as Readonly<Record<string, Readonly<Record<string, string>>>>
  const ranges = ['dependencies', 'devDependencies', 'optionalDependencies'].flatMap(kind => Object.entries(project[kind] ?? {}))
  assert.ok(ranges.length > 5)
  for (const [name, version] of ranges) assert.match(version, /^(npm:@?[\w/-]+@)?\d+\.\d+\.\d+(-[\w.]+)?$/, name)
})
