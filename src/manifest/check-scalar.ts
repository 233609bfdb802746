import { nearestWord } from '../base/nearest-word.ts'
import type { Code } from '../errors.ts'
import type { Form, IntegerForm, NumberForm, TextForm, WordForm } from './form.ts'
import { resolveForm } from './grammar.ts'
import { isJsonNumber } from './json-literal.ts'
import { describeTree, isYamlBooleanWord, type ScalarTree, shorten, type Tree } from './tree.ts'

/** Why a single value is not what its form wants. */
export interface Refusal {
  readonly code: Code
  /** The sentence, given the place as a person names it. */
  readonly message: (path: string) => string
  readonly next: string
}

/** Null = it is. Lists and maps are refused: this is for forms that are one value. */
export function checkScalar(tree: Tree, form: Form): Refusal | null {
  if (tree.kind !== 'scalar') return invalid(meantBy(form), describeTree(tree), quoteNext(tree))
  if (tree.isPlain && tree.type === 'text' && form.kind !== 'word' && isYamlBooleanWord(tree.text)) return booleanWord(tree, form)
  switch (form.kind) {
    case 'text':
      return checkText(tree, form)
    case 'expression':
      return checkExpression(tree)
    case 'word':
      return checkWord(tree, form)
    case 'integer':
    case 'number':
      return checkNumber(tree, form)
    case 'flag': {
      const isFit = tree.type === 'boolean' && !(form.isOnlyTrue && tree.text.toLowerCase() !== 'true')
      return isFit
        ? null
        : invalid(
            meantBy(form),
            describeTree(tree),
            form.isOnlyTrue ? 'Write true, or leave it out.' : 'Write true or false, without quotes.',
          )
    }
    case 'plain':
      return tree.type === 'null' ? invalid(meantBy(form), describeTree(tree), 'Leave it out, or write "".') : null
    case 'literal':
      return checkLiteral(tree)
    default:
      return invalid(meantBy(form), describeTree(tree), `Write ${meantBy(form)}.`)
  }
}

/** Completes "expected …". */
export function meantBy(wanted: Form): string {
  const form = resolveForm(wanted)
  switch (form.kind) {
    case 'expression':
      return 'an expression'
    case 'word':
      return `one of ${Object.keys(form.words).join(', ')}`.replace(/^one of ([^,]+)$/, '$1')
    case 'integer':
      return form.most === Number.MAX_SAFE_INTEGER
        ? `a whole number from ${form.least} on`
        : `a whole number from ${form.least} to ${form.most}`
    case 'number':
      return `a number from ${form.least} to ${form.most}`
    case 'flag':
      return form.isOnlyTrue ? 'true' : 'true or false'
    case 'plain':
      return 'a text, a number or a boolean'
    case 'literal':
      return 'a constant'
    default:
      return form.meant
  }
}

function invalid(expected: string, got: string, next: string): Refusal {
  return { code: 'MANIFEST_INVALID', message: path => `expected ${expected} at ${path}, got ${got}`, next }
}

/** The refusal of what is not built yet, by name. */
export function notYet(what: string): Refusal {
  return {
    code: 'MANIFEST_NOT_SUPPORTED',
    message: path => `${what} at ${path} is part of the language but not supported yet`,
    next: 'Leave it out for now; docs/manifest.md lists what is supported.',
  }
}

function quoteNext(tree: Tree): string {
  return tree.kind === 'map' ? 'Put a text that contains { or [ in quotes.' : 'Write one value.'
}

function booleanWord(tree: ScalarTree, form: Form): Refusal {
  const value = /^(?:yes|on)$/i.test(tree.text)
  const next =
    form.kind === 'expression'
      ? `Write { value: ${value} } for the constant, or quotes around the name of a column.`
      : `Write ${value}, or quotes around the word.`
  return invalid(`${meantBy(form)} all YAML readers agree on`, `${tree.text}, which some take for a boolean`, next)
}

function checkText(tree: ScalarTree, form: TextForm): Refusal | null {
  if (tree.type === 'null') return invalid(form.meant, describeTree(tree), form.next)
  if (tree.type !== 'text') return invalid(form.meant, describeTree(tree, form.isSecret), 'Put it in quotes to make it a text.')
  const later = form.later.find(({ pattern }) => matches(pattern, tree.text))
  if (later) return notYet(later.what)
  return matches(form.pattern, tree.text) ? null : invalid(form.meant, describeTree(tree, form.isSecret), form.next)
}

function checkExpression(tree: ScalarTree): Refusal | null {
  if (tree.type === 'null')
    return invalid('an expression', describeTree(tree), 'Write an expression; quote expressions that contain a comma.')
  if (tree.type !== 'text')
    return invalid(
      'an expression',
      describeTree(tree),
      `Write { value: ${shorten(tree.text)} } where a constant may stand, or "${shorten(tree.text)}" in quotes for an expression.`,
    )
  if (tree.text.trim() === '')
    return invalid('an expression', 'an empty text', "Write an expression; the empty text is { value: '' } or \"''\".")
  const isTorn = tree.isPlain && tree.isInFlow && countOf(tree.text, '(') !== countOf(tree.text, ')') && !/['"]/.test(tree.text)
  return isTorn
    ? invalid(
        'a whole expression',
        `'${shorten(tree.text)}': between brackets a comma ends a value`,
        'Quote expressions that contain a comma.',
      )
    : null
}

function checkWord(tree: ScalarTree, form: WordForm): Refusal | null {
  const expected = meantBy(form)
  const known = Object.keys(form.words)
  if (tree.type === 'text' && Object.hasOwn(form.words, tree.text)) return null
  if (tree.type === 'text' && form.later.includes(tree.text)) return notYet(`\`${tree.text}\``)
  const near = tree.type === 'text' ? nearestWord(tree.text, known) : null
  return invalid(expected, `${describeTree(tree)}${near ? `; did you mean ${near}?` : ''}`, `Write ${near ?? expected}.`)
}

function checkNumber(tree: ScalarTree, form: IntegerForm | NumberForm): Refusal | null {
  const pattern = form.kind === 'integer' ? /^(?:0|[1-9][0-9]{0,15})$/ : /^(?:0|[1-9][0-9]{0,15})(?:\.[0-9]{1,15})?$/
  const isFit = tree.type === 'number' && pattern.test(tree.text) && Number(tree.text) >= form.least && Number(tree.text) <= form.most
  return isFit ? null : invalid(meantBy(form), describeTree(tree), `Write ${meantBy(form)}, in digits and without quotes.`)
}

function checkLiteral(tree: ScalarTree): Refusal | null {
  if (tree.type !== 'number' || isJsonNumber(tree.text)) return null
  return invalid('a number as JSON has it', describeTree(tree), 'Write digits without a leading 0 or +, or quotes around a text.')
}

const compiled = new Map<string, RegExp>()

function matches(pattern: string, text: string): boolean {
  let regExp = compiled.get(pattern)
  if (!regExp) {
    regExp = new RegExp(pattern, 'u')
    compiled.set(pattern, regExp)
  }
  return regExp.test(text)
}

function countOf(text: string, character: string): number {
  return text.split(character).length - 1
}
