import { nearestWord } from '../base/nearest-word.ts'
import type { Code } from '../errors.ts'
import type { Mapping, RelationName } from '../model/mapping.ts'
import type { Place } from '../model/place.ts'
import type { Problems } from './problems.ts'
import { shorten } from './tree.ts'

/** The sentence for a name nothing was defined under. */
export function unknownName(what: string, name: string, known: readonly string[]): { code: Code; message: string; next: string } {
  const near = nearestWord(name, known)
  const message = `expected the name of ${what}, got \`${shorten(name)}\`, which the manifest does not define${near ? `; did you mean \`${near}\`?` : ''}`
  return {
    code: 'MANIFEST_INVALID',
    message,
    next: known.length > 20 ? 'Write a name that is defined in the manifest.' : `Known: ${known.join(', ')}.`,
  }
}

/** False = the source is not defined, and a finding says so. */
export function checkSourceName(
  relation: RelationName,
  at: Place,
  context: { readonly mapping: Mapping; readonly problems: Problems; readonly entity?: string },
): boolean {
  const names = context.mapping.sources.map(source => source.name)
  if (names.includes(relation.source)) return true
  context.problems.add({ at, ...unknownName('a source', relation.source, names), entity: context.entity })
  return false
}
