import { nearestWord } from '../base/nearest-word.ts'
import type { Code } from '../errors.ts'
import type { Place } from '../model/place.ts'
import { checkScalar, meantBy, notYet, type Refusal } from './check-scalar.ts'
import type { EitherForm, Form, FormCase, LaterCase, ListForm, MapForm, ObjectForm } from './form.ts'
import { resolveForm } from './grammar.ts'
import type { Problems } from './problems.ts'
import { describeTree, type Entry, isYamlBooleanWord, type MapTree, shorten, type Tree } from './tree.ts'

/** Whether a tree has a form. Every departure becomes a finding with its place and a way out; nothing is thrown. */
export function checkForm(tree: Tree, form: Form, problems: Problems): void {
  new FormChecker(problems).check(tree, form, [])
}

type Path = readonly string[]

class FormChecker {
  readonly #problems: Problems

  constructor(problems: Problems) {
    this.#problems = problems
  }

  check(tree: Tree, wanted: Form, path: Path): void {
    if (this.#problems.isFull) return
    const form = resolveForm(wanted)
    if (form.kind === 'object') this.#object(tree, form, path)
    else if (form.kind === 'map') this.#map(tree, form, path)
    else if (form.kind === 'list') this.#list(tree, form, path)
    else if (form.kind === 'either') this.#either(tree, form, path)
    else if (form.kind === 'literal') this.#literal(tree, path)
    else this.#refuse(checkScalar(tree, form), tree.at, path)
  }

  #add(code: Code, at: Place, what: { message: string; next: string; path: Path }): void {
    const { path } = what
    const [entity, table] = path[0] === 'entities' ? [path[1], path[2] === 'into' ? path[3] : undefined] : []
    this.#problems.add({ code, at, message: what.message, next: what.next, entity, table })
  }

