import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import fc from 'fast-check'
import { RehouseError } from '../../../src/errors.ts'
import { loadManifest } from '../../../src/manifest/load-manifest.ts'
import { checkManifest, readManifest } from '../../../src/manifest/read-manifest.ts'
import { example, findingsOf, manifest } from './support.ts'

const folder = mkdtempSync(join(tmpdir(), 'rehouse-manifest-'))
after(() => rmSync(folder, { recursive: true }))

/** Of CPU: other processes of the machine must not decide. */
const MOST_SECONDS = 10

/** Whatever the text is: findings with places, soon; or RehouseError. */
function refused(text: string): readonly string[] {
  const before = process.cpuUsage()
  const { mapping, findings } = checkManifest({ file: 'f.yaml', text, options: { set: {} } })
  assert.ok(process.cpuUsage(before).user < MOST_SECONDS * 1e6, 'took too long')
  assert.equal(mapping, null)
  assert.ok(findings.length >= 1 && findings.length <= 100)
  for (const { where, message, next } of findings) {
    assert.ok(where.file === 'f.yaml' && Number(where.line) >= 1 && Number(where.column) >= 1)
    assert.ok(message.length > 0 && message.length < 1000 && next.length > 0 && next.length < 1000, message)
    assert.doesNotMatch(message + next, /[\p{Cc}\p{Cs}]/u)
  }
  if (text.length < 100_000) assert.throws(() => readManifest({ file: 'f.yaml', text, options: { set: {} } }), RehouseError)
  return findings.map(({ code }) => code)
}

const many = (times: number, of: (i: number) => string): string => Array.from({ length: times }, (_, i) => of(i)).join('')
const bomb = `a: &a0 [x, x, x, x, x, x, x, x, x]\n${many(30, i => `a${i + 1}: &a${i + 1} [*a${i}, *a${i}, *a${i}, *a${i}, *a${i}]\n`)}`
const mergeBomb = `a0: &a0 { ${many(50, i => `k${i}: v, `)} }\n${many(60, i => `a${i + 1}: &a${i + 1} { <<: [*a${i}, *a${i}], x: *a${i} }\n`)}`

const HOSTILE: Readonly<Record<string, string>> = {
  'an empty text': '',
  blanks: ' \n\n   \n',
  'a comment': '# nothing\n',
  'only ---': '---\n',
  'a text': 'hello',
  'a number': '42',
  'a list': '- a\n- b\n',
  'two documents': 'a: 1\n---\nb: 2\n',
  '100 000 open brackets': `migration: ${'['.repeat(100_000)}`,
  '100 000 closed brackets': `migration: ${'['.repeat(100_000)}${']'.repeat(100_000)}`,
  '100 000 open braces': `migration: ${'{a: '.repeat(100_000)}`,
  '100 000 nested lists': '- '.repeat(100_000),
  '100 000 nested complex keys': '? '.repeat(100_000),
  '1 500 levels of indentation': many(1500, i => `${' '.repeat(i)}a:\n`),
  'more levels than there are': `entities: ${'{ a: '.repeat(70)}x${' }'.repeat(70)}`,
  'an alias bomb': bomb,
  'a merge bomb': mergeBomb,
  'an alias to itself': 'a: &a [*a]\n',
  'a merge of itself': 'a: &a { <<: *a }\n',
  'an alias to nothing': 'a: *b\n',
  'a merge of a text': 'a: { <<: text }\n',
  '10 MB of keys': many(1_000_000, i => `key${i}: 1\n`),
  '2 MB of keys': many(140_000, i => `key${i}: 1\n`),
  '2 MB of keys in braces': `a: { ${many(130_000, i => `key${i}: 1, `)} }`,
  '500 KB of the same key': 'a: 1\n'.repeat(100_000),
  '2 MB of syntax errors': 'a: }\n'.repeat(400_000),
  '2 MB of one word': 'x'.repeat(2_000_000),
  '1 MB unclosed quote': `a: "${'x\n'.repeat(500_000)}`,
  'a million empty lines': '\n'.repeat(1_000_000),
  NUL: 'migration: a\0b\n',
  'an escaped NUL': 'migration: "a\\0b"\n',
  'an escaped NUL in a key': '"a\\0b": 1\n',
  'a half surrogate': 'migration: \ud800\n',
  'an escaped half surrogate': 'migration: "\\ud800"\n',
  'a terminal escape': 'migration: "\\e[31m"\n',
  'a byte order mark and nothing': '\ufeff',
  tabs: 'a:\n\tb: 1\n',
  'a tag': 'migration: !!js/function "x"\n',
  'a binary tag': 'migration: !!binary aGk=\n',
  'a tag on a map': '!!map { migration: x }\n',
  'a tag on a key': '!!str migration: x\n',
  'an old YAML': '%YAML 1.1\n---\nmigration: no\n',
  'an unknown directive': '%FOO bar\n---\nmigration: [\n',
  'a map as key': '{ a: b }: c\n',
  'a list as key': '? [a]\n: c\n',
  'prototype names': '__proto__: { a: b }\nconstructor: x\ntoString: y\nhasOwnProperty: z\n',
  'a text that begins with @': 'migration: @x\n',
  'a stray *': 'exclude: { columns: { *.Old: { reason: x } } }\n',
}

