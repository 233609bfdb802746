import assert from 'node:assert/strict'
import { test } from 'node:test'
import { RehouseError } from '../../../src/errors.ts'
import { refuseOtherSource } from '../../../src/run/task-start.ts'

test('a run is taken up on the database it began with, whatever was written to it since', () => {
  refuseOtherSource({ marker: null }, { origin: 'system/16384' })
  refuseOtherSource({ marker: 'system/16384/1/started/77' }, { origin: 'system/16384' })
})

test('on another database a run is not taken up: SOURCE_CHANGED', () => {
  for (const origin of ['system/1638', 'other/16384']) {
    assert.throws(
      () => refuseOtherSource({ marker: 'system/16384/1/started/77' }, { origin }),
      (error: unknown) => error instanceof RehouseError && error.code === 'SOURCE_CHANGED',
    )
  }
})

test('a source that cannot say which database it is is taken at its word', () => {
  refuseOtherSource({ marker: 's1' }, { origin: '' })
})
