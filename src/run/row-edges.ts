export interface RowName {
  readonly name: string
  readonly ordinal: number
}

/** Which row refers to which, within a circle of entities, and how far that leads. */
export class RowEdges {
  /** By the entity that refers. */
  readonly #lists = new Map<string, EdgesOf[]>()

  add(from: RowName, to: RowName): void {
    const lists = this.#lists.get(from.name) ?? []
    this.#lists.set(from.name, lists)
    const known = lists.find(one => one.to === to.name)
    const list = known ?? new EdgesOf(to.name)
    if (known === undefined) lists.push(list)
    list.add(from.ordinal, to.ordinal)
  }

  /** Takes rows and all they refer to, however far; `take` says whether a row is new. */
  follow(
    ordinals: readonly number[],
    { name, take }: { readonly name: string; readonly take: (name: string, ordinal: number) => boolean },
  ): void {
    const queue: RowName[] = ordinals.filter(ordinal => take(name, ordinal)).map(ordinal => ({ name, ordinal }))
    for (let row = queue.pop(); row !== undefined; row = queue.pop()) {
      for (const list of this.#lists.get(row.name) ?? [])
        for (const ordinal of list.from(row.ordinal)) if (take(list.to, ordinal)) queue.push({ name: list.to, ordinal })
    }
  }
}

/** References from one entity to another, chained by the row that refers. */
class EdgesOf {
  readonly to: string
  readonly #last: number[] = []
  readonly #targets: number[] = []
  readonly #before: number[] = []

  constructor(to: string) {
    this.to = to
  }

  add(from: number, to: number): void {
    while (this.#last.length <= from) this.#last.push(-1)
    this.#before.push(this.#last[from] as number)
    this.#last[from] = this.#targets.push(to) - 1
  }

  *from(ordinal: number): Generator<number> {
    for (let i = this.#last[ordinal] ?? -1; i >= 0; i = this.#before[i] as number) yield this.#targets[i] as number
  }
}
