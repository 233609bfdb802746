import { TupleWriter } from '../base/tuple-writer.ts'
import type { SqlType } from '../model/sql-type.ts'
import type { CompileContext, WholeRelated } from './compile-context.ts'
import { type Carrier, carrierOf, typeWithNull } from './function-carriers.ts'
import type { GivenShape } from './function-realm.ts'
import { NO_FATE } from './outcome-registry.ts'
import { FateSealed, type RowState } from './row-state.ts'

/** A related row, or a list of them, as a function is given it: an object with its columns and its own related rows, or a list of such objects. */
export interface WholeCarrier {
  readonly typescript: string
  readonly shape: GivenShape
  /** JSON text of the shape; null: there is no such row. Throws FateSealed where the row's fate was sealed on the way. */
  text(row: RowState): string | null
}

/** What stands under a path (`memberships`, `regular.section`); null: no related row has that name, or it is inside a list. */
export function findWhole(path: readonly string[], context: CompileContext): readonly WholeRelated[] | null {
  const [name = '', ...rest] = path
  const whole = context.wholes.get(name)
  if (whole === undefined) return null
  if (rest.length === 0) return [whole]
  const inner = whole.list === null ? findWhole(rest, whole.inner) : null
  return inner && [whole, ...inner]
}

/** `path`: outer ones first. */
export function carryWhole(path: readonly WholeRelated[]): WholeCarrier | null {
  const last = path.at(-1)
  if (last === undefined) return null
  const carrier = wholeCarrier(last)
  const outer = path.slice(0, -1)
  const text = (row: RowState): string | null => {
    let state = row
    for (const { found, inner } of outer) {
      if (passing(row, state, () => state.value(found)) === null) return null
      state = inner.state
    }
    return passing(row, state, () => carrier.text(state))
  }
  return outer.length === 0 ? carrier : { ...carrier, text }
}

function wholeCarrier(whole: WholeRelated): WholeCarrier {
  const { list, found, inner } = whole
  const object = objectCarrier(whole)
  if (list === null)
    return {
      typescript: `${object.typescript} | null`,
      shape: object.shape,
      text: row => (row.value(found) === null ? null : passing(row, inner.state, () => object.text(inner.state))),
    }
  const text = (row: RowState): string => {
    const items: string[] = []
    const isWhole = row.value(found) === null || list.each(row, member => items.push(object.text(member)) > 0)
    if (!isWhole) throw new FateSealed()
    return `[${items.join(',')}]`
  }
  return { typescript: `readonly ${object.typescript}[]`, shape: { list: object.shape }, text }
}

interface Member {
  readonly name: string
  readonly typescript: string
  readonly shape: GivenShape
  text(state: RowState): string
}

/** Of a row that is there. */
function objectCarrier({ related, inner, columns }: WholeRelated): Omit<Member, 'name'> {
  const own = columns.map(name => column(name, { ...inner.slots.field(name), isNullable: isNullable(name, inner) }))
  const positions = (related.many?.number ?? []).flatMap(({ name }) => {
    const at = inner.slots.resolve([name])
    return at === null ? [] : [column(name, { ...at, isNullable: true })]
  })
  const nested = [...inner.wholes].map(([name, whole]): Member => {
    const carrier = wholeCarrier(whole)
    return { name, typescript: carrier.typescript, shape: carrier.shape, text: state => carrier.text(state) ?? 'null' }
  })
  const taken = new Set(nested.map(({ name }) => name))
  const members = [...own.filter(({ name }) => !taken.has(name)), ...positions, ...nested]
  return {
    typescript: `{ ${members.map(({ name, typescript }) => `readonly ${propertyName(name)}: ${typescript}`).join('; ')} }`,
    shape: { members: members.map(({ name, shape }) => [name, shape] as const) },
    text: state => `[${members.map(member => member.text(state)).join(',')}]`,
  }
}

function isNullable(name: string, { relation }: CompileContext): boolean {
  return relation.columns.find(column => column.name === name)?.isNullable ?? true
}

/** A name TypeScript can write as it is, or in quotes. */
export function propertyName(name: string): string {
  return /^[A-Za-z_$][A-Za-z0-9_$]*$/.test(name) ? name : JSON.stringify(name)
}

function column(name: string, { slot, type, isNullable: mayBeNull }: { slot: number; type: SqlType; isNullable: boolean }): Member {
  const carrier = carrierOf(type)
  const scratch = new TupleWriter(64)
  const text = (state: RowState): string => {
    scratch.reset()
    if (!state.copySlot(slot, scratch)) throw new FateSealed()
    const length = scratch.buf.readInt32BE(0)
    return length < 0 ? 'null' : asJson(carrier, scratch.buf, length)
  }
  return { name, typescript: typeWithNull(carrier, mayBeNull), shape: carrier.shape, text }
}

/** Numbers as texts: what JSON makes of them is not what they were. */
function asJson(carrier: Carrier, data: Buffer, length: number): string {
  const value = carrier.carry(data, 4, length)
  if (carrier.shape === 'document') return String(value)
  return typeof value === 'boolean' ? String(value) : JSON.stringify(String(value))
}

/** What seals the related row's fate on the way seals the row's. */
function passing<T>(row: RowState, state: RowState, work: () => T): T {
  try {
    return work()
  } catch (error) {
    if (error instanceof FateSealed && state !== row && state.fate !== NO_FATE) row.seal(state.fate, state.fateCode, state.fateColumn)
    throw error
  }
}
