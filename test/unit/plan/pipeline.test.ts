import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Value } from '../../../src/model/value.ts'
import { type Outcome, Program, type ProgramWish, type Row, valuesOf } from '../../support/row-program.ts'

interface Wish extends Pick<ProgramWish, 'top' | 'zone'> {
  /** Of the source's column `v`. */
  readonly type?: string
  /** Of the target's. */
  readonly to?: string
}

/** A program for one value, over rows of `id int4!`, `v` and `w text`. */
function program(value: string, { type = 'text', to = 'text', ...more }: Wish = {}): Program {
  return new Program({ columns: { v: value }, source: ['id int4!', `v ${type}`, 'w text'], target: [`v ${to}`], ...more })
}

const rowsOf = (values: readonly (Value | readonly [Value, Value])[]): readonly Row[] =>
  values.map((value, i): Row => (Array.isArray(value) ? [i + 1, ...value] : [i + 1, value as Value, null]))

const values = (value: string, wish: Wish, ...rows: readonly (Value | readonly [Value, Value])[]): readonly Value[] =>
  valuesOf(program(value, wish), 'v', rowsOf(rows))

const run = (value: string, wish: Wish, ...rows: readonly (Value | readonly [Value, Value])[]): Outcome =>
  program(value, wish).run(rowsOf(rows))

test('a bare expression is cast to the column’s type, and NULL stays NULL', () => {
  assert.deepEqual(values('v', { type: 'int4', to: 'int8' }, 1, null, -5), [1n, null, -5n])
  assert.deepEqual(values('upper(v)', {}, 'a', null), ['A', null])
})

test('if_null replaces NULL, its outcomes tried in turn; a `from` that is NULL passes on', () => {
  assert.deepEqual(values('{ from: v, if_null: { value: none } }', {}, 'a', null), ['a', 'none'])
  const turn = '{ from: v, if_null: [{ from: w, note: second_choice }, { value: none }] }'
  const { outcomes, notes } = run(turn, {}, ['a', 'b'], [null, 'b'], [null, null])
  assert.deepEqual(values(turn, {}, ['a', 'b'], [null, 'b'], [null, null]), ['a', 'b', 'none'])
  assert.deepEqual(notes, ['2 second_choice core.rows.v'])
  assert.deepEqual(outcomes, ['value core.rows.v second_choice 1', 'note core.rows.v second_choice 1', 'value core.rows.v default 1'])
})

test('if_null can end the row: excluded, quarantined, or let be', () => {
  assert.deepEqual(run('{ from: v, if_null: { exclude: empty } }', {}, 'a', null).exclusions, ['2 empty core.rows.v'])
  assert.deepEqual(run('{ from: v, if_null: { quarantine: empty } }', {}, 'a', null).quarantine, ['2 empty core.rows.v -'])
  const allowed = run('{ from: v, if_null: [{ allow: true, note: empty }, { value: never }] }', {}, 'a', null)
  assert.deepEqual(
    allowed.tables['core.rows']?.map(row => row[1]),
    ['a', null],
  )
  assert.deepEqual(allowed.notes, ['2 empty core.rows.v'])
  assert.deepEqual(allowed.outcomes, ['value core.rows.v empty 1', 'note core.rows.v empty 1'])
})

test('an outcome that only notes passes on to the next', () => {
  const { notes, tables } = run('{ from: v, if_null: [{ note: was_empty }, { value: none }] }', {}, null)
  assert.deepEqual(notes, ['1 was_empty core.rows.v'])
  assert.deepEqual(tables['core.rows']?.[0]?.[1], 'none')
})

test('a value whose `when` is not true is NULL, and if_null speaks of it', () => {
  assert.deepEqual(values('{ from: v, when: "w = \'yes\'" }', {}, ['a', 'yes'], ['a', 'no'], ['a', null]), ['a', null, null])
  assert.deepEqual(values('{ from: v, when: "w = \'yes\'", if_null: { value: none } }', {}, ['a', 'no'], [null, 'yes']), ['none', 'none'])
})

test('a replacement skips map, as and on_loss and is brought to the column’s type at once', () => {
  const value = '{ from: v, if_null: { value: 2020-01-02 }, as: date, on_loss: { exclude: bad } }'
  assert.deepEqual(values(value, { to: 'text' }, '2021-03-04', null), ['2021-03-04', '2020-01-02'])
  assert.deepEqual(values('{ from: v, if_null: { value: C }, map: { a: A, b: B } }', {}, 'a', null, 'b'), ['A', 'C', 'B'])
})

test('map takes constants by the value’s canonical text; what it does not name goes into quarantine, or as `else` says', () => {
  const map = 'map: { 1: one, "2": two, "-3": minus three }'
  assert.deepEqual(values(`{ from: v, ${map} }`, { type: 'int8' }, 1n, 2n, -3n, null), ['one', 'two', 'minus three', null])
  assert.deepEqual(run(`{ from: v, ${map} }`, { type: 'int4' }, 4).quarantine, ['1 unmapped_value core.rows.v -'])
  assert.deepEqual(values(`{ from: v, ${map}, else: { value: many } }`, { type: 'int4' }, 1, 4), ['one', 'many'])
  assert.deepEqual(run(`{ from: v, ${map}, else: { exclude: odd } }`, { type: 'int4' }, 4).exclusions, ['1 odd core.rows.v'])
  assert.deepEqual(values(`{ from: v, ${map}, else: [{ from: w }, { value: many }] }`, { type: 'int4' }, [4, 'w'], [5, null]), [
    'w',
    'many',
  ])
})

