import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { left, renderTable, right, shrinking } from '../../../src/report/table.ts'
import { displayWidth } from '../../../src/report/text-width.ts'
import { narrow, WIDE } from './sample-results.ts'

test('columns are aligned by display width, numbers to the right', () => {
  const lines = renderTable(
    {
      columns: [left('tenant'), right('rows'), left('state')],
      rows: [
        ['名前', '1', 'done'],
        ['springfield', '1\u202f000', 'x'],
      ],
      footer: ['all', '1\u202f001', ''],
    },
    WIDE,
  )
  assert.deepEqual(lines, [
    'tenant        rows  state',
    '───────────  ─────  ─────',
    '名前             1  done',
    'springfield  1\u202f000  x',
    '───────────  ─────  ─────',
    'all          1\u202f001',
  ])
})

test('no line is wider than the page, and columns that may shrink give way first', () => {
  const table = {
    columns: [left('tenant'), right('rows'), shrinking('written')],
    rows: [['springfield', '123456', 'core.student 123, core.address 456']],
  }
  assert.equal(renderTable(table, narrow(32))[2], 'springfield  123456  core.stude…')
  assert.equal(renderTable(table, narrow(10))[2], 'springfie…')
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.string({ unit: 'grapheme' }), fc.string(), fc.string()), { maxLength: 5 }),
      fc.integer({ min: 1, max: 60 }),
      (rows, width) => {
        for (const line of renderTable({ columns: table.columns, rows }, narrow(width))) assert.ok(displayWidth(line) <= width)
      },
    ),
  )
})

test('control characters in cells cannot break a line', () => {
  assert.equal(renderTable({ columns: [left('key')], rows: [['a\nb\u001b[31m']] }, WIDE)[2], 'a\\nb\\x1b[31m')
})
