import { canonicalKey } from '../base/key-text.ts'
import { integerKey, type KeyPart } from '../cast/key-text.ts'
import type { Place } from '../model/place.ts'
import type { CompileContext } from './compile-context.ts'
import { HAS_KEY, type PartReader, partReader } from './parent-key.ts'
import type { StoreKey } from './related-rows.ts'
import type { RowState, ValueSource } from './row-state.ts'

/** Reads the values rows are matched by; afterwards the key is in `key`. */
export interface MatchKey {
  readonly key: StoreKey
  /** HAS_KEY, NULL_KEY, NO_KEY or SEALED (parent-key.ts). */
  read(row: RowState): number
}

/** `theirs`: of the related relation's side; a value of another type is brought to it, and equals nothing if it cannot be. Null, with an error found: the two cannot be compared. */
export function compileMatchKey(
  sides: readonly { readonly source: ValueSource; readonly at: Place }[],
  theirs: readonly KeyPart[],
  context: CompileContext,
): MatchKey | null {
  const parts: PartReader[] = []
  for (const [i, { source, at }] of sides.entries()) {
    const part = theirs[i] as KeyPart
    const reader = partReader(source, part, context)
    if (reader === null) {
      context.problems.error('MAPPING_TYPE', `expected a value that can be compared with ${part.type.text}, got ${source.type.text}`, {
        at,
        next: 'Cast it in the expression, for example `Column::int4`.',
      })
      return null
    }
    parts.push(reader)
  }
  const [first] = parts
  const toHalves =
    parts.length === 1 && first !== undefined && integerKey((theirs[0] as KeyPart).type) !== null ? integerKey(first.type) : null
  return toHalves !== null && first !== undefined ? integerMatch(first, toHalves) : textMatch(parts)
}

function integerMatch(part: PartReader, toHalves: NonNullable<ReturnType<typeof integerKey>>): MatchKey {
  const halves = new Int32Array(2)
  return {
    key: { isInteger: true, halves, text: '' },
    read: row => {
      const result = part.read(row)
      if (result === HAS_KEY) toHalves(part.scratch.buf, 4, part.scratch.at - 4, halves)
      return result
    },
  }
}

function textMatch(parts: readonly PartReader[]): MatchKey {
  const words: string[] = parts.map(() => '')
  const key = { isInteger: false, halves: new Int32Array(2), text: '' }
  return {
    key,
    read: row => {
      for (let i = 0; i < parts.length; i++) {
        const part = parts[i] as PartReader
        const result = part.read(row)
        if (result !== HAS_KEY) return result
        words[i] = part.text(part.scratch.buf, 4, part.scratch.at - 4)
      }
      key.text = canonicalKey(words)
      return HAS_KEY
    },
  }
}
