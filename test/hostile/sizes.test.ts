import assert from 'node:assert/strict'
import { test } from 'node:test'
import { manifestFor, migrateJson, TENANT, twoSides } from './two-sides.ts'

const MOST_PEAK_KIB = 1_200_000
const BIG = 100 * 1024 * 1024

test('values of 100 MB arrive as they were in bounded memory', { timeout: 300_000 }, async t => {
  const sides = await twoSides(t, {
    sourceSql: `create table big (id integer primary key, words text, bytes bytea);
      insert into big values (1, 'small', 'a'), (2, repeat('0123456789abcdef', ${BIG} / 16), null),
        (3, 'between', 'b'), (4, null, decode(repeat('00ff1080', ${BIG} / 4), 'hex')), (5, 'last', 'c');`,
    targetSql: 'create table big (id uuid primary key, tenant_id uuid not null, legacy_id integer, words text, bytes bytea)',
    manifest: () =>
      manifestFor({
        big: {
          service: 'main',
          from: 'public.big',
          into: { 'public.big': { columns: { legacy_id: 'id', words: 'words', bytes: 'bytes' } } },
        },
      }),
  })
  const digest = 'md5(words), md5(bytes), length(words), length(bytes)'
  const expected = await sides.source.sql(`select id, ${digest} from big order by 1`)
  const ended = await migrateJson(sides)
  assert.equal(ended.status, 0, JSON.stringify(ended.json))
  assert.deepEqual(await sides.target.sql(`select legacy_id, ${digest} from big where tenant_id = '${TENANT}' order by 1`), expected)
  assert.ok(ended.peakKib < MOST_PEAK_KIB, `expected less than ${MOST_PEAK_KIB} KiB, got ${ended.peakKib}`)
  t.diagnostic(`peak ${Math.round(ended.peakKib / 1024)} MiB`)
})
