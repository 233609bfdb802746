import { canonicalKey } from '../base/key-text.ts'
import { TupleWriter } from '../base/tuple-writer.ts'
import { uuidText } from '../base/uuid-text.ts'
import { integerKey, keyText } from '../cast/key-text.ts'
import { literalEncoder } from '../cast/literal-encoder.ts'
import { RehouseError } from '../errors.ts'
import { type JsonLiteral, mayMerge } from '../model/mapping.ts'
import type { SqlType } from '../model/sql-type.ts'
import type { CompileContext, ParentFacts } from './compile-context.ts'
import type { FunctionUse } from './function-realm.ts'
import { parentId } from './parent-key.ts'

/** Identifiers that are made of the key alone, unless the row may be another row. */
const COMPUTED: ReadonlySet<string> = new Set(['ordered', 'hashed', 'v5', 'keep'])

type FindRef = FunctionUse['ref']

/** Whether a row's identifier can be told from its key: not where an identity map has it, nor where the row may be another one. */
export function isRefComputed({ strategy, entity }: Pick<ParentFacts, 'strategy' | 'entity'>): boolean {
  return COMPUTED.has(strategy) && !mayMerge(entity)
}

/** `context.ref`: the identifier a reference to the row would have. Computed: whether there is such a row is not asked. */
export function compileFunctionRef(context: Pick<CompileContext, 'parent' | 'identifiers' | 'tenant'>): FindRef {
  const known = new Map<string, (key: readonly unknown[]) => ReturnType<FindRef>>()
  return (entity, key) => {
    const find = known.get(entity) ?? refTo(context.parent(entity), context)
    known.set(entity, find)
    return find(key)
  }
}

function refTo(
  parent: ParentFacts | null,
  context: Pick<CompileContext, 'identifiers' | 'tenant'>,
): (key: readonly unknown[]) => ReturnType<FindRef> {
  if (parent === null) return () => ({ wrong: 'UnknownEntity' })
  if (!isRefComputed(parent)) return () => ({ wrong: 'IdentifierNotComputed' })
  const ids = parentId(parent, context)
  const id = Buffer.alloc(16)
  return key => {
    const fields = key.length === parent.keyTypes.length ? fieldsOf(key, parent.keyTypes) : null
    if (fields === null) return { wrong: 'WrongKey' }
    const [first] = fields
    const toHalves = fields.length === 1 && first !== undefined ? integerKey(first.type) : null
    if (first !== undefined && toHalves !== null) {
      const halves = new Int32Array(2)
      toHalves(first.data, 4, first.data.length - 4, halves)
      ids.fromHalves(halves, id, 0)
    } else if (first !== undefined && parent.strategy === 'keep') first.data.copy(id, 0, 4, 20)
    else ids.fromText(canonicalKey(fields.map(({ data, type }, i) => keyText(type, parent.keyEqualities[i])(data, 4, data.length - 4))), id)
    return uuidText(id, 0)
  }
}

/** Each part as a field of its type; null: one cannot be. */
function fieldsOf(key: readonly unknown[], types: readonly SqlType[]): readonly { readonly data: Buffer; readonly type: SqlType }[] | null {
  try {
    return types.map((type, i) => {
      const out = new TupleWriter(64)
      literalEncoder(partOf(key[i]), type)(out)
      return { data: Buffer.from(out.bytes()), type }
    })
  } catch (error) {
    if (error instanceof RehouseError || error instanceof TypeError) return null
    throw error
  }
}

function partOf(value: unknown): JsonLiteral {
  if (typeof value === 'string') return value
  if (typeof value === 'bigint' || Number.isSafeInteger(value)) return { digits: String(value) }
  throw new TypeError('expected a text or an integer')
}
