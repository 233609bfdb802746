import {
  Composer,
  type CST,
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  type Node,
  type Pair,
  Parser,
  type Scalar,
  type YAMLMap,
} from 'yaml'
import type { Place } from '../model/place.ts'
import { Places } from './places.ts'
import type { Problems } from './problems.ts'
import { type Entry, type ScalarTree, shorten, type Tree } from './tree.ts'
import { addSyntaxProblem } from './yaml-syntax.ts'

/** Bounds that keep any text from taking the reader down. A manifest of 400 entities has a few hundred thousand characters and a depth of 12. */
const MOST_CHARACTERS = 2 * 1024 * 1024
const MOST_SYNTAX_ERRORS = 20
const MOST_DEPTH = 60
/** Counted with every alias written out. */
const MOST_NODES = 1_000_000

/** YAML text → tree. Null when it cannot be made; `problems` then says why. Never throws. */
export function yamlTree(file: string, text: string, problems: Problems): Tree | null {
  const places = new Places(file, text)
  const unreadable = refuseText(places, text, problems)
  if (unreadable) return null
  const [document, second] = composeDocuments(text)
  if (!document) return refuseEmpty(places, problems)
  for (const error of document.errors.slice(0, MOST_SYNTAX_ERRORS)) addSyntaxProblem(error.code, places.at(error.pos[0]), problems)
  if (second) addSyntaxProblem('MULTIPLE_DOCS', places.at(second.range[0]), problems)
  if (problems.errors > 0) return null
  const { yaml } = document.directives ?? {}
  if (yaml?.explicit && yaml.version !== '1.2') {
    const message = `expected YAML 1.2, got a directive for ${yaml.version}`
    problems.add({ code: 'MANIFEST_UNREADABLE', at: places.at(0), message, next: 'Take the %YAML line out.' })
    return null
  }
  if (document.contents === null) return refuseEmpty(places, problems)
  return new TreeBuilder(places, text, problems).build(document.contents)
}

/**
 * What the library makes of the text: one document, or two where there are more. It would go on after each of a million errors, so it is given only the first of
 * them. Duplicate keys are not its task: it compares each key with every other, which takes minutes for a large map.
 */
function composeDocuments(text: string): readonly Document.Parsed[] {
  const tokens: CST.Token[] = []
  let errors = 0
  for (const token of new Parser().parse(text)) {
    tokens.push(token)
    if (token.type === 'error' && ++errors >= MOST_SYNTAX_ERRORS) break
  }
  const composer = new Composer({ version: '1.2', schema: 'core', merge: false, uniqueKeys: false, prettyErrors: false, logLevel: 'error' })
  const documents: Document.Parsed[] = []
  for (const document of composer.compose(tokens, true, text.length)) if (documents.push(document) === 2) break
  return documents
}

function refuseEmpty(places: Places, problems: Problems): null {
  problems.add({
    code: 'MANIFEST_INVALID',
    at: places.at(0),
    message: 'expected a manifest, got an empty file',
    next: 'The README has one to begin with.',
  })
  return null
}

/** Whether the text as a whole must be refused: too long, or with characters YAML and PostgreSQL cannot hold. */
function refuseText(places: Places, text: string, problems: Problems): boolean {
  if (text.length > MOST_CHARACTERS) {
    const message = `expected a manifest of at most ${MOST_CHARACTERS} characters, got ${text.length}`
    problems.add({
      code: 'MANIFEST_UNREADABLE',
      at: places.at(0),
      message,
      next: 'Split the migration, or move the tenants to a CSV file.',
    })
    return true
  }
  const control = findControl(text)
  if (control === null) return false
  const message = `expected text, got the character ${unicodeName(control.codePoint)}`
  problems.add({
    code: 'MANIFEST_UNREADABLE',
    at: places.at(control.index),
    message,
    next: 'Save the file as UTF-8 without control characters.',
  })
  return true
}

/** What YAML does not let stand in a text as it is: control characters, and half of a surrogate pair. */
function findControl(text: string): { index: number; codePoint: number } | null {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: finding them is the point.
  const index = text.search(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]|\p{Cs}/u)
  return index < 0 ? null : { index, codePoint: text.codePointAt(index) ?? 0 }
}

