import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkManifest } from '../../../src/manifest/read-manifest.ts'
import { example, findingsOf, manifest } from './support.ts'

/** What one wrong thing gives: code, place, and what message and way out must say. */
interface Wrong {
  readonly code: string
  readonly at?: readonly [line: number, column: number]
  readonly says: RegExp
  readonly next?: RegExp
}

function expectOne(text: string, wrong: Wrong, set: Readonly<Record<string, string>> = {}): void {
  const findings = findingsOf(text, set)
  assert.equal(findings.length, 1, JSON.stringify(findings, null, 2))
  const [finding] = findings
  assert.equal(finding?.code, wrong.code)
  assert.match(finding?.message ?? '', wrong.says)
  if (wrong.next) assert.match(finding?.next ?? '', wrong.next)
  assert.equal(finding?.where.file, 'rehouse.yaml')
  assert.ok(Number(finding?.where.line) >= 1 && Number(finding?.where.column) >= 1)
  if (wrong.at) assert.deepEqual([finding?.where.line, finding?.where.column], wrong.at)
}

test('an unknown key is named with its place and the nearest known one', () => {
  expectOne(manifest({ entity: '    wrokers: 3' }), {
    code: 'MANIFEST_UNKNOWN_KEY',
    at: [9, 5],
    says: /unknown key `wrokers`$/,
    next: /Known here: .*service/,
  })
  expectOne(manifest({ top: 'defalts: { id: keep }' }), {
    code: 'MANIFEST_UNKNOWN_KEY',
    at: [4, 1],
    says: /`defalts`; did you mean `defaults`\?/,
    next: /Write `defaults`/,
  })
  expectOne(manifest({ columns: '{ name: { from: x, ifnull: { value: 1 } } }' }), {
    code: 'MANIFEST_UNKNOWN_KEY',
    says: /`ifnull`; did you mean `if_null`/,
  })
  expectOne(manifest({ columns: '{ name: { value: 1, from: x } }' }), {
    code: 'MANIFEST_UNKNOWN_KEY',
    says: /a key of a constant .* `from`/,
  })
})

test('a required key that is missing is named with what it means', () => {
  const text = manifest().replace('    service: app\n', '')
  expectOne(text, {
    code: 'MANIFEST_INVALID',
    at: [7, 5],
    says: /expected `service` at `entities\.person`/,
    next: /Add `service`: the one service/,
  })
})

test('a required key that is misspelt is one finding, not two', () => {
  expectOne(manifest().replace('service: app', 'servise: app'), { code: 'MANIFEST_UNKNOWN_KEY', says: /did you mean `service`/ })
})

test('trap 1: an expression torn at its comma says to quote it, and how', () => {
  const wrong = { code: 'MANIFEST_INVALID', says: /between \{ and \} a comma ends a value/ }
  expectOne(manifest({ columns: '{ name: coalesce(a, b) }' }), {
    ...wrong,
    at: [12, 38],
    next: /Quote expressions that contain a comma: name: "coalesce\(a, b\)"/,
  })
  expectOne(manifest({ columns: '{ name: coalesce(a, b, c), x: y }' }), { ...wrong, next: /name: "coalesce\(a, b, c\)"/ })
  expectOne(manifest({ entity: '    rules: [{ when: coalesce(a, b), note: n }]' }), { ...wrong, next: /when: "coalesce\(a, b\)"/ })
  expectOne(manifest({ columns: '{ r: { ref: person, from: [coalesce(a] } }' }), {
    code: 'MANIFEST_INVALID',
    says: /a whole expression/,
    next: /Quote expressions that contain a comma/,
  })
})

test('a column without a value says how to write NULL', () => {
  expectOne(manifest({ columns: '\n          name:' }), {
    code: 'MANIFEST_INVALID',
    says: /got nothing/,
    next: /\{ value: null \}.*quote expressions that contain a comma/,
  })
  expectOne(manifest({ columns: '{ name: null }' }), { code: 'MANIFEST_INVALID', says: /got null/, next: /\{ value: null \}/ })
})

