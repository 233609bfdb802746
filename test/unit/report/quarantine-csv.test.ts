import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { csvField, quarantineCsv } from '../../../src/report/quarantine-csv.ts'
import { QUARANTINE } from './sample-results.ts'

test('an export has a header, CRLF after every record, and fields in a fixed order', () => {
  assert.equal(
    quarantineCsv(QUARANTINE.rows),
    'entity,tenant,key,code,column,value_masked,detail,part,batch,first_run,last_run\r\n' +
      'student,springfield,"4711,""a,b""",missing_school,core.student.school_id,**,school has no such key,,17,7,8\r\n',
  )
})

test('no field begins as a formula', () => {
  const formulas = ['=1+1', '+1', '-1+2', '@SUM(A1)', '\t=1', '\r=1', '  =1', '＝1', '=HYPERLINK("http://x","y")']
  for (const formula of formulas) assert.match(csvField(formula), /^"'/, formula)
  assert.equal(csvField('=HYPERLINK("x")'), '"\'=HYPERLINK(""x"")"')
  fc.assert(
    fc.property(fc.string(), text => {
      const shown = csvField(text).replace(/^"/, '')
      if (!/^-\d+(\.\d+)?$/.test(text)) assert.doesNotMatch(shown, /^[\t\r\n ]*[=+\-@]/)
    }),
  )
})

test('a negative key stays the number it is', () => {
  assert.equal(csvField('-42'), '-42')
  assert.equal(csvField('-4.20'), '-4.20')
})

test('every other field reads back as it was', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), text => {
      const field = csvField(text)
      const back = field.startsWith('"') ? field.slice(1, -1).replaceAll('""', '"') : field
      assert.equal(back.replace(/^'(?=[\t\r\n ]*[=+\-@＝＋－＠]|[\t\r])/, ''), text)
    }),
  )
})
