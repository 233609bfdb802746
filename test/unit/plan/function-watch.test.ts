import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CallStopped, FunctionWatch } from '../../../src/plan/function-watch.ts'

const WHAT = { code: 'function_work', column: 'v', detail: 'f.ts#work did not come to an end' }

function forEver(): never {
  for (;;);
}

test('a call watched alone is stopped when its time is up', () => {
  const watch = new FunctionWatch(200)
  assert.throws(() => watch.call(WHAT, forEver), CallStopped)
  assert.equal(
    watch.call(WHAT, () => 5),
    5,
  )
})

test('of rows watched together the one whose call does not end is told of, and the next follow', () => {
  const watch = new FunctionWatch(200)
  const told: unknown[] = []
  let row = 0
  watch.rows(
    () => {
      row++
      if (row === 3) watch.call(WHAT, forEver)
      return row < 5
    },
    call => told.push([row, call]),
  )
  assert.deepEqual([told, row], [[[3, WHAT]], 5])
})

test('rows that take long together but not each are let be', () => {
  const watch = new FunctionWatch(1_000)
  let row = 0
  watch.rows(
    () => {
      const until = performance.now() + 200
      watch.call(WHAT, () => {
        while (performance.now() < until);
      })
      return ++row < 8
    },
    () => assert.fail('expected nothing to be stopped'),
  )
  assert.equal(row, 8)
})

test('what is thrown goes to who watches, as it is', () => {
  const watch = new FunctionWatch(5_000)
  const error = new RangeError('mine')
  const work = (): never => {
    throw error
  }
  assert.throws(
    () => watch.call(WHAT, work),
    thrown => thrown === error,
  )
  assert.throws(
    () => watch.rows(work, () => assert.fail('expected nothing to be stopped')),
    thrown => thrown === error,
  )
})

test('time that passes outside of any call is no function’s: the run ends, to be resumed', () => {
  const watch = new FunctionWatch(10)
  assert.throws(
    () => watch.rows(forEver, () => assert.fail('expected nothing to be told')),
    (error: unknown) => error instanceof Error && 'code' in error && error.code === 'INTERRUPTED',
  )
})
