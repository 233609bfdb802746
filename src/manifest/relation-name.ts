import { splitName } from '../base/table-label.ts'
import type { RelationName } from '../model/mapping.ts'

export function readRelationName(text: string, defaultSource: string): RelationName {
  const { source, parts } = splitName(text)
  return { source: source ?? defaultSource, schema: parts[0]?.text ?? '', name: parts[1]?.text ?? '' }
}
