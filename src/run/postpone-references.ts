import type { SchemaDebt } from '../model/ledger-records.ts'
import type { Service } from './load-context.ts'
import type { CascadeContext } from './take-back-cascade.ts'

const ROWS_AT_ONCE = 5_000

/**
 * A foreign key cannot be put back while children stand there whose parents have not come yet. Where their circle is not settled, the reference becomes NULL, as it is
 * written while the key stands; settling sets it (set-references.ts) or takes the row back. Nothing is counted: the rows stay loaded.
 * Resolves to the rows that are to blame themselves.
 */
export async function postponeReferences(
  service: Service,
  debt: SchemaDebt,
  { ids, cascade }: { readonly ids: readonly string[]; readonly cascade: CascadeContext },
): Promise<readonly string[]> {
  const reference = cascade.laterReference(service, debt)
  if (reference === null || ids.length === 0) return ids
  const unsettled = new Set<string>()
  const states = new Map<string, boolean>()
  for (const { id, entity, tenant } of await service.ledger.keysOf(ids)) {
    const task = JSON.stringify([entity, tenant])
    const isSettled = states.get(task) ?? (await cascade.isSettled(entity, tenant))
    states.set(task, isSettled)
    if (!isSettled) unsettled.add(id)
  }
  const pairs = [...unsettled].map(id => ({ id, value: null }))
  for (let at = 0; at < pairs.length; at += ROWS_AT_ONCE)
    await clearSome(service, { ...reference, pairs: pairs.slice(at, at + ROWS_AT_ONCE) })
  return ids.filter(id => !unsettled.has(id))
}

async function clearSome(
  service: Service,
  update: NonNullable<ReturnType<CascadeContext['laterReference']>> & { pairs: readonly { id: string; value: null }[] },
): Promise<void> {
  const writer = await service.target.openWriter()
  try {
    const tx = await writer.begin()
    await tx.updateColumn(update)
    await tx.commit({ durable: true })
  } finally {
    await writer.close()
  }
}