test('trap 2: yes, no, on and off must be quoted or be true and false', () => {
  expectOne(manifest({ columns: '{ active: no }' }), {
    code: 'MANIFEST_INVALID',
    says: /got no, which some take for a boolean/,
    next: /\{ value: false \}/,
  })
  expectOne(manifest({ columns: '{ on: name }' }), { code: 'MANIFEST_INVALID', says: /`on`, which some take for a boolean/, next: /"on"/ })
  expectOne(manifest({ columns: '{ active: { value: yes } }' }), {
    code: 'MANIFEST_INVALID',
    says: /yes, which some take for a boolean/,
    next: /Write true/,
  })
  assert.deepEqual(findingsOf(manifest({ columns: `{ "on": "no", name: { value: "yes" } }` })), [])
  expectOne(manifest().replace('APP_DB }', 'APP_DB, triggers: off }'), {
    code: 'MANIFEST_INVALID',
    says: /expected one of fire, disable at `services\.app\.triggers`, got 'off'/,
  })
})

test('trap 4: NULL is not a key of a map', () => {
  expectOne(manifest({ columns: '{ name: { from: x, map: { null: 1 } } }' }), {
    code: 'MANIFEST_UNREADABLE',
    says: /expected a key, got nothing/,
    next: /if_null/,
  })
  expectOne(manifest({ columns: '{ name: { from: x, map: { 007: 1 } } }' }), {
    code: 'MANIFEST_INVALID',
    says: /canonical text.*007/,
    next: /quotes/,
  })
})

test('trap 6: columns stand under `columns`, groups beside it', () => {
  expectOne(manifest({ into: '      public.people: { name: name, age: age }' }), {
    code: 'MANIFEST_INVALID',
    says: /expected the target columns under `columns`/,
    next: /`columns:`/,
  })
  expectOne(manifest({ columns: '{ name: name, each: [{ a: b }] }' }), {
    code: 'MANIFEST_INVALID',
    says: /`each`.*got a list/,
    next: /beside `columns`/,
  })
  assert.deepEqual(findingsOf(manifest({ columns: '{ each: a, when: b, note: c, key: d, as: e }' })), [])
})

test('a number, a boolean or NULL in the place of a value says to use { value: … }', () => {
  expectOne(manifest({ columns: '{ name: 1.10 }' }), {
    code: 'MANIFEST_INVALID',
    at: [12, 26],
    says: /got the number 1\.10/,
    next: /\{ value: 1\.10 \}/,
  })
  expectOne(manifest({ columns: '{ name: true }' }), { code: 'MANIFEST_INVALID', says: /got true/, next: /\{ value: true \}/ })
  expectOne(manifest({ columns: '{ name: { from: 5 } }' }), { code: 'MANIFEST_INVALID', says: /got the number 5/, next: /"5"/ })
  expectOne(manifest({ columns: '{ name: [a] }' }), { code: 'MANIFEST_INVALID', says: /got a list/ })
})

test('a number JSON cannot hold as it stands must be quoted', () => {
  for (const number of ['007', '+1', '.5', '1.', '0x1F', '.inf', '.nan'])
    expectOne(manifest({ columns: `{ name: { value: ${number} } }` }), { code: 'MANIFEST_INVALID', says: /a number as JSON has it/ })
  assert.deepEqual(findingsOf(manifest({ columns: '{ a: { value: -0.10e5 }, b: { value: 0 } }' })), [])
})

test('a key twice is an error that names the first', () => {
  expectOne(manifest({ columns: '{ name: a, name: b }' }), { code: 'MANIFEST_INVALID', says: /`name` once.*line 12/ })
  expectOne(`${manifest()}\nmigration: again\n`, { code: 'MANIFEST_INVALID', at: [14, 1], says: /`migration` once.*line 1/ })
})

