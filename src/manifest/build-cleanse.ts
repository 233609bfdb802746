import { CLEANSE_WORDS, type CleanseRule, type CleanseStep } from '../model/mapping.ts'
import { jsonLiteral } from './json-literal.ts'
import type { Entry, Tree } from './tree.ts'
import { child, childText, entriesOf, oneOrMany, requiredText, textOf } from './tree-access.ts'

/** A tree of checked form → a cleansing rule. */
export function buildCleanseRule(entry: Entry): CleanseRule {
  return { name: entry.key, steps: oneOrMany(entry.value).map(buildStep), at: entry.keyAt }
}

function buildStep(tree: Tree): CleanseStep {
  if (tree.kind === 'scalar') return { kind: 'word', word: CLEANSE_WORDS.find(word => word === textOf(tree)) ?? 'trim' }
  const map = child(tree, 'map')
  if (map) return { kind: 'map', entries: entriesOf(map).map(({ key, value }) => ({ from: key, to: jsonLiteral(value) })), at: tree.at }
  return { kind: 'regex', pattern: requiredText(tree, 'regex'), by: childText(tree, 'with') ?? '', at: tree.at }
}
