import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { test } from 'node:test'
import { migrate, quarantine, retryQuarantine } from '../../src/index.ts'
import { differences, type Picture, takePicture } from '../fault/picture.ts'
import { openStage } from './stage.ts'

const TIMEOUT = { timeout: 180_000 }

test(
  'after the data was corrected a retry loads the refused rows and those that waited for them, and the result is that of one migration of the corrected data',
  TIMEOUT,
  async t => {
    const stage = await openStage(t)
    const { legacy, targets } = stage
    const first = await migrate(stage.options())
    const before = await quarantine(stage.options())
    // The orphan, with a chain of rows that were refused because of it, and a row of another country.
    for (const tenant of ['north', 'south'] as const) {
      await legacy.sql(tenant, 'update legacy.person set manager_id = 32 where id = 33')
      await legacy.sql(tenant, "update legacy.person set country = 'DE' where id = 88")
    }
    const held = await migrate(stage.options())
    assert.equal(held.totals.loaded, 0, 'a rerun leaves refused rows where they are')
    assert.equal(held.totals.quarantined, first.totals.quarantined)

    const retried = await retryQuarantine(stage.options())
    const after = await quarantine(stage.options())
    const chain = before.rows.filter(({ entity, key }) => entity === 'person' && ['33', '34', '35', '88'].includes(key[0] ?? ''))
    assert.ok(chain.length >= 6, JSON.stringify(chain))
    assert.deepEqual(
      after.rows.filter(({ entity, key }) => entity === 'person' && ['33', '34', '35', '88'].includes(key[0] ?? '')),
      [],
    )
    const { read, loaded, unchanged, skipped, excluded, quarantined } = retried.totals
    assert.equal(read, loaded + unchanged + skipped + excluded + quarantined)
    // Accounts whose holder was refused, and documents of such accounts, took a replacement: they are told, and kept.
    assert.deepEqual(
      [...new Set(retried.entities.filter(entity => entity.skipped > 0).map(({ entity }) => entity))],
      ['account', 'document'],
    )
    const enrolments = retried.entities.filter(({ entity }) => entity === 'enrolment').reduce((sum, entity) => sum + entity.loaded, 0)
    const whole = (result: typeof before): number => result.rows.filter(row => row.part === null).length
    assert.equal(loaded, whole(before) - whole(after) + enrolments)
    assert.ok(enrolments > 0, 'rows left out for want of a refused parent come over with it')

    const fresh = await stage.moreTargets('fresh')
    await migrate(stage.options(fresh))
    assert.deepEqual(differences(dataOf(await takePicture(fresh)), dataOf(await takePicture(targets))), [])
    const nothing = await retryQuarantine(stage.options())
    assert.equal(nothing.totals.loaded, 0)
    assert.equal(nothing.totals.quarantined, retried.totals.quarantined)
  },
)

test(
  'another mapping is accepted for a retry when it leaves the loaded rows as they are, and refused with the rows that would differ when it does not',
  TIMEOUT,
  async t => {
    const stage = await openStage(t)
    const { legacy, targets } = stage
    await migrate(stage.options())
    const text = readFileSync(legacy.manifest, 'utf8')
    const loaded = await targets.sql('people', 'select count(*) from people.persons')

    writeFileSync(legacy.manifest, text.replace('name: name\n          email', 'name: "name || \'!\'"\n          email'))
    await assert.rejects(retryQuarantine(stage.options()), (error: { code?: string; message?: string }) => {
      assert.equal(error.code, 'MAPPING_CHANGED')
      assert.match(
        String(error.message),
        /^expected a mapping that leaves the loaded rows as they are, got one that changes \d+ of them \(person of north: 1 .*/,
      )
      return true
    })
    assert.deepEqual(await targets.sql('people', 'select count(*) from people.persons'), loaded)

    // Whoever has no country there gets none.
    writeFileSync(
      legacy.manifest,
      text.replace('missing: { quarantine: unknown_country }', 'missing: { value: null, note: unknown_country }'),
    )
    const retried = await retryQuarantine({ ...stage.options(), entities: ['person'] })
    assert.ok(retried.totals.loaded >= 2)
    assert.deepEqual(await targets.sql('people', 'select legacy_id, country_id from people.persons where legacy_id = 88'), [
      ['88', null],
      ['88', null],
    ])
    const again = await migrate(stage.options())
    assert.equal(again.totals.loaded + again.totals.skipped, 0, 'from now on the mapping of the retry is the one')
  },
)

/** Of the rows that were mended, and of those that had been left out for want of them. */
function dataOf(picture: Picture): Picture {
  return Object.fromEntries(Object.entries(picture).filter(([part]) => /^people\.(person|enrolment)|people quarantine$/.test(part)))
}