  #refuse(refusal: Refusal | null, at: Place, path: Path, place = pathText(path)): void {
    if (refusal) this.#add(refusal.code, at, { message: refusal.message(place), next: refusal.next, path })
  }

  #wrongKind(tree: Tree, form: Form, path: Path): void {
    const missesQuotes = tree.kind === 'map' && [...tree.entries.values()].some(entry => isAbsent(entry.value))
    const next = missesQuotes ? 'Put a text that contains { or [ in quotes.' : `Write ${meantBy(form)}.`
    this.#add('MANIFEST_INVALID', tree.at, {
      message: `expected ${meantBy(form)} at ${pathText(path)}, got ${describeTree(tree)}`,
      next,
      path,
    })
  }

  #object(tree: Tree, form: ObjectForm, path: Path): void {
    if (tree.kind !== 'map') {
      this.#wrongKind(tree, form, path)
      return
    }
    if (this.#lacksColumns(tree, form, path)) return
    for (const entry of this.#wholeEntries(tree, path)) {
      const key = Object.hasOwn(form.keys, entry.key) ? form.keys[entry.key] : undefined
      if (!key) this.#unknownKey(entry, form, path)
      else if ('isLater' in key) this.#refuse(notYet(`\`${entry.key}\` (${key.doc})`), entry.keyAt, path)
      else this.check(entry.value, key.form, [...path, entry.key])
    }
    this.#presence(tree, form, path)
  }

  #unknownKey(entry: Entry, form: ObjectForm, path: Path): void {
    const supported = Object.keys(form.keys).filter(name => !('isLater' in (form.keys[name] ?? {})))
    const near = nearestWord(entry.key, Object.keys(form.keys))
    const message = `expected a key of ${form.meant} at ${pathText(path)}, got the unknown key \`${shorten(entry.key)}\`${near ? `; did you mean \`${near}\`?` : ''}`
    const next = near ? `Write \`${near}\`, or take it out.` : `Known here: ${supported.join(', ')}.`
    this.#add('MANIFEST_UNKNOWN_KEY', entry.keyAt, { message, next, path })
  }

  /** Columns written straight into the shape: one finding instead of one per column. */
  #lacksColumns(tree: MapTree, form: ObjectForm, path: Path): boolean {
    const { columns } = form.keys
    if (!columns || !('isRequired' in columns) || tree.entries.has('columns') || tree.entries.size === 0) return false
    const next = 'Put them under `columns:`; `when`, `note`, `optional`, `each`, `as` and `key` stand beside it.'
    this.#add('MANIFEST_INVALID', tree.at, {
      message: `expected the target columns under \`columns\` at ${pathText(path)}, got no such key`,
      next,
      path,
    })
    return true
  }

  #presence(tree: MapTree, form: ObjectForm, path: Path): void {
    const has = (name: string): boolean => tree.entries.has(name)
    const invalid = (message: string, next: string, at = tree.at): void => this.#add('MANIFEST_INVALID', at, { message, next, path })
    for (const [name, key] of Object.entries(form.keys)) {
      if ('isLater' in key || !key.isRequired || has(name) || isMistyped(tree, form, name)) continue
      invalid(`expected \`${name}\` at ${pathText(path)}, got ${form.meant} without it`, `Add \`${name}\`: ${lowerFirst(key.doc)}`)
    }
    const ones = form.exactlyOne.filter(has)
    const isLaterThere = [...tree.entries.keys()].some(name => 'isLater' in (form.keys[name] ?? {}))
    if (form.exactlyOne.length > 0 && ones.length !== 1 && !(ones.length === 0 && isLaterThere))
      invalid(
        `expected exactly one of ${form.exactlyOne.join(', ')} at ${pathText(path)}, got ${ones.join(' and ') || 'none'}`,
        'Keep one of them.',
      )
    const atMost = form.atMostOne.filter(has)
    if (atMost.length > 1)
      invalid(
        `expected at most one of ${form.atMostOne.join(', ')} at ${pathText(path)}, got ${atMost.join(' and ')}`,
        'Keep one of them; a list tries several in turn.',
      )
    if (form.isNeverEmpty && tree.entries.size === 0)
      invalid(`expected ${form.meant} at ${pathText(path)}, got an empty map`, `Write one of ${Object.keys(form.keys).join(', ')}.`)
    for (const [name, others] of Object.entries(form.needs)) {
      const missing = others.filter(other => !has(other))
      if (has(name) && missing.length > 0)
        invalid(
          `expected ${missing.join(' and ')} beside \`${name}\` at ${pathText(path)}, got \`${name}\` alone`,
          `Add ${missing.join(' and ')}, or take \`${name}\` out.`,
          tree.entries.get(name)?.keyAt,
        )
    }
  }

  #map(tree: Tree, form: MapForm, path: Path): void {
    if (tree.kind !== 'map') {
      this.#wrongKind(tree, form, path)
      return
    }
    for (const entry of this.#wholeEntries(tree, path)) {
      this.#mapKey(entry, form, path)
      if (entry.key === 'each' && entry.value.kind === 'list' && path.at(-1) === 'columns') this.#misplacedEach(entry, path)
      else this.check(entry.value, form.value, [...path, entry.key])
    }
    const { size } = tree.entries
    if (size < form.least || size > form.most) {
      const bounds =
        form.least === form.most ? `exactly ${form.least}` : size < form.least ? `at least ${form.least}` : `at most ${form.most}`
      this.#add('MANIFEST_INVALID', tree.at, {
        message: `expected ${form.meant} with ${bounds} at ${pathText(path)}, got ${size}`,
        next: `Write ${form.meant}.`,
        path,
      })
    }
  }

  #mapKey(entry: Entry, form: MapForm, path: Path): void {
    const isOldValue = form.key.pattern === ''
    if (entry.isKeyPlain && isYamlBooleanWord(entry.key)) {
      const message = `expected a key all YAML readers agree on at ${pathText(path)}, got \`${entry.key}\`, which some take for a boolean`
      this.#add('MANIFEST_INVALID', entry.keyAt, { message, next: `Write it in quotes: "${entry.key}".`, path })
    } else if (entry.keyType !== 'text' && !isOldValue) {
      const message = `expected ${form.key.meant} as key at ${pathText(path)}, got the ${entry.keyType} ${shorten(entry.key)}`
      this.#add('MANIFEST_INVALID', entry.keyAt, { message, next: 'Put it in quotes.', path })
    } else if (isOldValue && entry.keyType === 'number' && !/^-?(?:0|[1-9]\d*)(?:\.\d+)?$/.test(entry.key)) {
      const message = `expected an old value as canonical text at ${pathText(path)}, got the number ${shorten(entry.key)}`
      this.#add('MANIFEST_INVALID', entry.keyAt, { message, next: 'Put it in quotes, exactly as the database prints it.', path })
    } else {
      const key: Tree = { kind: 'scalar', type: 'text', text: entry.key, isPlain: entry.isKeyPlain, isInFlow: false, at: entry.keyAt }
      this.#refuse(checkScalar(key, form.key), entry.keyAt, path, `the keys of ${pathText(path)}`)
    }
  }

  #misplacedEach(entry: Entry, path: Path): void {
    const message = `expected a value for the column \`each\` at ${pathText(path)}, got a list`
    this.#add('MANIFEST_INVALID', entry.keyAt, { message, next: 'The list of groups `each` stands beside `columns`, not in it.', path })
  }

  /** The entries but for those a comma tore apart: `{ name: coalesce(a, b) }` is read as `name: coalesce(a` and `b)` without a value. One finding per tear. */
  *#wholeEntries(tree: MapTree, path: Path): Generator<Entry> {
    const entries = [...tree.entries.values()]
    for (const [i, entry] of entries.entries()) {
      if (this.#problems.isFull) return
      if (!isTornOff(entry)) {
        if (!isTornOff(entries[i + 1]) || !isOpen(entry.value)) yield entry
        continue
      }
      if (isTornOff(entries[i - 1])) continue
      const message = `expected a value for \`${shorten(entry.key)}\` at ${pathText(path)}, got nothing: between { and } a comma ends a value`
      const next = `Quote expressions that contain a comma${quoted(entries, i)}.`
      this.#add('MANIFEST_INVALID', entry.keyAt, { message, next, path })
    }
  }

  #list(tree: Tree, form: ListForm, path: Path): void {
    if (tree.kind !== 'list') {
      this.#wrongKind(tree, form, path)
      return
    }
    tree.items.forEach((item, i) => {
      this.check(item, form.item, [...path, `[${i + 1}]`])
    })
    if (tree.items.length < form.least)
      this.#add('MANIFEST_INVALID', tree.at, {
        message: `expected ${form.meant} with at least ${form.least} at ${pathText(path)}, got an empty list`,
        next: `Write ${form.meant}.`,
        path,
      })
  }

  #either(tree: Tree, form: EitherForm, path: Path): void {
    const found = form.cases.find(candidate => fits(candidate, tree))
    if (!found) this.#noCase(tree, form, path)
    else if ('form' in found) this.check(tree, found.form, path)
    else this.#refuse(notYet(found.later), tree.kind === 'map' && found.by ? (tree.entries.get(found.by)?.keyAt ?? tree.at) : tree.at, path)
  }

  #noCase(tree: Tree, form: EitherForm, path: Path): void {
    const isConstant = tree.kind === 'scalar' && form.cases.some(candidate => candidate.by === 'value')
    const written = isConstant && tree.text !== '' ? shorten(tree.text) : 'null'
    const next = isConstant
      ? `Write { value: ${written} } for the constant, or quotes around an expression; quote expressions that contain a comma.`
      : form.next || `Write ${form.meant}.`
    this.#add('MANIFEST_INVALID', tree.at, {
      message: `expected ${form.meant} at ${pathText(path)}, got ${describeTree(tree)}`,
      next,
      path,
    })
  }

  #literal(tree: Tree, path: Path): void {
    if (tree.kind === 'list') tree.items.forEach((item, i) => void this.#literal(item, [...path, `[${i + 1}]`]))
    else if (tree.kind === 'map') for (const entry of this.#wholeEntries(tree, path)) this.#literal(entry.value, [...path, entry.key])
    else this.#refuse(checkScalar(tree, { kind: 'literal' }), tree.at, path)
  }
}

