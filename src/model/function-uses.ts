import type { Finding } from './finding.ts'

/** What `rehouse types` tells. */
export interface TypesResult {
  readonly functions: readonly FunctionUses[]
  /** Those `context.ref` can tell identifiers of. */
  readonly entities: readonly string[]
  /** Names of the options in force. */
  readonly options: readonly string[]
  readonly findings: readonly Finding[]
}

/** What one use of a mapping function is given, in TypeScript’s words. */
export interface FunctionUses {
  readonly entity: string
  readonly file: string
  readonly name: string
  readonly uses: readonly { readonly name: string; readonly type: string }[]
}
