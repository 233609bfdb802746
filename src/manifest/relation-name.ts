import { splitName } from '../base/table-label.ts'
import { type RelationName, VIEWS } from '../model/mapping.ts'

export function readRelationName(text: string, defaultSource: string): RelationName {
  // Views are asked of the first source.
  if (text.startsWith('view/')) return { source: defaultSource, schema: VIEWS, name: text.slice('view/'.length) }
  const { source, parts } = splitName(text)
  return { source: source ?? defaultSource, schema: parts[0]?.text ?? '', name: parts[1]?.text ?? '' }
}
