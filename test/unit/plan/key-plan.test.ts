import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Program, type ProgramWish } from '../../support/row-program.ts'
import { relation, unique } from '../../support/survey.ts'

const key = (more: Partial<ProgramWish>) => new Program({ columns: { name: 'name' }, ...more }).compiled.key

test('the key is what the entity says, else the source’s primary key', () => {
  const source = ['id int4!', 'code text!', 'name text']
  assert.deepEqual(key({ key: null, source })?.names, ['id'])
  assert.deepEqual(key({ key: '[CODE, id]', source })?.names, ['code', 'id'])
})

test('one integer is an integer key, everything else is text', () => {
  for (const [type, isInteger] of [
    ['int2', true],
    ['int4', true],
    ['int8', true],
    ['numeric', false],
    ['text', false],
    ['uuid', false],
  ] as const)
    assert.equal(key({ source: [`id ${type}!`, 'name text'] })?.isInteger, isInteger, type)
  assert.equal(key({ key: '[id, code]', source: ['id int4!', 'code int4!', 'name text'] })?.isInteger, false)
})

test('a key is unique where a whole unique key without gaps lies in it', () => {
  const source = ['id int4!', 'code text!', 'name text', 'part text']
  const isUnique = (keys: ReturnType<typeof unique>[], wanted: string): boolean | undefined =>
    key({ key: wanted, source, sourceChange: { uniqueKeys: keys } })?.isUnique
  assert.equal(isUnique([], 'id'), true)
  assert.equal(isUnique([], 'code'), false)
  assert.equal(isUnique([unique('u', ['code'])], 'code'), true)
  assert.equal(isUnique([unique('u', ['code'])], '[code, id]'), true)
  assert.equal(isUnique([unique('u', ['code', 'part'])], 'code'), false)
  assert.equal(isUnique([unique('u', ['part'])], 'part'), false)
  assert.equal(isUnique([unique('u', ['code'], { isPartialOrExpression: true })], 'code'), false)
})

test('identifiers are ordered for one integer and hashed for every other key, unless somebody says otherwise', () => {
  const strategy = (type: string, more: Partial<ProgramWish> = {}) =>
    new Program({ columns: { name: 'name' }, source: [`id ${type}!`, 'name text'], ...more }).compiled.strategy
  assert.deepEqual([strategy('int8'), strategy('text'), strategy('numeric')], ['ordered', 'hashed', 'hashed'])
  assert.deepEqual(
    [strategy('int8', { top: 'defaults: { id: v5 }' }), strategy('text', { top: 'defaults: { id: ordered }' })],
    ['v5', 'hashed'],
  )
  assert.equal(strategy('int8', { top: 'defaults: { id: v5 }', entity: '    id: hashed' }), 'hashed')
  assert.equal(strategy('int8', { entity: '    id: hashed', columns: { id: '{ id: v5 }', name: 'name' }, target: ['name text'] }), 'v5')
})

test('a relation is found by its name, else by the only one that differs in case alone', () => {
  const found = (from: string, relations: readonly string[]) =>
    new Program({ columns: { name: 'name' }, from, relations: relations.map(name => relation(name, ['id int4!', 'name text'])) }).findings
      .length === 0
  assert.ok(found('public.ROW', []))
  assert.ok(!found('public.Other', ['public.OTHER', 'public.other']))
  assert.ok(found('public.other', ['public.OTHER', 'public.other']))
})
