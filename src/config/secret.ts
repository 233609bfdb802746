import { inspect } from 'node:util'

const DOTS = '••••'

/** A value that is never shown: as text, as JSON and in the inspector it is `••••`. Only `reveal` gives it, to the one who connects. */
export class Secret {
  readonly #value: string

  constructor(value: string) {
    this.#value = value
  }

  reveal(): string {
    return this.#value
  }

  toString(): string {
    return DOTS
  }

  toJSON(): string {
    return DOTS
  }

  [inspect.custom](): string {
    return DOTS
  }
}
