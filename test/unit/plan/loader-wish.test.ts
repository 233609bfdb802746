import assert from 'node:assert/strict'
import { test } from 'node:test'
import { loadParser } from '../../../src/expression/parse-expression.ts'
import { readManifest } from '../../../src/manifest/read-manifest.ts'
import { isNumbered } from '../../../src/plan/loader-wish.ts'

const numbered = (order: string): readonly string[] => {
  const text = `
migration: m
sources: { legacy: env:OLD }
services: { app: { url: env:NEW } }
entities:
  student:
    service: app
    from: old.student
    key: id
    with:
      members: { from: old.member, match: { student_id: id }, many: true }
      section: { from: old.section, match: { student_id: id } }
      regular: { from: old.regular, match: { section_id: section.id } }
      other: { from: old.other, match: { student_id: id } }
    number: { place: { order: ${order} } }
    into: { app.students: { columns: { place: place } } }
`
  const [student] = readManifest({ file: 'rehouse.yaml', text, options: { set: {} } }).entities
  if (student === undefined) throw new Error('expected an entity')
  return student.with.map(({ name }) => name).filter(name => isNumbered(name, student))
}

test('positions go by related rows, by how many there are, and by rows that others are matched by', async () => {
  await loadParser()
  assert.deepEqual(numbered('"regular.points"'), ['section', 'regular'])
  assert.deepEqual(numbered('"count(members)"'), ['members', 'section'])
})
