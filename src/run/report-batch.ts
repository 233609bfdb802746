import type { EventListener } from '../events.ts'
import type { BatchOutcome } from './batch-outcome.ts'
import type { FilledBatch, LoadContext } from './load-context.ts'

/** The log line of a batch. */
export function reportBatch(
  emit: EventListener,
  of: { batch: FilledBatch; outcome: BatchOutcome; entity: string; tenant: LoadContext['tenant']; seconds: number },
): void {
  const { batch, outcome, entity, tenant, seconds } = of
  emit({
    type: 'batch:committed',
    batch_id: batch.id,
    entity_type: entity,
    tenant_id: tenant?.id ?? null,
    tenant: tenant?.code ?? null,
    count: outcome.counts.read,
    counts: outcome.counts,
    bytes: outcome.bytes,
    duration: seconds,
    checksum: outcome.digest.toString('hex'),
  })
}