test('codes and names are words in snake_case', () => {
  expectOne(manifest({ entity: '    rules: [{ when: a, quarantine: Name-Missing }]' }), {
    code: 'MANIFEST_INVALID',
    says: /a code in snake_case .*'Name-Missing'/,
    next: /lower-case/,
  })
  expectOne(manifest().replace('person:', 'Person:'), {
    code: 'MANIFEST_INVALID',
    says: /the name of an entity in snake_case at the keys of `entities`, got 'Person'/,
  })
  expectOne(manifest({ entity: '    rules: [{ when: a, note: 404 }]' }), { code: 'MANIFEST_INVALID', says: /got the number 404/ })
})

test('`same_as` names one entity and the whole key of its row, and is no rule for members of a list', () => {
  const rule = (text: string): string => manifest({ entity: `    key: id\n    rules: [{ when: a, same_as: ${text} }]` })
  expectOne(rule('{ ref: persn, from: b }'), {
    code: 'MANIFEST_INVALID',
    says: /the name of an entity, got `persn`.*did you mean `person`/,
  })
  expectOne(rule('{ ref: person, from: [b, c] }'), { code: 'MANIFEST_INVALID', says: /1 expression for the key of `person`, got 2/ })
  expectOne(rule('{ ref: person }'), { code: 'MANIFEST_INVALID', says: /expected `from` at .*same_as`, got the row it is without it/ })
  expectOne(rule('{ ref: [person, other], from: b }'), { code: 'MANIFEST_INVALID', says: /the name of an entity.*got a list/ })
  expectOne(rule('person'), { code: 'MANIFEST_INVALID', says: /expected the row it is at .*same_as`, got 'person'/ })
  expectOne(rule('{ ref: person, from: b, missing: { value: null } }'), { code: 'MANIFEST_UNKNOWN_KEY', says: /unknown key `missing`/ })
  const list =
    'with: { marks: { from: public.mark, match: { id: id }, many: true, rules: [{ when: a, same_as: { ref: person, from: b } }] } }'
  assert.deepEqual(
    findingsOf(manifest({ entity: `    ${list}` })).map(({ code }) => code),
    ['MANIFEST_INVALID', 'MANIFEST_UNKNOWN_KEY'],
  )
})

test('`id: lookup` stands in the first table, with one expression; it is no way to make identifiers of keys', () => {
  expectOne(manifest({ columns: '{ id: { id: lookup } }' }), { code: 'MANIFEST_INVALID', says: /one expression under `from` .* got none/ })
  expectOne(manifest({ columns: '{ id: { id: lookup, from: [a, b] } }' }), {
    code: 'MANIFEST_INVALID',
    says: /one expression under `from` beside `id: lookup`, got 2/,
    next: /subject\.sub/,
  })
  const part = '      public.people: { columns: { name: name } }\n      public.parts: { columns: { id: { id: lookup, from: a } } }'
  expectOne(manifest({ into: part }), { code: 'MANIFEST_INVALID', says: /`id: lookup` in the first table under `into`, got it in another/ })
  expectOne(manifest({ entity: '    id: lookup' }), { code: 'MANIFEST_INVALID', says: /one of ordered, hashed, v5, keep .* got 'lookup'/ })
})

test('a statement under `finish` says its service where there are several, and names one there is', () => {
  const sql = 'refresh materialized view public.a'
  const two = manifest({ top: `finish: [${sql}]` }).replace(
    'services: { app: { url: env:APP_DB } }',
    'services: { app: { url: env:APP_DB }, more: { url: env:MORE } }',
  )
  expectOne(two, {
    code: 'MANIFEST_INVALID',
    says: /expected the service a statement under `finish` is for, got 2 services and none named/,
    next: /\{ service: app, sql: … \}/,
  })
  assert.deepEqual(findingsOf(two.replace(`[${sql}]`, `[{ service: more, sql: ${sql} }]`)), [])
  expectOne(manifest({ top: `finish: [{ service: ap, sql: ${sql} }]` }), {
    code: 'MANIFEST_INVALID',
    says: /a service, got `ap`.*did you mean `app`/,
  })
  expectOne(manifest({ top: 'finish: []' }), { code: 'MANIFEST_INVALID', says: /a list of statements with at least 1/ })
  expectOne(manifest({ top: `finish: ${sql}` }), {
    code: 'MANIFEST_INVALID',
    says: /expected a list of statements at `finish`, got 'refresh/,
  })
  expectOne(manifest({ top: 'finish: [{ service: app }]' }), {
    code: 'MANIFEST_INVALID',
    says: /expected `sql` at `finish\.\[1\]`|expected `sql` at `finish\[1\]`/,
  })
})

