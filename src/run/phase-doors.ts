import type { RehouseError } from '../errors.ts'

/** Lets tenants into a phase once its shared rows are complete; closed for good when they cannot be. */
export class PhaseDoors {
  readonly #doors = new Map<string, PromiseWithResolvers<void>>()
  #closedBy: RehouseError | null = null

  constructor(phases: readonly string[]) {
    for (const phase of phases) {
      const door = Promise.withResolvers<void>()
      // A door nobody waits at may still be closed.
      door.promise.catch(() => undefined)
      this.#doors.set(phase, door)
    }
  }

  wait(phase: string): Promise<void> {
    return this.#doors.get(phase)?.promise ?? Promise.resolve()
  }

  open(phase: string): void {
    this.#doors.get(phase)?.resolve()
  }

  openAll(): void {
    for (const door of this.#doors.values()) door.resolve()
  }

  /** Who waits is told the error; doors that are open stay so. */
  close(error: RehouseError): void {
    this.#closedBy = error
    for (const door of this.#doors.values()) door.reject(error)
  }

  /** Whether an error is the one that closed the doors, met by somebody who waited. */
  isClosedBy(error: RehouseError): boolean {
    return error.code === this.#closedBy?.code && error.message === this.#closedBy.message
  }
}
