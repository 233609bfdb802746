import type { Writer } from '../target/target.ts'
import type { Service } from './load-context.ts'

/** A lane's sessions, two per service at most, kept from its first entity to its last. */
export class LaneWriters {
  readonly #open = new Map<string, Writer>()

  /** Runs `work` with the first session. After a failure the sessions' transactions may be anywhere, so the next work gets new ones. */
  async with(service: Service, work: (writer: Writer) => Promise<void>): Promise<void> {
    try {
      await work(await this.get(service, 'first'))
    } catch (error) {
      await this.close()
      throw error
    }
  }

  async get(service: Service, which: 'first' | 'second'): Promise<Writer> {
    const name = `${service.name} ${which}`
    const writer = this.#open.get(name) ?? (await service.target.openWriter())
    this.#open.set(name, writer)
    return writer
  }

  /** Idempotent. */
  async close(): Promise<void> {
    const writers = [...this.#open.values()]
    this.#open.clear()
    for (const writer of writers) await writer.close()
  }
}
