import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openProofStage } from './proof-stage.ts'

test('a reference that leads nowhere is told as such at the standard and the rigorous level too, whichever end was changed', async t => {
  const stage = await openProofStage(t)
  await stage.migrate()
  const orphans = async (level: 'standard' | 'rigorous'): Promise<boolean> => {
    const { differences } = await stage.verify({ level })
    return differences.some(({ kind, table, column }) => kind === 'orphan' && table === 'app.marks' && column === 'pupil_id')
  }
  await stage.keep()
  for (const sql of [
    `update app.marks set pupil_id = '00000000-0000-4000-8000-00000000dead' where grade = 3`,
    'delete from app.pupils where id in (select pupil_id from app.marks)',
  ]) {
    for (const level of ['standard', 'rigorous'] as const) {
      assert.equal(await orphans(level), false)
      await stage.target.script(`set session_replication_role = replica; ${sql}; set session_replication_role = origin`)
      assert.equal(await orphans(level), true, `${level}: ${sql}`)
      await stage.restore()
    }
  }
})