test('a rule has exactly one fate, an outcome at most one', () => {
  expectOne(manifest({ entity: '    rules: [{ when: a }]' }), {
    code: 'MANIFEST_INVALID',
    says: /exactly one of exclude, quarantine, note, same_as .* got none/,
  })
  expectOne(manifest({ entity: '    rules: [{ when: a, exclude: b, note: c }]' }), {
    code: 'MANIFEST_INVALID',
    says: /got exclude and note/,
  })
  expectOne(manifest({ columns: '{ n: { from: a, if_null: { value: 1, quarantine: b } } }' }), {
    code: 'MANIFEST_INVALID',
    says: /at most one of value, from/,
  })
  expectOne(manifest({ columns: '{ n: { from: a, if_null: {} } }' }), { code: 'MANIFEST_INVALID', says: /an empty map/ })
  expectOne(manifest({ columns: '{ n: { from: a, if_null: { allow: false } } }' }), {
    code: 'MANIFEST_INVALID',
    says: /expected true at .*, got false/,
  })
  expectOne(manifest({ columns: '{ n: { from: a, else: { value: 1 } } }' }), {
    code: 'MANIFEST_INVALID',
    says: /expected map beside `else`/,
  })
})

test('groups need a name and a key, and have the same names', () => {
  const into = (shape: string): string =>
    manifest({ into: `      public.people: { columns: { a: a } }\n      public.parts: { columns: { a: a }, ${shape} }` })
  expectOne(into('each: [{ x: "1" }], as: g'), { code: 'MANIFEST_INVALID', says: /expected key beside `each`/ })
  expectOne(into('as: g'), { code: 'MANIFEST_INVALID', says: /expected each beside `as`/ })
  expectOne(into('each: [{ x: "1" }, { x: "2", y: z }], as: g, key: g.x'), {
    code: 'MANIFEST_INVALID',
    says: /the same names in each group/,
  })
})

test('sizes, times and shares are read in their units only', () => {
  const batch = (text: string): string => manifest({ entity: `    batch: { ${text} }` })
  for (const good of [
    'rows: 1',
    'bytes: 32MB',
    'bytes: 512KB',
    'bytes: 1 GiB',
    'bytes: 65536',
    'retries: 0',
    'timeout: 30s',
    'timeout: 500ms',
    'timeout: 1h',
  ])
    assert.deepEqual(findingsOf(batch(good)), [], good)
  for (const bad of [
    'rows: 0',
    'rows: 1.5',
    'rows: 10_000',
    'rows: -1',
    'bytes: 32MX',
    'bytes: 1',
    'retries: 101',
    'timeout: 30',
    'timeout: 0s',
    'timeout: 3 weeks',
  ])
    expectOne(batch(bad), { code: 'MANIFEST_INVALID', says: /^expected/ })
  const stop = (text: string): string => manifest({ top: `stop: { ${text} }` })
  for (const good of ['quarantined: 1%', 'quarantined: 0.01', 'errors: 100%', 'errors: 0', 'min_rows: 0'])
    assert.deepEqual(findingsOf(stop(good)), [], good)
  for (const bad of ['quarantined: 101%', 'quarantined: 1.5', 'errors: -1%', 'errors: lots', 'min_rows: -1'])
    expectOne(stop(bad), { code: 'MANIFEST_INVALID', says: /^expected/ })
})

