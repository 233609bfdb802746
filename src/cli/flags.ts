import { bug } from '../errors.ts'

/** The values of a command's flags, by their names in the command table. Asking for a flag with another type than the table gives it is a bug. */
export class Flags {
  readonly #values: ReadonlyMap<string, unknown>

  constructor(values: ReadonlyMap<string, unknown>) {
    this.#values = values
  }

  isOn(name: string): boolean {
    return this.#values.get(name) === true
  }

  isGiven(name: string): boolean {
    return this.#values.get(name) !== undefined
  }

  text(name: string): string | undefined {
    const value = this.#values.get(name)
    if (value === undefined || typeof value === 'string') return value
    throw wrongType(name, 'a text', value)
  }

  /** `true`: given without a text. */
  optionalText(name: string): true | string | undefined {
    return this.isOn(name) ? true : this.text(name)
  }

  count(name: string): number | undefined {
    const value = this.#values.get(name)
    if (value === undefined || typeof value === 'number') return value
    throw wrongType(name, 'a number', value)
  }

  /** Null: all. */
  countOrAll(name: string): number | null | undefined {
    return this.#values.get(name) === 'all' ? null : this.count(name)
  }

  /** Undefined when never given. */
  list(name: string): readonly string[] | undefined {
    const value = this.#values.get(name)
    if (value === undefined) return undefined
    if (Array.isArray(value)) return value.map(String)
    throw wrongType(name, 'a list', value)
  }
}

function wrongType(name: string, expected: string, value: unknown): Error {
  return bug(`expected flag --${name} to be ${expected}, got ${typeof value}`)
}

/** The same without members that are undefined, for options that must be absent rather than undefined. */
export function definedOnly<T extends object>(members: T): { readonly [K in keyof T]?: Exclude<T[K], undefined> } {
  const entries = Object.entries(members).filter(([, value]) => value !== undefined)
  // The filter above is what the type says.
  return Object.fromEntries(entries) as { readonly [K in keyof T]?: Exclude<T[K], undefined> }
}
