import { createContext, Script } from 'node:vm'
import { RehouseError } from '../errors.ts'

/** How long a call of a mapping function may take; it is stopped between this and twice as long. */
export const CALL_MS = 10_000

/** What was stopped, as the row it was made for is to be refused. */
export interface StoppedCall {
  readonly code: string
  readonly column: string
  /** Names the function, never a value. */
  readonly detail: string
}

/** What a time limit can be put on is a script, run in a place of its own. Made when first needed, which is rarely. */
let timer: { readonly place: ReturnType<typeof createContext>; readonly script: Script } | null = null

/** A call that was stopped. Caught by who made it, or, where rows are watched together, by who watches. */
export class CallStopped extends Error {}

/**
 * Sees to it that no call of a function goes on for ever. Watching costs a thread, so many rows are watched together (`rows`); a call outside of that is watched alone.
 * Whatever runs when the time is up ends there and then, in the middle of anything: so what runs must be a function's call, which nothing else waits half done for.
 */
export class FunctionWatch {
  readonly #limitMs: number
  #current: StoppedCall | null = null
  #isWatched = false

  constructor(limitMs: number = CALL_MS) {
    this.#limitMs = limitMs
  }

  /** Makes one call. Throws CallStopped where its time was up and it was watched alone. */
  call<T>(what: StoppedCall, work: () => T): T {
    this.#current = what
    try {
      if (this.#isWatched) return work()
      let made: { readonly value: T } | null = null
      this.#isWatched = true
      try {
        this.#timed(this.#limitMs, () => {
          made = { value: work() }
        })
      } finally {
        this.#isWatched = false
      }
      if (made === null) throw new CallStopped()
      return (made as { readonly value: T }).value
    } finally {
      this.#current = null
    }
  }

  /** Calls `step` until it says false. Where a call inside of it is stopped, `stopped` is told, and it goes on with the next step. */
  rows(step: () => boolean, stopped: (call: StoppedCall) => void): void {
    let goesOn = true
    const work = (): void => {
      const until = performance.now() + this.#limitMs
      do goesOn = step()
      while (goesOn && performance.now() < until)
    }
    this.#isWatched = true
    try {
      while (goesOn) {
        if (this.#timed(this.#limitMs * 2, work)) continue
        const call = this.#current
        this.#current = null
        if (call === null) throw late(this.#limitMs * 2)
        stopped(call)
      }
    } finally {
      this.#isWatched = false
      this.#current = null
    }
  }

  /** False: the time was up. */
  #timed(timeout: number, work: () => void): boolean {
    timer ??= { place: createContext({}), script: new Script('work()') }
    const { place, script } = timer
    place['work'] = work
    try {
      script.runInContext(place, { timeout, displayErrors: false })
      return true
    } catch (error) {
      if (isTimeout(error)) return false
      throw error
    } finally {
      place['work'] = null
    }
  }
}

/** It comes from the script's own realm: no instance of this one's Error. */
function isTimeout(error: unknown): boolean {
  return typeof error === 'object' && error !== null && 'code' in error && error.code === 'ERR_SCRIPT_EXECUTION_TIMEOUT'
}

/** Nothing of a function was running, so the machine stood still: what was under way is half done. */
function late(ms: number): RehouseError {
  return new RehouseError('INTERRUPTED', `expected a few rows to take less than ${ms / 1000} seconds, got a machine that stood still`, {
    next: 'Run the same command with --resume.',
  })
}
