import assert from 'node:assert/strict'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { migrate } from '../../../src/index.ts'
import { newDatabase } from '../../support/postgres.ts'
import { TEST_SALT, workFolder } from '../../support/rehouse-process.ts'
import { LEGACY_SQL, MANIFEST, TARGET_SQL } from './school-manifest.ts'

test('--create-target makes views that say by SQL whether ledger and tables agree, and what refers to nothing or stands twice', async t => {
  const source = await newDatabase(t)
  await source.script(LEGACY_SQL)
  const target = await newDatabase(t)
  const folder = workFolder(t, {
    'rehouse.yaml': MANIFEST.replace('  - { code: south, zone: America/Chicago }\n', ''),
    'target.sql': TARGET_SQL,
  })
  mkdirSync(join(folder, '.rehouse'), { recursive: true })
  writeFileSync(join(folder, '.env'), '')
  const env = { LEGACY_north: source.url, APP: target.url, REHOUSE_SALT: TEST_SALT, HOME: folder }
  await migrate({ manifest: join(folder, 'rehouse.yaml'), env, createTarget: true })

  const parity = 'select tenant, in_ledger, in_target, in_quarantine, excluded, is_equal from validation.pupil_count_parity'
  assert.deepEqual(await target.sql(parity), [['north', '6', '6', '1', '1', 't']])
  assert.deepEqual(await target.sql('select * from validation.orphan_mark'), [])
  assert.deepEqual(await target.sql('select * from validation.duplicate_mark'), [])

  await target.script('delete from app.pupils where legacy_id = 3; insert into app.marks select * from app.marks where grade = 1')
  assert.deepEqual(await target.sql(parity), [['north', '6', '5', '1', '1', 'f']])
  assert.deepEqual(await target.sql('select reference, count(*) from validation.orphan_mark group by 1'), [['pupil_id', '1']])
  assert.deepEqual(await target.sql('select rows from validation.duplicate_mark'), [['2']])
})
