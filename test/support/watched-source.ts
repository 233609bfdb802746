import type { ReadRequest, Source, SourceSnapshot } from '../../src/source/source.ts'

export interface Watch {
  /** Names of the relations that were read, in order. */
  readonly reads: string[]
  /** How often each snapshot's `confirm` was called. */
  confirms: number
}

export interface WatchOptions {
  /** Called before each chunk is given on; may wait or throw. */
  readonly beforeChunk?: (relation: string, chunk: number) => Promise<void> | void
  readonly confirm?: () => Promise<void> | void
}

/** A source that tells what is read of it. */
export function watched(source: Source, watch: Watch, options: WatchOptions = {}): Source {
  return {
    engine: source.engine,
    capability: source.capability,
    label: source.label,
    describe: () => source.describe(),
    facts: () => source.facts(),
    openSnapshot: async relations => watchedSnapshot(await source.openSnapshot(relations), watch, options),
    close: () => source.close(),
  }
}

function watchedSnapshot(snapshot: SourceSnapshot, watch: Watch, { beforeChunk, confirm }: WatchOptions): SourceSnapshot {
  return {
    id: snapshot.id,
    marker: snapshot.marker,
    origin: snapshot.origin,
    count: relation => snapshot.count(relation),
    read: async function* (request: ReadRequest) {
      watch.reads.push(request.relation.name)
      let chunks = 0
      for await (const chunk of snapshot.read(request)) {
        await beforeChunk?.(request.relation.name, chunks++)
        yield chunk
      }
    },
    close: () => snapshot.close(),
    ...(confirm === undefined
      ? {}
      : {
          confirm: async () => {
            watch.confirms++
            await confirm()
          },
        }),
  }
}