function fits(candidate: FormCase | LaterCase, tree: Tree): boolean {
  if (tree.kind === 'scalar') return candidate.on === tree.type
  if (candidate.on !== tree.kind) return false
  return candidate.by === undefined || (tree.kind === 'map' && tree.entries.has(candidate.by))
}

function isAbsent(tree: Tree | undefined): boolean {
  return tree?.kind === 'scalar' && tree.type === 'null' && tree.text === ''
}

/** A key without a value between braces. */
function isTornOff(entry: Entry | undefined): boolean {
  return isAbsent(entry?.value) && entry?.value.kind === 'scalar' && entry.value.isInFlow
}

function isOpen(tree: Tree): boolean {
  return tree.kind === 'scalar' && tree.isPlain && tree.text.includes('(')
}

/** The repair, where it can be told: the pieces the commas tore apart. */
function quoted(entries: readonly Entry[], torn: number): string {
  const head = entries[torn - 1]
  if (head?.value.kind !== 'scalar' || !isOpen(head.value)) return ''
  const whole = entries.slice(torn).findIndex(entry => !isTornOff(entry))
  const pieces = entries.slice(torn, whole < 0 ? entries.length : torn + whole).map(entry => entry.key)
  return `: ${head.key}: "${shorten([head.value.text, ...pieces].join(', '))}"`
}

/** `entities.user.from`, in the manifest's own words. */
function pathText(path: Path): string {
  if (path.length === 0) return 'the top'
  const steps = path.map((step, i) =>
    step.startsWith('[') ? step : `${i === 0 ? '' : '.'}${/^[\w$-]{1,60}$/.test(step) ? step : `"${shorten(step)}"`}`,
  )
  return `\`${steps.join('')}\``
}

/** Whether a key nobody knows was probably meant to be this one: the finding about it says enough. */
function isMistyped(tree: MapTree, form: ObjectForm, name: string): boolean {
  const unknown = [...tree.entries.keys()].slice(0, 50).filter(written => !Object.hasOwn(form.keys, written))
  return unknown.some(written => nearestWord(written, [name]) === name)
}

function lowerFirst(text: string): string {
  return text.slice(0, 1).toLowerCase() + text.slice(1)
}
