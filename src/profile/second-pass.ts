import { valueText } from '../cast/value-text.ts'
import { snakeCase } from '../draft/target-names.ts'
import type { Relation } from '../model/catalogue.ts'
import { polymorphicPairs, type ReferenceCandidate } from './choose-references.ts'
import type { FieldHash } from './field-hash.ts'
import { fieldHash, hashKind } from './field-hash.ts'
import type { PassContext } from './first-pass.ts'
import { isOfTable } from './first-pass.ts'
import { columnOf, hashKey, type KeyBudget, type KeyFacts, KeyWatch, keyHashes } from './key-watch.ts'
import { likelyKeys } from './likely-keys.ts'
import { tableWords } from './name-likeness.ts'
import { readRows } from './read-rows.ts'
import type { PolymorphicFacts, PolymorphicKind, ReferenceFacts, TableFacts } from './table-facts.ts'

const MOST_KINDS = 50

export interface SecondFacts {
  readonly references: readonly ReferenceFacts[]
  readonly polymorphic: readonly PolymorphicFacts[]
  /** Sets of columns that may be a key. */
  readonly likely: readonly KeyFacts[]
}

const NOTHING: SecondFacts = { references: [], polymorphic: [], likely: [] }

/** Counts how many rows of a table refer to a key that is there, and tries sets of columns as its key, in one read of the columns concerned. Nothing to count: nothing is read. */
export async function secondPass(
  table: TableFacts,
  candidates: readonly ReferenceCandidate[],
  { context, keys, budget }: { readonly context: PassContext; readonly keys: readonly KeyFacts[]; readonly budget: KeyBudget },
): Promise<SecondFacts> {
  const { relation } = table
  if (table.refusal !== null || table.rows === 0) return NOTHING
  const specs = likelyKeys(table)
  const pairs = pairsOf(table)
  const asked = [...candidates, ...specs].flatMap(({ columns }) => columns)
  const names = [...new Set([...asked, ...pairs.flatMap(pair => [pair.type, pair.id])])]
  if (names.length === 0) return NOTHING
  const lanes = new Int32Array(2)
  const counters = candidates.map(candidate => ({ candidate, ...counterOf(candidate, names), checked: 0, found: 0 }))
  const watches = pairs.map(pair => new PairWatch(pair, { relation, names, keys }))
  const limit = Math.floor(budget.left / Math.max(1, specs.length))
  const likely = specs.map(spec => new KeyWatch(spec, names, { budget, limit }))
  try {
    await readRows(context.snapshot, {
      relation,
      columns: names,
      most: context.mostRows,
      signal: context.signal,
      onProgress: context.onProgress,
      onRow: (data, start, length) => {
        for (const counter of counters) {
          if (!hashKey(counter.at, counter.hashes, { data, start, length, lanes })) continue
          counter.checked++
          if (counter.candidate.key.values.has(lanes[0] as number, lanes[1] as number)) counter.found++
        }
        for (const watch of watches) watch.add(data, start, length)
        for (const key of likely) key.add(data, start, length)
      },
    })
  } catch (error) {
    // The first pass read the same rows; what is wrong now came in between.
    if (!isOfTable(error)) throw error
    return NOTHING
  }
  return {
    references: counters.map(({ candidate, checked, found }) => ({
      child: relation,
      columns: candidate.columns,
      parent: candidate.key.relation,
      parentColumns: candidate.key.columns,
      isDeclared: candidate.isDeclared,
      checked,
      orphans: checked - found,
      likeness: candidate.likeness,
      chance: candidate.chance,
    })),
    polymorphic: watches.map(watch => watch.facts()),
    likely: likely.map(key => key.tried()),
  }
}

function counterOf(
  { child, columns, key }: ReferenceCandidate,
  names: readonly string[],
): { readonly at: readonly number[]; readonly hashes: readonly FieldHash[] } {
  return { at: columns.map(name => names.indexOf(name)), hashes: keyHashes(child, columns, key.relation, key.columns) }
}

/** Pairs whose type column holds few different texts. */
function pairsOf({ relation, columns }: TableFacts): ReturnType<typeof polymorphicPairs> {
  return polymorphicPairs(relation).filter(({ type }) => {
    const facts = columns.find(({ column }) => column.name === type)
    return facts !== undefined && facts.texts !== null && facts.isDistinctExact && facts.distinct > 0 && facts.distinct <= MOST_KINDS
  })
}

interface Kind {
  readonly text: string
  rows: number
  readonly found: Float64Array
}

class PairWatch {
  readonly #pair: { readonly type: string; readonly id: string }
  readonly #relation: Relation
  readonly #type: number
  readonly #id: number
  readonly #text: (data: Buffer, start: number, length: number) => string
  readonly #hash: FieldHash
  readonly #keys: readonly KeyFacts[]
  readonly #kinds = new Map<string, Kind>()
  readonly #lanes = new Int32Array(2)

  constructor(
    pair: { readonly type: string; readonly id: string },
    { relation, names, keys }: { readonly relation: Relation; readonly names: readonly string[]; readonly keys: readonly KeyFacts[] },
  ) {
    const id = columnOf(relation, pair.id)
    this.#pair = pair
    this.#relation = relation
    this.#type = names.indexOf(pair.type)
    this.#id = names.indexOf(pair.id)
    this.#text = valueText(columnOf(relation, pair.type).type)
    this.#hash = fieldHash(id.type)
    this.#keys = keys.filter(
      key =>
        key.columns.length === 1 &&
        key.kinds[0] === hashKind(id.type) &&
        !key.values.isOver &&
        key.relation.primaryKey?.[0] === key.columns[0],
    )
  }

  add(data: Buffer, start: Int32Array, length: Int32Array): void {
    const typeLength = length[this.#type] as number
    const idLength = length[this.#id] as number
    if (typeLength < 0 || idLength < 0) return
    const text = this.#text(data, start[this.#type] as number, typeLength).trim()
    const kind = this.#kinds.get(text) ?? { text, rows: 0, found: new Float64Array(this.#keys.length) }
    this.#kinds.set(text, kind)
    kind.rows++
    const lanes = this.#lanes
    lanes.fill(0)
    this.#hash(data, start[this.#id] as number, idLength, lanes)
    for (let i = 0; i < this.#keys.length; i++)
      if ((this.#keys[i] as KeyFacts).values.has(lanes[0] as number, lanes[1] as number)) kind.found[i] = (kind.found[i] as number) + 1
  }

  facts(): PolymorphicFacts {
    const kinds = [...this.#kinds.values()].sort((a, b) => b.rows - a.rows || (a.text < b.text ? -1 : 1))
    return { child: this.#relation, typeColumn: this.#pair.type, idColumn: this.#pair.id, kinds: kinds.map(kind => this.#kindFacts(kind)) }
  }

  /** A table of that name, else none: numbers that fit several tables prove nothing. */
  #kindFacts({ text, rows, found }: Kind): PolymorphicKind {
    const words = tableWords(text.split(/[.\\/:]+/).at(-1) ?? text).join('')
    const at = this.#keys.findIndex(
      key => tableWords(key.relation.name).join('') === words || snakeCase(key.relation.name) === snakeCase(text),
    )
    const key = this.#keys[at]
    if (key === undefined) return { word: null, rows, parent: null }
    return { word: text, rows, parent: { relation: key.relation, column: key.columns[0] ?? '', found: found[at] ?? 0 } }
  }
}
