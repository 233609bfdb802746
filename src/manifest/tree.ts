import type { Place } from '../model/place.ts'

/** A manifest as a plain tree with places: aliases and merges resolved, keys unique and texts. Parts that were aliased are shared, not copied. */
export type Tree = ScalarTree | ListTree | MapTree

export interface ScalarTree {
  readonly kind: 'scalar'
  readonly type: 'text' | 'number' | 'boolean' | 'null'
  /** Text: its content. Others: as written, so that numbers keep their digits; '' = nothing was written. */
  readonly text: string
  readonly isPlain: boolean
  /** Stands between `{ }` or `[ ]`, where a comma ends it. */
  readonly isInFlow: boolean
  /** The first character of the content. */
  readonly at: Place
}

export interface ListTree {
  readonly kind: 'list'
  readonly items: readonly Tree[]
  readonly at: Place
}

export interface MapTree {
  readonly kind: 'map'
  readonly entries: ReadonlyMap<string, Entry>
  readonly at: Place
}

export interface Entry {
  readonly key: string
  readonly keyAt: Place
  /** Of the key: `text` unless written as a bare number or boolean. */
  readonly keyType: 'text' | 'number' | 'boolean'
  readonly isKeyPlain: boolean
  readonly value: Tree
}

/** What was found, for messages. `isSecret`: the value itself is never shown. */
export function describeTree(tree: Tree, isSecret = false): string {
  if (tree.kind !== 'scalar') return `a ${tree.kind}`
  if (tree.type === 'null') return tree.text === '' ? 'nothing' : 'null'
  if (isSecret) return `a ${tree.type}`
  if (tree.type === 'number') return `the number ${shorten(tree.text)}`
  return tree.type === 'boolean' ? tree.text : `'${shorten(tree.text)}'`
}

/** At most 60 characters, on one line, nothing a terminal would act on. */
export function shorten(text: string): string {
  const cut = text.length > 60 ? `${text.slice(0, 57)}…` : text
  return cut.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu, '·')
}

/** Plain words other YAML readers take for booleans. */
export function isYamlBooleanWord(text: string): boolean {
  return /^(?:yes|no|on|off)$/i.test(text)
}
