import { maskValue } from '../cast/mask-value.ts'
import { valueText } from '../cast/value-text.ts'
import type { Ledger } from '../ledger/ledger.ts'
import type { Finding } from '../model/finding.ts'
import type { Difference } from '../model/results.ts'
import { isAsTyped, type WantedExample, wantedExamples } from '../plan/example-watch.ts'
import type { TargetReader } from '../target/target.ts'
import type { Differences } from './differences.ts'
import { placeOf } from './explain-rows.ts'
import type { TableScope, VerifiedEntity } from './table-scopes.ts'
import { TupleStream } from './tuple-stream.ts'

export interface ExamplesSetting {
  readonly entities: readonly VerifiedEntity[]
  readonly scopes: readonly TableScope[]
  readonly differences: Differences
  readonly showValues: boolean
  readonly signal: AbortSignal
  reader(service: string): TargetReader
  ledger(service: string): Pick<Ledger, 'known'>
  /** Examples of an entity that cannot be looked at, and why. */
  onNoExamples(of: VerifiedEntity, reason: string): void
}

/**
 * Compares what a person typed into the manifest with what the target holds under those keys: legacy key → id map → row. Runs no row program, so it finds a wrong one, and a wrong
 * mapping. A key that leads to no row is a difference, unless its example is for every tenant that has the row.
 */
export async function verifyExamples(setting: ExamplesSetting): Promise<void> {
  for (const of of setting.entities) if (of.facts.entity.examples.length > 0) await new EntityExamples(of, setting).run()
}

/** A difference of kind `example` for what the program gave a row when it was recomputed. */
export function exampleDifference(of: VerifiedEntity, finding: Finding): Difference {
  const { key = [] } = finding.where
  const column = finding.where.column === undefined ? null : String(finding.where.column)
  const told = column === null ? { expected: 'a loaded row', actual: null } : { expected: 'the value typed in', actual: 'another value' }
  return { ...placeOf(of), key, id: null, table: of.compiled.tables[0]?.name ?? '', column, ...told, kind: 'example' }
}

class EntityExamples {
  readonly #of: VerifiedEntity
  readonly #setting: ExamplesSetting
  readonly #scope: TableScope | undefined

  constructor(of: VerifiedEntity, setting: ExamplesSetting) {
    this.#of = of
    this.#setting = setting
    this.#scope = setting.scopes.find(scope => scope.writers.some(writer => writer.of === of && writer.shape === 0))
  }

  async run(): Promise<void> {
    const { facts, compiled, tenant, number } = this.#of
    const { entity } = facts
    const target = this.#scope?.relation
    const wanted = wantedExamples({ entity, tenant: tenant?.code ?? null, compiled, target })
    if (wanted.length === 0) return
    const known = await this.#setting.ledger(entity.service).known(
      number,
      tenant?.number ?? 0,
      wanted.map(one => one.key),
    )
    const there: { readonly one: WantedExample; readonly id: string }[] = []
    for (const [i, one] of wanted.entries()) {
      const found = known[i] ?? null
      if (found?.state === 'loaded') there.push({ one, id: found.id.toLowerCase() })
      else if (found !== null) this.#tell(one, { id: null, column: null, expected: 'a loaded row', actual: `a row that is ${found.state}` })
      // An example for every tenant is one for those that have the row.
      else if (one.example.tenant !== null || tenant === null) this.#tellNoRow(one, null)
    }
    if (there.length > 0) await this.#compare(there)
  }

  async #compare(there: readonly { readonly one: WantedExample; readonly id: string }[]): Promise<void> {
    const { reader, signal, onNoExamples } = this.#setting
    const scope = this.#scope
    const idColumn = this.#of.compiled.tables[0]?.idColumn ?? null
    const isUuid = scope?.relation.columns.find(column => column.name === idColumn)?.type.name === 'uuid'
    if (scope === undefined || idColumn === null || !isUuid)
      return onNoExamples(this.#of, 'its table has no uuid column by which its rows could be found')
    const columns = [...new Set([idColumn, ...there.flatMap(({ one }) => one.columns.map(column => column.name))])]
    // Of any tenant: what became of the row’s tenant is for others to say.
    const ids = [...new Set(there.map(({ id }) => id))]
    const rows = reader(scope.service).rows({ table: scope.rows.table, tenant: null, columns, orderBy: idColumn, ids, signal })
    const stream = new TupleStream(rows, { fields: columns.length, what: scope.label })
    const missing = new Set(ids)
    try {
      while (await stream.row()) {
        const data = stream.copy()
        const fields = columns.map((_, i) => fieldOf(data, stream, i))
        const id = fields[0]?.toString('hex').replace(UUID, '$1-$2-$3-$4-$5') ?? ''
        missing.delete(id)
        for (const { one } of there.filter(other => other.id === id))
          this.#compareRow(one, id, new Map(columns.map((c, i) => [c, fields[i] ?? null])))
        stream.pass()
      }
    } finally {
      await stream.close()
    }
    for (const { one, id } of there) if (missing.has(id)) this.#tellNoRow(one, id)
  }

  #compareRow(one: WantedExample, id: string, row: ReadonlyMap<string, Buffer | null>): void {
    for (const column of one.columns) {
      const actual = row.get(column.name) ?? null
      if (isAsTyped(column, actual)) continue
      const typed = column.field.length === 0 ? null : column.field.subarray(4)
      this.#tell(one, { id, column: column.name, expected: this.#shown(column, typed), actual: this.#shown(column, actual) })
    }
  }

  #shown({ type }: WantedExample['columns'][number], field: Buffer | null): string | null {
    if (field === null) return null
    const text = valueText(type)(field, 0, field.length)
    return this.#setting.showValues ? text : maskValue(type, text)
  }

  #tellNoRow(one: WantedExample, id: string | null): void {
    this.#tell(one, { id, column: null, expected: 'a row', actual: null })
  }

  #tell(one: WantedExample, told: Pick<Difference, 'id' | 'column' | 'expected' | 'actual'>): void {
    const table = this.#of.compiled.tables[0]?.name ?? ''
    this.#setting.differences.add({ ...placeOf(this.#of), key: one.key, table, ...told, kind: 'example' })
  }
}

const UUID = /^(.{8})(.{4})(.{4})(.{4})(.{12})$/

function fieldOf(data: Buffer, { start, length, at }: TupleStream, index: number): Buffer | null {
  const from = (start[index] as number) - at
  return (length[index] as number) < 0 ? null : data.subarray(from, from + (length[index] as number))
}
