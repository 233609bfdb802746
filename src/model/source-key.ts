/** By what a source orders its rows and resumes. */
export type SourceKey =
  | { readonly kind: 'columns'; readonly names: readonly string[] }
  /**
   * No key: two columns are delivered before the others, `digest bytea` (SHA-256 of the row's canonical content, 32 bytes) and `copy int8` (1..n among equal rows); ordered by them.
   * A position is then [digest in hex, copy].
   */
  | { readonly kind: 'content' }
