import { bug } from '../errors.ts'
import type { Entry, ListTree, MapTree, ScalarTree, Tree } from './tree.ts'

/** Ways into a tree whose form was checked: anything else is a bug of ours. */

export function asMap(tree: Tree): MapTree {
  if (tree.kind !== 'map') throw bug(`expected the form check to leave a map in line ${tree.at.line}, got a ${tree.kind}`)
  return tree
}

export function asList(tree: Tree): ListTree {
  if (tree.kind !== 'list') throw bug(`expected the form check to leave a list in line ${tree.at.line}, got a ${tree.kind}`)
  return tree
}

export function asScalar(tree: Tree): ScalarTree {
  if (tree.kind !== 'scalar') throw bug(`expected the form check to leave a single value in line ${tree.at.line}, got a ${tree.kind}`)
  return tree
}

export function child(tree: Tree, key: string): Tree | null {
  return asMap(tree).entries.get(key)?.value ?? null
}

export function required(tree: Tree, key: string): Tree {
  const found = child(tree, key)
  if (!found) throw bug(`expected the form check to require \`${key}\` in line ${tree.at.line}, got nothing`)
  return found
}

export function textOf(tree: Tree): string {
  return asScalar(tree).text
}

/** The text under a key; null = the key is not there. */
export function childText(tree: Tree, key: string): string | null {
  const found = child(tree, key)
  return found ? asScalar(found).text : null
}

export function requiredText(tree: Tree, key: string): string {
  return asScalar(required(tree, key)).text
}

export function entriesOf(tree: Tree | null): readonly Entry[] {
  return tree ? [...asMap(tree).entries.values()] : []
}

/** A value or a list of values, as a list. */
export function oneOrMany(tree: Tree | null): readonly Tree[] {
  if (!tree) return []
  return tree.kind === 'list' ? tree.items : [tree]
}

export function textsOf(tree: Tree | null): readonly string[] {
  return oneOrMany(tree).map(item => asScalar(item).text)
}