function unicodeName(codePoint: number): string {
  return `U+${codePoint.toString(16).toUpperCase().padStart(4, '0')}`
}

/** A tree with what it would measure if every alias were written out. */
interface Measured {
  readonly tree: Tree
  readonly nodes: number
  readonly depth: number
}

class TreeBuilder {
  readonly #places: Places
  readonly #text: string
  readonly #problems: Problems
  /** By name; a later anchor of the same name replaces the earlier, as YAML has it. An anchor stands here only when its node is complete: no cycles. */
  readonly #anchors = new Map<string, Measured>()

  constructor(places: Places, text: string, problems: Problems) {
    this.#places = places
    this.#text = text
    this.#problems = problems
  }

  build(node: Node): Tree | null {
    const measured = this.#node(node, { isInFlow: false, level: 0 })
    if (measured && measured.nodes > MOST_NODES)
      this.#refuse(node, `expected at most ${MOST_NODES} parts with aliases written out, got more`)
    else if (measured && measured.depth > MOST_DEPTH) this.#refuse(node, `expected at most ${MOST_DEPTH} levels, got ${measured.depth}`)
    return this.#problems.errors > 0 ? null : (measured?.tree ?? null)
  }

  #refuse(node: Node | null, message: string, next = 'Write it more simply.'): null {
    this.#problems.add({ code: 'MANIFEST_UNREADABLE', at: this.#at(node), message, next })
    return null
  }

  #at(node: Node | null | undefined): Place {
    return this.#places.at(node?.range?.[0] ?? 0)
  }

  #node(node: Node | null, context: Context): Measured | null {
    if (context.level > MOST_DEPTH) return this.#refuse(node, `expected at most ${MOST_DEPTH} levels, got more`)
    if (this.#problems.isFull) return null
    if (isAlias(node))
      return (
        this.#anchors.get(node.source) ??
        this.#refuse(node, 'expected an anchor written before this alias', 'Put a text that begins with * in quotes.')
      )
    if (node?.tag !== undefined) return this.#refuse(node, 'expected no YAML tag, got one', 'Take the !tag out; put texts in quotes.')
    const measured = this.#content(node, context)
    if (measured && node && 'anchor' in node && node.anchor) this.#anchors.set(node.anchor, measured)
    return measured
  }

  #content(node: Node | null, context: Context): Measured | null {
    if (isMap(node)) return this.#map(node, context)
    if (isSeq(node))
      return this.#list(node.items as Node[], { ...context, isInFlow: context.isInFlow || node.flow === true }, this.#at(node))
    if (isScalar(node)) return this.#scalar(node, context)
    return this.#refuse(node, 'expected a value, got something YAML has no word for')
  }

  #list(nodes: readonly Node[], context: Context, at: Place): Measured | null {
    const items: Tree[] = []
    let [total, deepest] = [1, 0]
    for (const node of nodes) {
      const item = this.#node(node, { ...context, level: context.level + 1 })
      if (!item) continue
      items.push(item.tree)
      total = Math.min(total + item.nodes, MOST_NODES + 1)
      deepest = Math.max(deepest, item.depth)
    }
    return { tree: { kind: 'list', items, at }, nodes: total, depth: deepest + 1 }
  }

  #map(node: YAMLMap, context: Context): Measured | null {
    const entries = new Map<string, Entry>()
    const merged = new Set<string>()
    const inner = { isInFlow: context.isInFlow || node.flow === true, level: context.level + 1 }
    let [total, deepest] = [1, 0]
    for (const pair of node.items as Pair<Node, Node | null>[]) {
      if (this.#problems.isFull) return null
      const value = pair.value === null ? this.#absent(pair.key, inner) : this.#node(pair.value, inner)
      if (!value) continue
      total = Math.min(total + value.nodes, MOST_NODES + 1)
      deepest = Math.max(deepest, value.depth)
      if (isMergeKey(pair.key)) this.#merge(value.tree, entries, merged)
      else this.#entry(pair.key, value.tree, { entries, merged })
    }
    return { tree: { kind: 'map', entries, at: this.#at(node) }, nodes: total, depth: deepest + 1 }
  }

  #entry(node: Node, value: Tree, into: { readonly entries: Map<string, Entry>; readonly merged: Set<string> }): void {
    const key = this.#key(node)
    if (!key) return
    const earlier = into.entries.get(key.text)
    if (earlier && !into.merged.has(key.text)) {
      const message = `expected \`${shorten(key.text)}\` once, got it again; it stands first in line ${earlier.keyAt.line}`
      this.#problems.add({ code: 'MANIFEST_INVALID', at: key.at, message, next: 'Take one of the two out.' })
      return
    }
    into.merged.delete(key.text)
    into.entries.set(key.text, { key: key.text, keyAt: key.at, keyType: key.type, isKeyPlain: key.isPlain, value })
  }

  /** `<<`: what the map says itself wins, of several merged maps the first. */
  #merge(value: Tree, entries: Map<string, Entry>, merged: Set<string>): void {
    const maps = value.kind === 'list' ? value.items : [value]
    for (const map of maps) {
      if (map.kind !== 'map') {
        const next = 'Write `<<: *name`, where `&name` marks a map.'
        this.#problems.add({ code: 'MANIFEST_INVALID', at: map.at, message: 'expected a map to merge after <<, got something else', next })
        continue
      }
      for (const entry of map.entries.values()) {
        if (entries.has(entry.key)) continue
        entries.set(entry.key, entry)
        merged.add(entry.key)
      }
    }
  }

  #key(node: Node): { text: string; type: 'text' | 'number' | 'boolean'; isPlain: boolean; at: Place } | null {
    if (!isScalar(node))
      return this.#refuse(node, 'expected a word or text as key, got something else', 'Put a text that begins with {, [ or * in quotes.')
    if (node.tag !== undefined) return this.#refuse(node, 'expected no YAML tag, got one', 'Take the !tag out; put texts in quotes.')
    const scalar = this.#scalar(node, { isInFlow: false, level: 0 })
    if (!scalar) return null
    const { tree } = scalar
    if (tree.kind !== 'scalar') return null
    if (tree.type === 'null')
      return this.#refuse(node, 'expected a key, got nothing', 'NULL belongs to `if_null`; put the text "null" in quotes.')
    return { text: tree.text, type: tree.type, isPlain: tree.isPlain, at: this.#at(node) }
  }

  #absent(key: Node, context: Context): Measured {
    const tree: ScalarTree = { kind: 'scalar', type: 'null', text: '', isPlain: true, isInFlow: context.isInFlow, at: this.#at(key) }
    return { tree, nodes: 1, depth: 1 }
  }

  #scalar(node: Scalar, context: Context): Measured | null {
    const isPlain = node.type === 'PLAIN'
    const type =
      node.value === null ? 'null' : typeof node.value === 'string' ? 'text' : typeof node.value === 'boolean' ? 'boolean' : 'number'
    const text = type === 'text' ? String(node.value) : (node.source ?? '')
    if (/\0|\p{Cs}/u.test(text))
      return this.#refuse(node, 'expected text, got an escape that makes a character no database text can hold', 'Take the escape out.')
    const at = this.#places.at(this.#contentStart(node))
    return { tree: { kind: 'scalar', type, text, isPlain, isInFlow: context.isInFlow, at }, nodes: 1, depth: 1 }
  }

  /** Where the content begins: after the quote, or on the first line of a block. */
  #contentStart(node: Scalar): number {
    const start = node.range?.[0] ?? 0
    if (node.type === 'QUOTE_DOUBLE' || node.type === 'QUOTE_SINGLE') return start + 1
    if (node.type !== 'BLOCK_FOLDED' && node.type !== 'BLOCK_LITERAL') return start
    let at = this.#text.indexOf('\n', start) + 1
    while (this.#text[at] === ' ') at++
    return at
  }
}

interface Context {
  readonly isInFlow: boolean
  readonly level: number
}

function isMergeKey(key: unknown): boolean {
  return isScalar(key) && key.value === '<<' && key.type === 'PLAIN'
}
