import type { JsonLiteral } from '../model/mapping.ts'
import type { Tree } from './tree.ts'

/** A constant as it was written: numbers keep their digits. Expects what the form check let through. */
export function jsonLiteral(tree: Tree): JsonLiteral {
  if (tree.kind === 'list') return tree.items.map(jsonLiteral)
  if (tree.kind === 'map') return { object: [...tree.entries.values()].map(entry => [entry.key, jsonLiteral(entry.value)] as const) }
  if (tree.type === 'null') return null
  if (tree.type === 'boolean') return tree.text.toLowerCase() === 'true'
  return tree.type === 'number' ? { digits: tree.text } : tree.text
}

/** Whether digits can stand in a JSON document as they are: `1.10`, `-3`, `1e5`; not `+1`, `007`, `.5`, `0x1F`, `.inf`. */
export function isJsonNumber(text: string): boolean {
  return /^-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?$/.test(text)
}
