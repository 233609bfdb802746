import type { FunctionUses } from '../model/function-uses.ts'

/** Declarations of the module `rehouse` for function files. */
const MODULE = `/** Made by \`rehouse types\` from the manifest and the sources' catalogues: run it again when one of them changes. */
declare module 'rehouse' {
  /** Lossless carriers: never \`number\` for 64 bits or decimals, never \`Date\`. */
  export type Decimal = string
  /** ISO text in UTC with microseconds: the order of the texts is the order of the times. */
  export type Instant = string
  export type LocalTime = string
  export type Uuid = string
  /** The digits as they stood in the source. */
  export interface JsonNumber { readonly text: string }
  export type Json = null | boolean | string | JsonNumber | readonly Json[] | { readonly [key: string]: Json }
  export interface Note { readonly code: string; readonly detail?: Json }
  export type Outcome<T> =
    | { readonly value: T | null; readonly note?: Note | readonly Note[] }
    | { readonly exclude: string }
    | { readonly quarantine: string }
  export interface Context {
    readonly tenant: { readonly key: string; readonly zone: string }
    readonly option: Readonly<Record<string, string>>
  }
  /** Pure: the same values, the same answer. */
  export type MappingFunction<Uses, T> = (uses: Readonly<Uses>, context: Context) => Outcome<T>`

/** The declarations, and what each function of the mapping is given. A function used in several places is given the one or the other. */
export function renderFunctionTypes(functions: readonly FunctionUses[]): string {
  const names = [...new Set(functions.map(one => one.name))]
  const interfaces = names.map(name => {
    const forms = [...new Set(functions.filter(one => one.name === name).map(formOf))]
    const places = functions.filter(one => one.name === name).map(one => one.entity)
    return `  /** What \`${name}\` is given: ${[...new Set(places)].join(', ')}. */\n  export type ${capital(name)}Uses = ${forms.join(' | ')}`
  })
  return `${[MODULE, ...interfaces].join('\n\n')}\n}\n`
}

function formOf({ uses }: FunctionUses): string {
  return `{ ${uses.map(use => `readonly ${use.name}: ${use.type} | null`).join('; ')} }`
}

function capital(name: string): string {
  return name.slice(0, 1).toUpperCase() + name.slice(1)
}