for (const [what, text] of Object.entries(HOSTILE))
  test(`refuses ${what} with findings that have a place, never a crash or a hang`, () => {
    refused(text)
  })

test('a text of a wrong type in every place is a finding, never a crash', () => {
  const parts = [
    '5',
    'true',
    'null',
    '[]',
    '[[]]',
    '{}',
    '{ a: { b: [c] } }',
    '""',
    '"\\t"',
    '[null]',
    '{ value: 1, from: 2, ref: 3, id: 4, json: 5 }',
    '2001-01-01',
    '.nan',
    '&x y',
    '~',
  ]
  const text = example('districts')
  const values = [...text.matchAll(/(?<=: )(?:[\w./-]+|\[[^\]]*\]|\{[^{}]*\})(?=[,\s}])/g)]
  assert.ok(values.length > 50, String(values.length))
  for (const [i, found] of values.entries()) {
    const part = parts[i % parts.length] ?? ''
    const { findings, mapping } = checkManifest({
      file: 'f',
      text: text.slice(0, found.index) + part + text.slice(found.index + found[0].length),
      options: { set: {} },
    })
    assert.ok(mapping !== null || findings.length > 0)
  }
})

test('any text at all gives a mapping or findings', () => {
  const yaml = fc.array(
    fc.constantFrom(
      'migration: ',
      'entities:',
      'sources: ',
      '\n',
      '  ',
      '{ ',
      ' }',
      '[',
      ']',
      ': ',
      ', ',
      '- ',
      '&a ',
      '*a',
      '<<: ',
      '"',
      "'",
      '|\n',
      '>-\n',
      '? ',
      '!!str ',
      '#',
      'a',
      '1',
      'null',
      '%',
      '\t',
      '...',
      '---\n',
      '\\',
      '\u{1f600}',
      '=',
      '(',
      ')',
    ),
    { maxLength: 60 },
  )
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string({ unit: 'binary', maxLength: 200 }),
        yaml.map(parts => parts.join('')),
      ),
      text => {
        const { mapping, findings } = checkManifest({ file: 'f', text, options: { set: {} } })
        assert.ok(mapping === null && findings.some(({ severity }) => severity === 'error'))
      },
    ),
    { numRuns: 300 },
  )
})

test('a manifest with any one character changed gives a mapping or findings', () => {
  const text = example('districts')
  fc.assert(
    fc.property(fc.nat(text.length - 1), fc.string({ unit: 'binary', minLength: 0, maxLength: 3 }), (at, inserted) => {
      const { mapping, findings } = checkManifest({
        file: 'f',
        text: text.slice(0, at) + inserted + text.slice(at + 1),
        options: { set: {} },
      })
      assert.ok((mapping === null) === findings.some(({ severity }) => severity === 'error'))
    }),
    { numRuns: 150 },
  )
})

