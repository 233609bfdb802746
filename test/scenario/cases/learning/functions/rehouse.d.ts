/** What a mapping function sees and may answer: the part of what `rehouse types` writes that these functions need. */
declare class JsonNumber {
  readonly text: string
}

declare module 'rehouse' {
  export type Instant = string
  export type Uuid = string
  export type Json = null | boolean | string | JsonNumber | readonly Json[] | { readonly [key: string]: Json }
  export interface Note {
    readonly code: string
    readonly detail?: Json
  }
  export type Outcome<T> =
    | { readonly value: T | null; readonly note?: Note | readonly Note[] }
    | { readonly exclude: string }
    | { readonly quarantine: string }
  export interface Context {
    readonly option: { readonly ambiguous: string }
  }
  export type MappingFunction<Uses, T> = (uses: Readonly<Uses>, context: Context) => Outcome<T>
}
