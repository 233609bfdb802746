import { type KeyIndex, LOADED } from '../base/key-index.ts'
import { ValueError } from '../expression/value-error.ts'
import type { SettledReference } from '../plan/compile-context.ts'
import { HAS_KEY, NO_KEY } from '../plan/parent-key.ts'
import { FateSealed, type RowState } from '../plan/row-state.ts'
import type { CircleMember } from './circle-member.ts'
import { readRows } from './read-rows.ts'

/** No such key can be: the reference leads nowhere. */
export const NOWHERE = -1

/** What one reference of an entity's loaded rows leads to, as pairs of ordinals in the two indexes; in the order of the rows. */
export class EdgeList {
  readonly child: string
  readonly parent: string
  readonly reference: Pick<SettledReference, 'column' | 'missingCode' | 'isLate'>
  #children = new Int32Array(1 << 6)
  #parents = new Int32Array(1 << 6)
  #size = 0

  constructor(between: { readonly child: string; readonly parent: string }, reference: EdgeList['reference']) {
    this.child = between.child
    this.parent = between.parent
    this.reference = reference
  }

  get size(): number {
    return this.#size
  }

  add(child: number, parent: number): void {
    if (this.#size === this.#children.length) {
      this.#children = grown(this.#children)
      this.#parents = grown(this.#parents)
    }
    this.#children[this.#size] = child
    this.#parents[this.#size++] = parent
  }

  childAt(edge: number): number {
    return this.#children[edge] as number
  }

  parentAt(edge: number): number {
    return this.#parents[edge] as number
  }
}

function grown(array: Int32Array<ArrayBuffer>): Int32Array<ArrayBuffer> {
  const next = new Int32Array(array.length * 2)
  next.set(array)
  return next
}

/** Reads a member's keys and settled references again, of the rows that are loaded. One list per reference. */
export async function readEdges(member: CircleMember, indexOf: (entity: string) => KeyIndex): Promise<readonly EdgeList[]> {
  const { compiled, name } = member
  const { rowKey, state, settled } = compiled
  if (rowKey === null || settled.length === 0) return []
  const lists = settled.map(reference => new EdgeList({ child: name, parent: reference.parent.entity.name }, reference))
  const own = indexOf(name)
  rowKey.restart()
  for await (const rows of readRows(member)) {
    while (rows.next()) {
      state.begin(rows.cursor)
      if (!rowKey.read(state)) continue
      const child = rowKey.find(state, own)
      if (child < 0 || own.state(child) !== LOADED) continue
      const isMerged = own.aliases.has(child)
      for (const [i, reference] of settled.entries()) {
        // A row that is another row refers to that one alone: it has no columns.
        if (reference.isSameAs !== isMerged) continue
        const list = lists[i] as EdgeList
        eachParent(reference, { row: state, index: indexOf(list.parent) }, parent => list.add(child, parent))
      }
    }
  }
  return lists
}

/** The ordinals of the rows it leads to, or NOWHERE; of a list one per member, of a row at most one. */
function eachParent(
  { key, when, members }: SettledReference,
  { row, index }: { readonly row: RowState; readonly index: KeyIndex },
  visit: (parent: number) => void,
): void {
  const visitOf = (state: RowState): void => {
    const result = key.read(state)
    if (result === HAS_KEY) visit(key.ordinal(index))
    else if (result === NO_KEY) visit(NOWHERE)
  }
  try {
    if (when !== null && !when(row)) return
    if (members === null) visitOf(row)
    else members(row, visitOf)
  } catch (error) {
    // The row was loaded, so this value is not in it: it stands in a named value that the row has no use for.
    if (!(error instanceof ValueError || error instanceof FateSealed)) throw error
  }
}