test('a name from the prototype of objects is a name like any other', () => {
  assert.deepEqual(findingsOf(manifest({ columns: '{ constructor: constructor, __proto__: a, toString: b }' })), [])
  assert.equal(findingsOf(manifest({ entity: '    constructor: x' }))[0]?.code, 'MANIFEST_UNKNOWN_KEY')
  assert.equal(findingsOf(manifest({ columns: '{ a: { ref: constructor, from: b } }' }))[0]?.code, 'MANIFEST_INVALID')
  assert.equal(findingsOf(manifest(), { constructor: 'x' })[0]?.code, 'USAGE')
})

test('names with quotes, emoji and SQL in them are kept as they are', () => {
  const into = `      '"pub""lic"."drop table x; --"':\n        columns: { "a\\"b; drop": name, "😀": name }`
  const { mapping } = checkManifest({ file: 'f', text: manifest({ into }), options: { set: {} } })
  const [shape] = mapping?.entities[0]?.into ?? []
  assert.deepEqual(
    [shape?.schema, shape?.table, shape?.columns.map(({ name }) => name)],
    ['pub"lic', 'drop table x; --', ['a"b; drop', '😀']],
  )
})

test('1 600 columns and 1 023 entities are read, one entity more is not', () => {
  const wide = `{ ${Array.from({ length: 1600 }, (_, i) => `c${i}: c${i}`).join(', ')} }`
  assert.deepEqual(findingsOf(manifest({ columns: wide })), [])
  const entities = (count: number): string =>
    `migration: m\nsources: { s: env:S }\nservices: { a: { url: env:A } }\nentities:\n${many(count, i => `  e${i}: { service: a, from: p.t${i}, into: { p.t${i}: { columns: { a: a } } } }\n`)}`
  assert.deepEqual(findingsOf(entities(1023)), [])
  assert.match(findingsOf(entities(1024))[0]?.message ?? '', /at most 1023/)
})

async function loadError(content: Buffer | null): Promise<RehouseError> {
  const path = join(folder, 'rehouse.yaml')
  if (content) writeFileSync(path, content)
  const error: unknown = await loadManifest(content ? path : folder, { set: {} }).then(
    () => null,
    failure => failure,
  )
  assert.ok(error instanceof RehouseError)
  return error
}

test('a file that is not UTF-8 is refused with the place of the first bad byte', async () => {
  const error = await loadError(Buffer.from('migration: m\nsources: é\xff\n', 'latin1'))
  assert.deepEqual([error.code, error.where.line, error.where.column], ['MANIFEST_UNREADABLE', 2, 10])
  const utf16 = await loadError(Buffer.from('\ufeffmigration: m\n', 'utf16le'))
  assert.equal(utf16.code, 'MANIFEST_UNREADABLE')
})

test('a file that is missing, a folder, a device or too large is refused', async () => {
  assert.equal((await loadError(null)).code, 'MANIFEST_UNREADABLE')
  assert.equal((await loadError(Buffer.alloc(9 * 1024 * 1024, 'a'))).code, 'MANIFEST_UNREADABLE')
  for (const path of [join(folder, 'nothing.yaml'), '/dev/zero']) {
    const error: unknown = await loadManifest(path, { set: {} }).then(
      () => null,
      failure => failure,
    )
    assert.ok(error instanceof RehouseError && error.code === 'MANIFEST_UNREADABLE')
  }
})

test('a manifest in a file is read, with a byte order mark too', async () => {
  const path = join(folder, 'good.yaml')
  writeFileSync(path, `\ufeff${example('smallest')}`)
  const mapping = await loadManifest(path, { set: {} })
  assert.deepEqual([mapping.migration, mapping.file], ['smallest', path])
})