test('map keys of booleans are true and false, and a value may be NULL', () => {
  assert.deepEqual(values('{ from: v, map: { true: "yes", false: null } }', { type: 'boolean' }, true, false, null), ['yes', null, null])
})

test('a constant of a map is brought to the column’s type, digits kept', () => {
  assert.deepEqual(values('{ from: v, map: { a: 12345678901234567890.10, b: 1.50 } }', { to: 'numeric' }, 'a', 'b'), [
    '12345678901234567890.10',
    '1.50',
  ])
})

test('`as` brings a value to a type on the way to the column’s', () => {
  assert.deepEqual(values('{ from: v, as: date }', { to: 'text' }, '2021-03-04', null), ['2021-03-04', null])
  assert.deepEqual(values('{ from: v, as: "numeric(4,1)", on_loss: { allow: true } }', { to: 'text' }, '12.34', '5'), ['12.3', '5.0'])
})

test('a value the type cannot hold goes into quarantine, masked, unless the mapping or the defaults say otherwise', () => {
  assert.deepEqual(
    run('{ from: v, as: int4 }', { to: 'int4', top: 'defaults: { on_loss: { quarantine: no_number } }' }, 'ten', '10').quarantine,
    ['1 no_number core.rows.v text of 3 characters'],
  )
  assert.deepEqual(run('{ from: v, on_loss: { exclude: no_number } }', { to: 'int4' }, 'ten').exclusions, ['1 no_number core.rows.v'])
  assert.deepEqual(values('{ from: v, on_loss: { value: 0, note: not_a_number } }', { to: 'int4' }, 'ten', '7'), [0, 7])
  assert.deepEqual(values('{ from: v, on_loss: [{ from: w }, { value: null }] }', { to: 'int4' }, ['ten', '10'], ['ten', null]), [10, null])
})

test('allow keeps what is lossy, counted and noted, and cannot help what the type cannot hold at all', () => {
  const kept = run('{ from: v, on_loss: { allow: true, note: rounded } }', { type: 'numeric', to: 'numeric(6,2)' }, '1.234', '1.20', '1.2')
  assert.deepEqual(
    kept.tables['core.rows']?.map(row => row[1]),
    ['1.23', '1.20', '1.20'],
  )
  assert.deepEqual(kept.notes, ['1 rounded core.rows.v'])
  assert.deepEqual(kept.outcomes, ['loss core.rows.v rounded 1', 'note core.rows.v rounded 1'])
  const refused = run('{ from: v, on_loss: { allow: true } }', { type: 'numeric', to: 'numeric(6,2)' }, '123456.7')
  assert.deepEqual(
    refused.quarantine.map(line => line.split(' ').slice(0, 3).join(' ')),
    ['1 not_representable core.rows.v'],
  )
})

test('outcomes before allow are tried before it, outcomes after it only where it cannot help', () => {
  const value = '{ from: v, on_loss: [{ from: w }, { allow: true }, { value: 0 }] }'
  const wish = { type: 'numeric', to: 'numeric(4,1)' }
  assert.deepEqual(values(value, wish, ['1.25', '7'], ['1.25', null], ['12345', null], ['1.5', null]), ['7.0', '1.3', '0.0', '1.5'])
})

test('a zone’s gaps and overlaps are counted, and refused under their own codes where the policy says so', () => {
  const local = (text: string): bigint => BigInt(Date.parse(`${text}Z`) - Date.UTC(2000, 0, 1)) * 1000n
  const times = [local('2024-03-10T02:30:00'), local('2024-11-03T01:30:00'), local('2024-07-01T12:00:00')]
  const wish = { type: 'timestamp', to: 'timestamptz', zone: 'America/Chicago' }
  assert.deepEqual(run('v', { ...wish, top: 'time: { gap: shift_forward, overlap: earlier }' }, ...times).outcomes, [
    'zone_gap core.rows.v time_gap 1',
    'zone_overlap core.rows.v time_overlap 1',
  ])
  const refusing = run(
    '{ from: v, on_loss: { value: null } }',
    { ...wish, top: 'time: { gap: quarantine, overlap: quarantine }' },
    ...times,
  )
  assert.deepEqual(
    refusing.quarantine.map(line => line.split(' ').slice(0, 3).join(' ')),
    ['1 time_gap core.rows.v', '2 time_overlap core.rows.v'],
  )
  assert.deepEqual(refusing.counts, { read: 3, loaded: 1, excluded: 0, quarantined: 2, parts: 0 })
})

test('an expression that cannot compute with a value puts its row into quarantine, with the column', () => {
  assert.deepEqual(run('v::int4 + 1', { to: 'int4' }, '1', 'ten').quarantine, ['2 invalid_value core.rows.v -'])
})

test('a NULL the column cannot hold is the row’s trouble, before the server sees it', () => {
  const strict = new Program({ columns: { v: 'v' }, source: ['id int4!', 'v text'], target: ['v text!'] })
  const { quarantine, counts } = strict.run([
    [1, 'a'],
    [2, null],
  ])
  assert.deepEqual(quarantine, ['2 not_null core.rows.v -'])
  assert.equal(counts.loaded, 1)
})
