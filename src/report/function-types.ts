import type { FunctionUses, TypesResult } from '../model/function-uses.ts'

/** Declarations of the module `rehouse` for function files. */
const MODULE = `/** Made by \`rehouse types\` from the manifest and the sources' catalogues: run it again when one of them changes. */
/** A number of a document, with the digits as they stood in the source. Nothing else is one: \`value instanceof JsonNumber\`. Throws RangeError for a text that is no number. */
declare class JsonNumber {
  constructor(text: string)
  readonly text: string
}

declare module 'rehouse' {
  /** Lossless carriers: never \`number\` for 64 bits or decimals, never \`Date\`. */
  export type Decimal = string
  /** ISO text in UTC with microseconds: the order of the texts is the order of the times. */
  export type Instant = string
  export type LocalTime = string
  export type Uuid = string
  export type Json = null | boolean | string | JsonNumber | readonly Json[] | { readonly [key: string]: Json }
  export interface Note { readonly code: string; readonly detail?: Json }
  export type Outcome<T> =
    | { readonly value: T | null; readonly note?: Note | readonly Note[] }
    | { readonly exclude: string }
    | { readonly quarantine: string }
  /** Pure: the same values, the same answer; one that does not come to an end is stopped. */
  export type MappingFunction<Uses, T> = (uses: Readonly<Uses>, context: Context) => Outcome<T>`

/** The declarations, and what each function of the mapping is given. A function used in several places is given the one or the other. */
export function renderFunctionTypes({ functions, entities, options }: Omit<TypesResult, 'findings'>): string {
  const names = [...new Set(functions.map(one => one.name))]
  const interfaces = names.map(name => {
    const forms = [...new Set(functions.filter(one => one.name === name).map(formOf))]
    const places = functions.filter(one => one.name === name).map(one => one.entity)
    return `  /** What \`${name}\` is given: ${[...new Set(places)].join(', ')}. */\n  export type ${capital(name)}Uses = ${forms.join(' | ')}`
  })
  return `${[MODULE, contextOf(entities, options), ...interfaces].join('\n\n')}\n}\n`
}

function contextOf(entities: readonly string[], options: readonly string[]): string {
  const known = options.map(name => `readonly ${name}: string`).join('; ')
  return `  export interface Context {
    readonly tenant: { readonly key: string; readonly zone: string }
    readonly option: ${known === '' ? 'Readonly<Record<string, never>>' : `{ ${known} }`}
    /** The identifier of another entity's row, as a reference has it, by its key. That there is such a row is not asked. */
    ref(entity: ${entities.map(name => `'${name}'`).join(' | ') || 'never'}, ...key: readonly (string | bigint | number)[]): Uuid
  }`
}

function formOf({ uses }: FunctionUses): string {
  return `{ ${uses.map(use => `readonly ${use.name}: ${use.type}`).join('; ')} }`
}

function capital(name: string): string {
  return name.slice(0, 1).toUpperCase() + name.slice(1)
}
