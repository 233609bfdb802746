import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import type { ProfileFinding, ProfileResult } from '../../../src/index.ts'
import { checkManifest } from '../../../src/manifest/read-manifest.ts'
import { outputJsonSchema } from '../../../src/report/output-schemas.ts'
import { isValid } from '../../support/json-schema-validator.ts'
import { newDatabase } from '../../support/postgres.ts'
import { rehouseHere, rehouseHereJson, workFolder } from '../../support/rehouse-process.ts'
import { pasteLines } from './paste-lines.ts'

const sqlOf = (name: string): string => readFileSync(new URL(`./${name}.sql`, import.meta.url), 'utf8')

/** What is planted: code, table, column, how many. */
const PLANTED: readonly (readonly [code: string, place: string, count: number | null])[] = [
  ['PROFILE_UNIQUE_CLASH', 'public.student.email', 1],
  ['PROFILE_PERSONAL', 'public.student.contact', 200],
  ['PROFILE_PERSONAL', 'public.student.account', 200],
  ['PROFILE_PERSONAL', 'public.student.email', 200],
  ['PROFILE_FEW_NULLS', 'public.student.birth', 1],
  ['PROFILE_DATES', 'public.student.birth', 4],
  ['PROFILE_TYPE', 'public.student.birth', 199],
  ['PROFILE_TYPE', 'public.student.enrolled', 200],
  ['PROFILE_INVALID_DATES', 'public.student.entered', 1],
  ['PROFILE_TYPE', 'public.student.room', 200],
  ['PROFILE_MIXED', 'public.student.level', 2],
  ['PROFILE_VARIANTS', 'public.student.colour', 2],
  ['PROFILE_PADDED', 'public.student.colour', 1],
  ['PROFILE_BLANK', 'public.student.remark_code', 3],
  ['PROFILE_MOJIBAKE', 'public.student.town_part', 2],
  ['PROFILE_CONTROL', 'public.student.junk', 1],
  ['PROFILE_OUTLIER', 'public.student.weight', null],
  ['PROFILE_TYPE', 'public.student.pupils_before', 200],
  ['PROFILE_TYPE', 'public.student.is_on', 200],
  ['PROFILE_UNDECLARED', 'public.student.school', 200],
  ['PROFILE_UNDECLARED', 'public.student.school_id', 197],
  ['PROFILE_CREDENTIALS', 'public.student.password_hash', 0],
  ['PROFILE_CREDENTIALS', 'public.student.blob_of_login', 200],
  ['PROFILE_CREDENTIALS', 'public.ftp_account', null],
  ['PROFILE_EMPTY_COLUMN', 'public.student.never', 200],
  ['PROFILE_ORPHANS', 'public.grade.student_id', 2],
  ['PROFILE_POLYMORPHIC', 'public.note.owner_id', 21],
  ['PROFILE_POLYMORPHIC', 'public.note.owner_id', 20],
  ['PROFILE_NO_KEY', 'public.diary', null],
  ['PROFILE_NO_KEY', 'public.pass', null],
  ['PROFILE_CIRCLE', 'public.egg', 2],
  ['PROFILE_DUPLICATE_KEY', 'public.pass.code', 1],
]

/** True of the planted database, and no wart: what names say. */
const KNOWN = new Set(['PROFILE_PERSONAL public.student'])

const placeOf = ({ where }: ProfileFinding): string => [where.table, ...(where.column === undefined ? [] : [where.column])].join('.')

async function profiled(t: TestContext, sql: string): Promise<{ result: ProfileResult; url: string; folder: string }> {
  const database = await newDatabase(t)
  await database.script(sql)
  const url = await database.readerUrl()
  const folder = workFolder(t)
  const { json, status } = await rehouseHereJson<ProfileResult>(['profile', url], { folder })
  assert.equal(status, 0)
  return { result: json, url, folder }
}

test('every wart of a legacy database is found where it is and counted, and nothing else is found', async t => {
  const { result, url, folder } = await profiled(t, sqlOf('warts'))
  await t.test('each wart is found', () => {
    for (const [code, place, count] of PLANTED) {
      const of = result.findings.filter(finding => finding.code === code && placeOf(finding) === place)
      assert.ok(
        of.some(finding => count === null || finding.count === count),
        `expected ${code} at ${place} with ${count}, got ${JSON.stringify(of)}`,
      )
    }
  })
  await t.test('nothing else is found', () => {
    const expected = new Set(PLANTED.map(([code, place]) => `${code} ${place}`))
    const others = result.findings.filter(
      finding => !expected.has(`${finding.code} ${placeOf(finding)}`) && !KNOWN.has(`${finding.code} ${placeOf(finding)}`),
    )
    assert.deepEqual(others, [])
  })
  await t.test('no personal value is in any form of the report', async () => {
    const forms = await Promise.all(
      ['md', 'html', 'json', 'text'].map(format => rehouseHere(['profile', url, '--format', format], { folder })),
    )
    for (const { stdout } of forms) {
      assert.ok(stdout.includes('PROFILE'))
      for (const secret of ['person1', 'example.org', 'Name1', '1000001', 'DE8937', 'WEST1234', '2005-01', 'c4ca4238', '$2b$10'])
        assert.ok(!stdout.includes(secret), `expected no ${secret} in the report`)
    }
  })
  await t.test('the manifest lines are accepted where init drafts the same source', async () => {
    await rehouseHere(['init', url, '--out', '.'], { folder })
    const manifest = readFileSync(join(folder, 'rehouse.yaml'), 'utf8')
    const lines = result.findings.flatMap(finding => (finding.manifest === null ? [] : [finding.manifest]))
    assert.ok(lines.length > 20)
    for (const line of [...lines.map(text => [text]), lines]) {
      const { findings } = checkManifest({ file: 'rehouse.yaml', text: pasteLines(manifest, line), options: { set: {} } })
      assert.deepEqual(findings, [], line.join('\n'))
    }
  })
  await t.test('the object printed is as its schema says', () => {
    const schema = outputJsonSchema('profile')
    assert.ok(schema !== null)
    assert.ok(isValid({ ...schema }, result))
  })
})

test('a clean database gives no finding', async t => {
  const { result } = await profiled(t, sqlOf('clean'))
  assert.deepEqual(result.findings, [])
  assert.equal(result.sources[0]?.rows, 660)
})
