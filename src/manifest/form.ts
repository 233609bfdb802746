/**
 * What a piece of a manifest may look like. The tables in `grammar-*.ts` are made of these; the form check, the JSON Schema and `docs/manifest.md` are
 * made from those tables, so that the three cannot disagree. `meant` completes the sentence "expected …".
 */
export type Form =
  | TextForm
  | ExpressionForm
  | WordForm
  | IntegerForm
  | NumberForm
  | FlagForm
  | PlainForm
  | LiteralForm
  | ObjectForm
  | MapForm
  | ListForm
  | EitherForm
  | NamedForm

export interface TextForm {
  readonly kind: 'text'
  readonly meant: string
  /** ECMAScript, with the `u` flag; anchored where the whole text is meant. */
  readonly pattern: string
  /** Texts the language has but Rehouse does not build yet; looked at before `pattern`. */
  readonly later: readonly { readonly pattern: string; readonly what: string }[]
  /** Never shown in a message. */
  readonly isSecret: boolean
  readonly next: string
}

/** SQL text; parsed elsewhere. */
export interface ExpressionForm {
  readonly kind: 'expression'
}

/** One of a few words. */
export interface WordForm {
  readonly kind: 'word'
  readonly words: Readonly<Record<string, string>>
  readonly later: readonly string[]
}

export interface IntegerForm {
  readonly kind: 'integer'
  readonly least: number
  readonly most: number
}

export interface NumberForm {
  readonly kind: 'number'
  readonly least: number
  readonly most: number
}

/** `true` or `false`, or only `true`. */
export interface FlagForm {
  readonly kind: 'flag'
  readonly isOnlyTrue: boolean
}

/** Text, number or boolean, taken as the text that was written. */
export interface PlainForm {
  readonly kind: 'plain'
}

/** Any constant. */
export interface LiteralForm {
  readonly kind: 'literal'
}

export interface ObjectForm {
  readonly kind: 'object'
  readonly meant: string
  readonly keys: Readonly<Record<string, Key | LaterKey>>
  /** Of these keys exactly one must stand there. */
  readonly exactlyOne: readonly string[]
  readonly atMostOne: readonly string[]
  readonly isNeverEmpty: boolean
  /** A key that makes sense only beside others. */
  readonly needs: Readonly<Record<string, readonly string[]>>
}

export interface Key {
  readonly doc: string
  readonly form: Form
  readonly isRequired?: true
  /** What holds when the key is left out, for people. */
  readonly otherwise?: string
}

/** Part of the language, not built yet: refused by name. */
export interface LaterKey {
  readonly doc: string
  readonly isLater: true
}

/** Names chosen by the writer → values of one form. */
export interface MapForm {
  readonly kind: 'map'
  readonly meant: string
  readonly key: TextForm
  readonly value: Form
  readonly least: number
  readonly most: number
}

export interface ListForm {
  readonly kind: 'list'
  readonly meant: string
  readonly item: Form
  readonly least: number
}

/** Chosen by what stands there: the first case whose `on` fits and whose key `by` is present. */
export interface EitherForm {
  readonly kind: 'either'
  readonly meant: string
  readonly cases: readonly (FormCase | LaterCase)[]
  readonly next: string
}

export interface FormCase {
  readonly on: 'text' | 'number' | 'boolean' | 'list' | 'map'
  readonly by?: string
  readonly form: Form
}

export interface LaterCase {
  readonly on: 'text' | 'number' | 'boolean' | 'list' | 'map'
  readonly by?: string
  readonly later: string
}

/** A form that refers to itself somewhere below, or is used in several places. */
export interface NamedForm {
  readonly kind: 'named'
  readonly name: string
}

export type Forms = Readonly<Record<string, Form>>

export function text(
  meant: string,
  pattern: string,
  options: { later?: TextForm['later']; isSecret?: true; next?: string } = {},
): TextForm {
  return {
    kind: 'text',
    meant,
    pattern,
    later: options.later ?? [],
    isSecret: options.isSecret ?? false,
    next: options.next ?? `Write ${meant}.`,
  }
}

export function words(of: Readonly<Record<string, string>>, options: { later?: readonly string[] } = {}): WordForm {
  return { kind: 'word', words: of, later: options.later ?? [] }
}

export function object(
  meant: string,
  keys: ObjectForm['keys'],
  rules: Partial<Omit<ObjectForm, 'kind' | 'meant' | 'keys'>> = {},
): ObjectForm {
  return { kind: 'object', meant, keys, exactlyOne: [], atMostOne: [], isNeverEmpty: false, needs: {}, ...rules }
}

export function map(meant: string, key: TextForm, value: Form, bounds: { least?: number; most?: number } = {}): MapForm {
  return { kind: 'map', meant, key, value, least: bounds.least ?? 0, most: bounds.most ?? Number.MAX_SAFE_INTEGER }
}

export function list(meant: string, item: Form, least = 0): ListForm {
  return { kind: 'list', meant, item, least }
}

export function either(meant: string, cases: EitherForm['cases'], next = ''): EitherForm {
  return { kind: 'either', meant, cases, next }
}

export function named(name: string): NamedForm {
  return { kind: 'named', name }
}

export function later(doc: string): LaterKey {
  return { doc, isLater: true }
}

export const expression: ExpressionForm = { kind: 'expression' }
export const plain: PlainForm = { kind: 'plain' }
export const literal: LiteralForm = { kind: 'literal' }
export const flag: FlagForm = { kind: 'flag', isOnlyTrue: false }
export const onlyTrue: FlagForm = { kind: 'flag', isOnlyTrue: true }

export function integer(least: number, most: number): IntegerForm {
  return { kind: 'integer', least, most }
}

export function number(least: number, most: number): NumberForm {
  return { kind: 'number', least, most }
}