test('each entity stands in exactly one phase', () => {
  expectOne(manifest({ top: 'phases: [{ a: [person, person] }]' }), {
    code: 'MANIFEST_INVALID',
    at: [4, 24],
    says: /in one phase, got it in `a` twice/,
  })
  expectOne(manifest({ top: 'phases: [{ a: [person] }, { b: [person] }]' }), { code: 'MANIFEST_INVALID', says: /in `a` and in `b`/ })
  expectOne(manifest({ top: 'phases: [{ a: [] }]' }), { code: 'MANIFEST_INVALID', at: [6, 3], says: /`person` in a phase, got it in none/ })
  expectOne(manifest({ top: 'phases: [{ a: [person, persom] }]' }), { code: 'MANIFEST_INVALID', says: /`persom`.*did you mean `person`/ })
  expectOne(manifest({ top: 'phases: [{ a: [person] }, { a: [] }]' }), { code: 'MANIFEST_INVALID', says: /each phase once/ })
  expectOne(manifest({ top: 'phases: [{ a: [person], b: [] }]' }), { code: 'MANIFEST_INVALID', says: /exactly 1/ })
})

test('names that are used must be defined', () => {
  expectOne(manifest().replace('service: app', 'service: ap'), {
    code: 'MANIFEST_INVALID',
    at: [7, 14],
    says: /a service, got `ap`.*did you mean `app`/,
  })
  expectOne(manifest().replace('from: public', 'from: legcy/public'), {
    code: 'MANIFEST_INVALID',
    at: [8, 11],
    says: /a source, got `legcy`.*did you mean `legacy`/,
  })
  expectOne(manifest({ columns: '{ p: { ref: persn, from: a } }' }), {
    code: 'MANIFEST_INVALID',
    says: /an entity, got `persn`.*did you mean `person`/,
  })
  expectOne(manifest({ columns: '{ p: { json: { q: { ref: nobody, from: a } } } }' }), { code: 'MANIFEST_INVALID', says: /`nobody`/ })
  expectOne(manifest({ top: 'exclude: { tables: { other/a.b: { reason: r } } }' }), {
    code: 'MANIFEST_INVALID',
    says: /a source, got `other`/,
  })
})

test('a reference gives as many expressions as the key has columns', () => {
  expectOne(manifest({ entity: '    key: [a, b]', columns: '{ p: { ref: person, from: a } }' }), {
    code: 'MANIFEST_INVALID',
    says: /expected 2 expressions .* got 1/,
    next: /a, b/,
  })
  expectOne(manifest({ entity: '    key: { content: true }', columns: '{ p: { ref: person, from: a } }' }), {
    code: 'MANIFEST_INVALID',
    says: /an entity with a key/,
  })
})

test('rows without tenant come from a shared source and refer to rows without tenant only', () => {
  const text = example('districts')
  expectOne(text.replace('from: login/dbo.LookupValue', 'from: dbo.LookupValue'), {
    code: 'MANIFEST_INVALID',
    says: /a shared source, got `district`/,
  })
  expectOne(text.replace('{ lookup_type: LookupType,', '{ lookup_type: { ref: user, from: X },'), {
    code: 'MANIFEST_INVALID',
    says: /`user`, whose rows belong to tenants/,
  })
  expectOne(text.replace('from: login/dbo.District', 'from: dbo.District'), {
    code: 'MANIFEST_INVALID',
    says: /tenants from a shared source/,
  })
})

test('an address with {tenant.…} needs tenants, and nothing else stands between its braces', () => {
  const source = (url: string): string => manifest().replace('env:LEGACY_DB', `"${url}"`)
  expectOne(source('postgres://h/{tenant.X}'), { code: 'MANIFEST_INVALID', says: /expected tenants/ })
  expectOne(source('postgres://h/{X}'), { code: 'MANIFEST_INVALID', says: /\{tenant\.COLUMN\}/ })
  expectOne(manifest().replace('env:APP_DB', '"postgres://h/{tenant.code}"'), {
    code: 'MANIFEST_NOT_SUPPORTED',
    says: /a target database per tenant/,
  })
  expectOne(manifest().replace('env:LEGACY_DB', '{tenant.X}'), { code: 'MANIFEST_INVALID', says: /an address/, next: /quotes/ })
})

