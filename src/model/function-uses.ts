import type { Finding } from './finding.ts'

/** What `rehouse types` tells. */
export interface TypesResult {
  readonly functions: readonly FunctionUses[]
  readonly findings: readonly Finding[]
}

/** What one use of a mapping function is given, in TypeScript’s words. */
export interface FunctionUses {
  readonly entity: string
  readonly file: string
  readonly name: string
  readonly uses: readonly { readonly name: string; readonly type: string }[]
}
