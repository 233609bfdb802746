import { keyParts } from '../base/key-text.ts'
import type { TupleCursor } from '../base/tuple-cursor.ts'
import type { Related } from '../model/mapping.ts'
import type { CompileContext } from './compile-context.ts'
import type { MatchKey } from './match-key.ts'
import type { Orphan } from './owned-relation.ts'
import { HAS_KEY } from './parent-key.ts'
import { integerText } from './row-key.ts'
import type { RowState } from './row-state.ts'

/** What names a related row that belongs to none. `state`: of related rows. */
export function orphanReader(
  theirs: MatchKey,
  { state, nameOf }: { readonly state: RowState; readonly nameOf: (row: RowState) => string },
) {
  return (cursor: TupleCursor): Orphan => {
    state.begin(cursor)
    const isWhole = theirs.read(state) === HAS_KEY
    const { isInteger, halves, text } = theirs.key
    const whole = isInteger ? [integerText(halves)] : (keyParts(text) ?? [text])
    return { key: isWhole ? whole : ['\\N'], child: nameOf(state) }
  }
}

/** Matched columns in the order of the key they are matched with; an error where they are not all of it. */
export function inKeyOrder(one: Related, { entity, key, relation, problems }: CompileContext): Related {
  const at = (ours: Related['match'][number]['ours']): number =>
    ours.kind === 'expression' ? key.names.findIndex(name => name.toLowerCase() === ours.expression.text.trim().toLowerCase()) : -1
  const places = one.match.map(({ ours }) => at(ours))
  const isWhole = new Set(places).size === key.names.length && places.length === key.names.length && !places.includes(-1)
  const why =
    entity.list !== null
      ? 'elements of lists, whose key no table has'
      : relation.many !== undefined
        ? 'rows of many tables'
        : key.source.kind === 'content'
          ? 'rows without a key'
          : isWhole
            ? null
            : one.match.map(({ ours }) => (ours.kind === 'expression' ? ours.expression.text : ours.kind)).join(', ')
  if (why === null) return { ...one, match: one.match.toSorted((a, b) => at(a.ours) - at(b.ours)) }
  problems.error(
    'MAPPING_TYPE',
    `expected \`${one.name}\`, whose rows are owned, to be matched with the whole key (${key.names.join(', ')}), got ${why}`,
    {
      at: one.at,
      next: 'Each owned row must belong to one row: match the columns that hold its key, or take `owns` out.',
    },
  )
  return one
}
