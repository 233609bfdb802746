import { canonicalKey } from '../base/key-text.ts'
import { TupleCursor } from '../base/tuple-cursor.ts'
import { TupleWriter } from '../base/tuple-writer.ts'
import { integerKey, keyText } from '../cast/key-text.ts'
import { literalEncoder } from '../cast/literal-encoder.ts'
import { hasValueText } from '../cast/value-text.ts'
import type { TargetRelation } from '../model/catalogue.ts'
import type { Finding } from '../model/finding.ts'
import type { Entity, Example } from '../model/mapping.ts'
import type { SqlType } from '../model/sql-type.ts'
import type { BatchBuffers } from './batch-buffers.ts'
import type { KeyPlan } from './compile-context.ts'
import type { CompiledEntity } from './compile-entity.ts'
import { Problems } from './problems.ts'

export interface WatchOptions {
  readonly entity: Entity
  /** The tenant's code; null = shared rows. */
  readonly tenant: string | null
  readonly compiled: CompiledEntity
  /** The head table. */
  readonly target: TargetRelation | undefined
}

/** An example of the manifest in the bytes the row program writes. */
export interface WantedExample {
  readonly example: Example
  /** As the ledger keeps it. */
  readonly key: readonly string[]
  readonly halves: Int32Array | null
  readonly text: string
  /** `field`: the value with its length in front; empty = NULL. */
  readonly columns: readonly { readonly name: string; readonly place: number; readonly type: SqlType; readonly field: Buffer }[]
}

/** A key that rows are looked for by. */
interface WatchedKey {
  readonly halves: Int32Array | null
  readonly text: string
  readonly examples: readonly WantedExample[]
  isSeen: boolean
}

/**
 * Compares the rows that examples of the manifest speak of with what a person typed in, right after the program ran them.
 * Costs a comparison of numbers (or one look into a map) for every other row.
 */
export class ExampleWatch {
  readonly #options: WatchOptions
  /** Examples by key: one row may have several. */
  readonly #keys: readonly WatchedKey[]
  readonly #byText: ReadonlyMap<string, WatchedKey>
  #left: number
  readonly findings: Finding[] = []

  /** Null: the entity has no examples for this tenant. What is wrong with them themselves is found by `checkExamples`. */
  static of(options: WatchOptions): ExampleWatch | null {
    const { wanted } = compileExamples(options)
    return wanted.length === 0 ? null : new ExampleWatch(options, wanted)
  }

  private constructor(options: WatchOptions, wanted: readonly WantedExample[]) {
    this.#options = options
    const byKey = Map.groupBy(wanted, one => one.halves?.join() ?? one.text)
    this.#keys = [...byKey.values()].map(examples => ({
      halves: examples[0]?.halves ?? null,
      text: examples[0]?.text ?? '',
      examples,
      isSeen: false,
    }))
    this.#byText = new Map(this.#keys.map(one => [one.text, one]))
    this.#left = this.#keys.length
  }

  /** Whether every example was met. */
  get isDone(): boolean {
    return this.#left === 0
  }

  /** The row the program has just run; `loadedBefore`: how many rows of the batch were loaded before it. */
  look(batch: BatchBuffers, loadedBefore: number): void {
    if (this.#left === 0) return
    const found = this.#find()
    if (found === null || found.isSeen) return
    found.isSeen = true
    this.#left--
    for (const one of found.examples) {
      if (batch.loaded === loadedBefore) this.#tell(one, 'a row that was not loaded', null)
      else this.#compare(one, batch.tables[0]?.slice(loadedBefore, batch.loaded) ?? Buffer.alloc(0))
    }
  }

  #find(): WatchedKey | null {
    const { key, rowKey, state } = this.#options.compiled
    if (rowKey?.isKnown !== true) return null
    if (key?.isInteger !== true) return this.#byText.get(state.keyText) ?? null
    const { keyHalves } = state
    for (let i = 0; i < this.#keys.length; i++) {
      const one = this.#keys[i] as WatchedKey
      if (one.halves !== null && one.halves[1] === keyHalves[1] && one.halves[0] === keyHalves[0]) return one
    }
    return null
  }

  #compare(found: WantedExample, tuple: Buffer): void {
    const cursor = new TupleCursor(this.#options.compiled.tables[0]?.columns.length ?? 0)
    cursor.push(tuple)
    if (!cursor.next()) {
      this.#tell(found, 'a row that writes nothing there', null)
      return
    }
    for (const column of found.columns) {
      const length = cursor.length[column.place] as number
      const start = cursor.start[column.place] as number
      const field = length < 0 ? null : cursor.data.subarray(start, start + length)
      if (!isAsTyped(column, field)) this.#tell(found, field === null ? 'NULL' : 'another value', column.name)
    }
  }

  /** After all rows were read from the first: keys nobody had. */
  finish(): void {
    // An example for every tenant is one for those that have the row.
    for (const { examples, isSeen } of this.#keys)
      for (const one of isSeen ? [] : examples)
        if (one.example.tenant !== null || this.#options.tenant === null) this.#tell(one, 'no row with this key', null)
  }

  #tell({ example, columns }: WantedExample, got: string, column: string | null): void {
    const { entity, tenant } = this.#options
    const wanted =
      column === null ? 'a loaded row' : columns.some(one => one.name === column && one.field.length === 0) ? 'NULL' : 'the value typed in'
    this.findings.push({
      code: 'EXAMPLE_DIFFERS',
      severity: 'error',
      where: {
        file: example.at.file,
        line: example.at.line,
        ...(tenant === null ? {} : { tenant }),
        entity: entity.name,
        key: example.key,
        ...(column === null ? {} : { column }),
      },
      message: `expected ${wanted} as the example of ${entity.name} has it${column === null ? '' : `, in ${column}`}, got ${got}`,
      next: 'Correct the mapping, or the example if it was wrong.',
    })
  }
}

