import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { brokenRules, readSources } from '../../scripts/house-rules.ts'

const ROOT = dirname(dirname(dirname(fileURLToPath(import.meta.url))))

test('every import goes along an allowed arrow, there is no cycle, and files keep the house’s rules', () => {
  const files = readSources(ROOT)
  assert.ok(files.size > 20, 'expected to have read the sources')
  assert.deepEqual(brokenRules(files), [])
})

const PLANTED: readonly (readonly [string, Readonly<Record<string, string>>, RegExp])[] = [
  ['an arrow that is not allowed', { 'src/model/a.ts': `import { b } from '../run/b.ts'`, 'src/run/b.ts': '' }, /model may not import run/],
  ['an arrow of a type only', { 'src/run/a.ts': `import type { B } from '../cli/b.ts'`, 'src/cli/b.ts': '' }, /run may not import cli/],
  [
    'an arrow over several lines',
    { 'src/run/a.ts': `import {\n  b,\n  type C,\n} from '../cli/b.ts'`, 'src/cli/b.ts': '' },
    /run may not import cli/,
  ],
  ['an arrow by re-export', { 'src/base/a.ts': `export { b } from '../model/b.ts'`, 'src/model/b.ts': '' }, /base may not import model/],
  ['an arrow by a late import', { 'src/run/a.ts': `const b = await import('../cli/b.ts')`, 'src/cli/b.ts': '' }, /run may not import cli/],
  [
    'an arrow by a worker',
    { 'src/run/a.ts': `new Worker(new URL('../cli/b.ts', import.meta.url))`, 'src/cli/b.ts': '' },
    /run may not import cli/,
  ],
  [
    'one engine that knows another',
    { 'src/source/csv/a.ts': `import { b } from '../postgres/b.ts'`, 'src/source/postgres/b.ts': '' },
    /another engine/,
  ],
  [
    'a port that knows an engine',
    { 'src/source/source.ts': `import { b } from './csv/b.ts'`, 'src/source/csv/b.ts': '' },
    /another engine/,
  ],
  ['a room nobody listed', { 'src/attic/a.ts': `import { b } from '../model/b.ts'`, 'src/model/b.ts': '' }, /not in the table/],
  [
    'a cycle of type imports',
    {
      'src/run/a.ts': `import type { B } from './b.ts'`,
      'src/run/b.ts': `import type { C } from './c.ts'`,
      'src/run/c.ts': `import type { A } from './a.ts'`,
    },
    /import cycle: src\/run\/a\.ts → src\/run\/b\.ts → src\/run\/c\.ts → src\/run\/a\.ts/,
  ],
  ['a driver outside its room', { 'src/source/postgres/a.ts': `import pg from 'pg'` }, /driver pg/],
  ['product code that imports tests', { 'src/run/a.ts': `import { b } from '../../test/support/b.ts'` }, /not part of the product/],
  ['a default export', { 'src/run/a.ts': 'export default 1\n' }, /default export/],
  ['a file over the budget', { 'src/run/a.ts': '\n'.repeat(301) }, /301 lines/],
  ['a name that says nothing', { 'src/run/utils.ts': '' }, /named utils/],
  ['an index inside a room', { 'src/run/index.ts': '' }, /index inside a room/],
  ['a name not in kebab case', { 'src/run/copyWriter.ts': '' }, /kebab case/],
]

for (const [what, files, expected] of PLANTED) {
  test(`the rules catch ${what}`, () => {
    const found = brokenRules(new Map(Object.entries(files)))
    assert.equal(found.length, 1, found.join('\n'))
    assert.match(found[0] ?? '', expected)
  })
}

test('the rules let pass what is allowed, comments, and a budget with its reason', () => {
  const files = {
    'src/run/a.ts': `// import { b } from '../cli/b.ts'\n/* import '../cli/b.ts' */\nimport { readFile } from 'node:fs'\nimport { m } from '../model/m.ts'\n`,
    'src/model/m.ts': `// budget: one table\n${'\n'.repeat(400)}`,
    'src/source/csv/a.ts': `import { b } from './sub/b.ts'\nimport { s } from '../source.ts'\n`,
    'src/source/csv/sub/b.ts': '',
    'src/source/source.ts': '',
    'src/engines.ts': `import { a } from './source/csv/a.ts'\n`,
  }
  assert.deepEqual(brokenRules(new Map(Object.entries(files))), [])
})

test('CONTRIBUTING.md names every room there is', () => {
  const map = readFileSync(join(ROOT, 'CONTRIBUTING.md'), 'utf8')
  const rooms = new Set(
    [...readSources(ROOT).keys()].map(path => path.split('/')[1] ?? '').map(room => (room.endsWith('.ts') ? room : `${room}/`)),
  )
  assert.deepEqual(
    [...rooms].filter(room => !map.includes(`\`${room}\``)),
    [],
  )
})
