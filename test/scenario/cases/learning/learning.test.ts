import assert from 'node:assert/strict'
import { test } from 'node:test'
import { check, lookup, migrate, quarantine, verify } from '../../../../src/index.ts'
import { openBed } from './bed.ts'
import { EXPECTATIONS, FATES } from './oracle.ts'

test('case A: a learning platform moves to its second schema, row by row as SQL over the legacy tables has it', async t => {
  const bed = await openBed(t)
  const { target, oracle, options } = bed
  const foreseen = await migrate({ ...options, dryRun: true })
  const result = await migrate(options)
  assert.deepEqual(result.failures, [])

  for (const { table, expected, actual } of EXPECTATIONS)
    await t.test(table, async () => {
      const [rows, wanted] = [await target.sql(actual), await oracle.sql(expected)]
      for (const [i, row] of rows.entries()) assert.deepEqual(row, wanted[i])
      assert.equal(rows.length, wanted.length)
      assert.ok(rows.length > 0)
    })

  await t.test('fates', async () => {
    const { rows } = await quarantine({ ...options, limit: null })
    const quarantined = rows.map(({ entity, code }) => `${entity} ${code}`)
    const excluded = result.outcomes
      .filter(({ kind }) => kind === 'exclude')
      .map(({ entity, code, count }) => [`${entity} ${code}`, count] as const)
    const counts = new Map<string, number>(excluded)
    for (const name of quarantined) counts.set(name, (counts.get(name) ?? 0) + 1)
    for (const [name, count] of await oracle.sql(FATES)) assert.equal(String(counts.get(String(name)) ?? 0), count, String(name))
  })
  const { findings } = await check(options)
  console.log(
    findings.map(f => f.code + f.message),
    foreseen.totals,
    result.totals,
    result.status,
  )
  const v = await verify({ ...options, level: 'rigorous' })
  console.log(v.outcome, v.reasons, v.differences.slice(0, 3))
})
