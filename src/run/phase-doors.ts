/** Lets tenants into a phase once its shared rows are complete; closed for good when they cannot be. */
export class PhaseDoors {
  readonly #doors = new Map<string, PromiseWithResolvers<void>>()

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

  close(error: Error): void {
    for (const door of this.#doors.values()) door.reject(error)
  }
}