/** Whether a field of the target, null = NULL, is what a person typed in: the same bytes, or the same in the canonical form. */
export function isAsTyped({ type, field }: WantedExample['columns'][number], actual: Buffer | null): boolean {
  if (actual === null || field.length === 0) return actual === null && field.length === 0
  const expected = field.subarray(4)
  if (expected.equals(actual)) return true
  if (!hasValueText(type)) return false
  const text = keyText(type)
  return text(expected, 0, expected.length) === text(actual, 0, actual.length)
}

/** What is wrong with an entity's examples: a column, a key or a value that cannot be. */
export function checkExamples(options: WatchOptions): readonly Finding[] {
  return compileExamples(options).findings
}

/** The entity’s examples for this tenant, but those that are wrong themselves. */
export function wantedExamples(options: WatchOptions): readonly WantedExample[] {
  return compileExamples(options).wanted
}

function compileExamples(options: WatchOptions): { readonly wanted: readonly WantedExample[]; readonly findings: readonly Finding[] } {
  const { entity, tenant, compiled } = options
  const problems = new Problems({ entity: entity.name, ...(tenant === null ? {} : { tenant }) })
  const { key } = compiled
  if (key === null) return { wanted: [], findings: [] }
  const wanted = entity.examples
    .filter(example => example.tenant === null || example.tenant === tenant)
    .flatMap(example => {
      const one = compileExample(example, key, { options, problems })
      return one === null ? [] : [one]
    })
  return { wanted, findings: problems.findings }
}

function compileExample(
  example: Example,
  key: KeyPlan,
  { options, problems }: { readonly options: WatchOptions; readonly problems: Problems },
): WantedExample | null {
  if (example.key.length !== key.types.length) {
    const message = `expected ${key.types.length} parts of the key (${key.names.join(', ')}) in the example, got ${example.key.length}`
    problems.error('MANIFEST_INVALID', message, {
      at: example.at,
      next: 'Write the key as `rehouse lookup` takes it; a list for a composite key.',
    })
    return null
  }
  const fields = example.key.map((part, i) => encoded({ value: part, type: key.types[i] as SqlType, at: example.at }, problems))
  const columns = example.values.map(value => compileColumn(value, { options, problems }))
  if (fields.some(field => field === null) || columns.some(column => column === null)) return null
  const known = fields.filter(field => field !== null)
  const toHalves = key.isInteger ? integerKey(key.types[0] as SqlType) : null
  const halves = new Int32Array(2)
  const [first] = known
  if (toHalves !== null && first !== undefined) toHalves(first, 4, first.length - 4, halves)
  const parts = known.map((field, i) => keyText(key.types[i] as SqlType, key.equalities[i])(field, 4, field.length - 4))
  const text = toHalves === null ? canonicalKey(parts) : ''
  return { example, key: parts, halves: toHalves === null ? null : halves, text, columns: columns.filter(column => column !== null) }
}

function compileColumn(
  { column, value, at }: Example['values'][number],
  { options, problems }: { readonly options: WatchOptions; readonly problems: Problems },
): WantedExample['columns'][number] | null {
  const place = options.compiled.tables[0]?.columns.indexOf(column) ?? -1
  const type = options.target?.columns.find(known => known.name === column)?.type
  if (place < 0 || type === undefined) {
    problems.error(
      'MAPPING_UNKNOWN_COLUMN',
      `expected a column of the first table of ${options.entity.name} in its example, got ${column}`,
      {
        at,
        next: `Use one of: ${options.compiled.tables[0]?.columns.join(', ') ?? ''}.`,
      },
    )
    return null
  }
  if (value === null) return { name: column, place, type, field: Buffer.alloc(0) }
  const field = encoded({ value, type, at }, problems)
  return field === null ? null : { name: column, place, type, field }
}

/** The field with its length in front; null, with an error found: the value is none of the type. */
function encoded(
  { value, type, at }: { value: Parameters<typeof literalEncoder>[0]; type: SqlType; at: Example['at'] },
  problems: Problems,
): Buffer | null {
  return problems.attempt<Buffer | null>({ ...at }, null, () => {
    const out = new TupleWriter(64)
    literalEncoder(value, type)(out)
    return Buffer.from(out.bytes())
  })
}