test('an address never shows in a message, and a password in it is a warning', () => {
  const text = manifest().replace('env:LEGACY_DB', 'postgresX://u:hunter2@h/db')
  assert.ok(!JSON.stringify(findingsOf(text)).includes('hunter2'))
  expectOne(text, { code: 'MANIFEST_INVALID', says: /got a text$/ })
  for (const url of [
    'postgres://u:env:PW@h/d',
    'postgres://u:file:a/b@h/d',
    'postgres://h:5432/d?options=a@b',
    'postgres://u@h/d?password=env:PW',
  ])
    assert.deepEqual(findingsOf(manifest().replace('env:LEGACY_DB', `"${url}"`)), [], url)
  const warned = checkManifest({ file: 'f', text: manifest().replace('env:LEGACY_DB', 'postgres://u:hunter2@h/db'), options: { set: {} } })
  assert.ok(warned.mapping)
  assert.deepEqual(
    warned.findings.map(({ code, severity }) => [code, severity]),
    [['MANIFEST_SECRET', 'warning']],
  )
  assert.ok(!JSON.stringify(warned.findings).includes('hunter2'))
})

test('an option that is unknown, not chosen or not among the values is refused', () => {
  const text = manifest({ top: 'options: { mode: { values: [skip, keep], default: skip } }' })
  expectOne(text, { code: 'USAGE', says: /`moode`; did you mean `mode`/ }, { moode: 'skip' })
  expectOne(text, { code: 'USAGE', says: /expected one of skip, keep .* got 'kep'/, next: /--set mode=keep/ }, { mode: 'kep' })
  expectOne(manifest({ top: 'options: { mode: { values: [skip, keep] } }' }), {
    code: 'USAGE',
    says: /a value for the option `mode`/,
    next: /--set mode=VALUE, one of skip, keep/,
  })
  expectOne(manifest({ top: 'options: { mode: { values: [skip], default: keep } }' }), {
    code: 'MANIFEST_INVALID',
    says: /a default of `mode` among its values/,
  })
  expectOne(manifest(), { code: 'USAGE', says: /`x`/, next: /no `options`/ }, { x: '1' })
})

test('the head is never optional, a table stands once, a shape has one id', () => {
  expectOne(manifest({ into: '      public.people: { columns: { a: a }, optional: true }' }), {
    code: 'MANIFEST_INVALID',
    says: /got `optional: true` on it/,
  })
  expectOne(manifest({ into: `      public.people: { columns: { a: a } }\n      '"public".people': { columns: { a: a } }` }), {
    code: 'MANIFEST_INVALID',
    says: /each table once/,
  })
  expectOne(manifest({ columns: '{ a: { id: keep }, b: { id: v5 } }' }), { code: 'MANIFEST_INVALID', says: /at most one column with `id`/ })
  expectOne(manifest({ entity: '    key: [a, a]' }), { code: 'MANIFEST_INVALID', says: /each column once in the key/ })
})

test('all findings of a manifest come at once, in the order of the file', () => {
  const text = example('districts')
    .replace('key: Code', 'kye: Code')
    .replace('service: identity', 'service: 5')
    .replace('unmapped: error', 'unmapped: eror')
    .replace('if_null: { quarantine: name_missing } }', 'if_nul: { quarantine: name_missing } }')
  const findings = findingsOf(text)
  assert.deepEqual(
    findings.map(({ code }) => code),
    ['MANIFEST_UNKNOWN_KEY', 'MANIFEST_INVALID', 'MANIFEST_INVALID', 'MANIFEST_UNKNOWN_KEY'],
  )
  const lines = findings.map(({ where }) => where.line ?? 0)
  assert.deepEqual(
    lines,
    lines.toSorted((a, b) => a - b),
  )
})

test('a part used twice through an anchor is complained about once', () => {
  const into = '      public.a: { columns: &c { x: 5 } }\n      public.b: { columns: { y: y } }'
  expectOne(`${manifest({ into })}  other: { service: app, from: public.x, into: { public.a: { columns: { z: z } } } }\n`, {
    code: 'MANIFEST_INVALID',
    says: /got the number 5/,
  })
  expectOne(manifest({ into: into.replace('{ y: y }', '{ <<: *c, y: y }') }), {
    code: 'MANIFEST_INVALID',
    at: [11, 36],
    says: /got the number 5/,
  })
})
