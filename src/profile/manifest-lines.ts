import type { Draft, DraftColumn, DraftTable } from '../draft/draft.ts'
import { foldedName } from '../draft/folded-groups.ts'
import { columnLabel, relationLabel } from '../draft/manifest-labels.ts'
import { asExpression } from '../draft/manifest-text.ts'
import { asciiWord } from '../draft/target-names.ts'
import { yamlList, yamlText } from '../draft/yaml-text.ts'

export interface TableName {
  readonly schema: string
  readonly name: string
}

/** What a finding would have the manifest say. */
export type Hint =
  | { readonly kind: 'cleanse'; readonly column: string; readonly step: CleanseStep }
  | { readonly kind: 'if_null'; readonly column: string }
  | { readonly kind: 'as'; readonly column: string; readonly type: string }
  | { readonly kind: 'missing'; readonly columns: readonly string[]; readonly isNullable: boolean }
  | {
      readonly kind: 'ref'
      readonly column: string
      readonly parent: TableName
      readonly parentColumn: string
      readonly hasOrphans: boolean
    }
  | { readonly kind: 'polymorphic'; readonly id: string; readonly type: string; readonly word: string; readonly parent: TableName }
  | { readonly kind: 'rule'; readonly column: string; readonly when: string; readonly code: string }
  | { readonly kind: 'exclude'; readonly column: string | null; readonly reason: string }
  | { readonly kind: 'key'; readonly columns: readonly string[] }
  | { readonly kind: 'from' }

export type CleanseStep = 'trim' | 'null_if_blank' | 'collapse' | 'lower' | 'without_control' | 'mend_utf8'

/** The order in which steps make sense, whatever the order they were found in. */
const STEPS: readonly CleanseStep[] = ['mend_utf8', 'without_control', 'trim', 'collapse', 'lower', 'null_if_blank']
const MENDED = 'äöüßÄÖÜéèêëáàâãåæçíìîïñóòôõøúùûýÉ–—‘’“”…€'

interface Wish {
  readonly steps: Set<CleanseStep>
  ifNull: boolean
  as: string | null
  orphans: boolean
}

/**
 * Lines of the manifest that `init` would draft for the same sources, as YAML from the top key on: what they hold replaces or is added to what stands there. Lines of one
 * column say all that was found of it, in whichever source, so they are asked for when everything was found.
 */
export class ManifestLines {
  readonly #tables: ReadonlyMap<string, DraftTable>
  readonly #wishes = new Map<string, Wish>()

  constructor(draft: Draft) {
    this.#tables = new Map(draft.tables.map(table => [foldedName(table.from), table]))
  }

  /** To be called for each hint before the first `text`. */
  note(table: TableName, hint: Hint): void {
    if (hint.kind === 'cleanse') this.#wish(table, hint.column).steps.add(hint.step)
    else if (hint.kind === 'if_null') this.#wish(table, hint.column).ifNull = true
    else if (hint.kind === 'as') this.#wish(table, hint.column).as = hint.type
    else if (hint.kind === 'ref' && hint.hasOrphans) this.#wish(table, hint.column).orphans = true
  }

  /** Null: the draft has no place for it (an excluded column, another key). */
  text(table: TableName, hint: Hint): string | null {
    if (hint.kind === 'exclude') return this.#exclude(table, hint.column, hint.reason)
    const drafted = this.#tables.get(foldedName(table))
    if (drafted === undefined) return null
    switch (hint.kind) {
      case 'cleanse':
      case 'if_null':
      case 'as':
        return this.#value(drafted, hint.column)
      case 'missing':
        return missing(drafted, hint)
      case 'ref':
        return this.#reference(drafted, hint)
      case 'polymorphic':
        return this.#polymorphic(drafted, hint)
      case 'rule':
        return nested(['entities', drafted.entity, 'rules'], [`- { when: ${yamlText(hint.when)}, quarantine: ${hint.code} }`])
      case 'key':
        return nested(['entities', drafted.entity], [`key: ${hint.columns.length === 0 ? '{ content: true }' : yamlList(hint.columns)}`])
      case 'from':
        return nested(['entities', drafted.entity], [`from: ${fromText(drafted)}`])
    }
  }

  #value(drafted: DraftTable, name: string): string | null {
    const column = plainColumn(drafted, name)
    if (column === null || column.value.kind !== 'column') return null
    const wish = this.#wish(drafted.from, name)
    const parts = [`from: ${yamlText(asExpression(column.value.source))}`]
    const steps = STEPS.filter(step => wish.steps.has(step))
    if (steps.length > 0) parts.push(`cleanse: [${steps.join(', ')}]`)
    if (wish.ifNull) parts.push(`if_null: { quarantine: ${codeOf(name, 'missing')} }`)
    if (wish.as !== null) parts.push(`as: ${yamlText(wish.as)}`)
    if (column.value.losesDigits) parts.push('on_loss: { allow: true }')
    return [...cleanseRules(steps), nested([...columnPath(drafted), column.name], `{ ${parts.join(', ')} }`)].join('\n')
  }

  #reference(drafted: DraftTable, hint: Extract<Hint, { kind: 'ref' }>): string | null {
    const column = plainColumn(drafted, hint.column)
    const parent = this.#tables.get(foldedName(hint.parent))
    if (column === null || parent === undefined || !isKey(parent, [hint.parentColumn])) return null
    const fate = this.#wish(drafted.from, hint.column).orphans ? `, missing: { value: null, note: ${codeOf(hint.column, 'orphan')} }` : ''
    return nested([...columnPath(drafted), column.name], `{ ref: ${parent.entity}, from: ${yamlText(asExpression(hint.column))}${fate} }`)
  }

  #polymorphic(drafted: DraftTable, hint: Extract<Hint, { kind: 'polymorphic' }>): string | null {
    const parent = this.#tables.get(foldedName(hint.parent))
    if (parent === undefined) return null
    const when = `${asExpression(hint.type)} = '${hint.word.replaceAll("'", "''")}'`
    const name = asciiWord(`${hint.id.replace(/_?id$/i, '')}_${parent.entity}_id`, 'column')
    return nested(
      [...columnPath(drafted), name],
      `{ ref: ${parent.entity}, from: ${yamlText(asExpression(hint.id))}, when: ${yamlText(when)} }`,
    )
  }

  #exclude(table: TableName, column: string | null, reason: string): string {
    const drafted = this.#tables.get(foldedName(table))?.from ?? table
    const label = column === null ? relationLabel(drafted) : columnLabel(drafted, column)
    return nested(['exclude', column === null ? 'tables' : 'columns', label], `{ reason: ${yamlText(reason)} }`)
  }

  #wish(table: TableName, column: string): Wish {
    const name = JSON.stringify([foldedName(table), column.toLowerCase()])
    const known = this.#wishes.get(name) ?? { steps: new Set(), ifNull: false, as: null, orphans: false }
    this.#wishes.set(name, known)
    return known
  }
}

function missing(drafted: DraftTable, { columns, isNullable }: Extract<Hint, { kind: 'missing' }>): string | null {
  const wanted = columns.map(name => name.toLowerCase()).sort()
  for (const { name, value } of drafted.columns) {
    if (
      value.kind !== 'reference' ||
      wanted.join('\0') !==
        value.sources
          .map(source => source.toLowerCase())
          .sort()
          .join('\0')
    )
      continue
    const code = codeOf(value.sources[0] ?? '', 'orphan')
    const fate = isNullable ? `{ value: null, note: ${code} }` : `{ quarantine: ${code} }`
    const from = yamlList(value.sources.map(asExpression))
    return nested([...columnPath(drafted), name], `{ ref: ${yamlText(value.entity)}, from: ${from}, missing: ${fate} }`)
  }
  return null
}

function plainColumn(drafted: DraftTable, name: string): DraftColumn | null {
  return drafted.columns.find(({ value }) => value.kind === 'column' && value.source.toLowerCase() === name.toLowerCase()) ?? null
}

function isKey({ key }: DraftTable, columns: readonly string[]): boolean {
  return (
    key.kind === 'columns' &&
    key.names.length === columns.length &&
    columns.every((name, i) => key.names[i]?.toLowerCase() === name.toLowerCase())
  )
}

function columnPath(drafted: DraftTable): readonly string[] {
  return ['entities', drafted.entity, 'into', relationLabel(drafted.to), 'columns']
}

function fromText({ from, isOptional, mayLack }: DraftTable): string {
  const lack = mayLack.length > 0 ? `, may_lack: [${mayLack.map(yamlText).join(', ')}]` : ''
  return `{ table: ${yamlText(relationLabel(from))}${isOptional ? ', optional: true' : ''}${lack} }`
}

/** A code in snake_case: `email_missing`. */
export function codeOf(column: string, what: string): string {
  return `${asciiWord(column, 'column').slice(0, 40).replace(/_+$/, '')}_${what}`
}

/** Named rules the steps need, declared at the top. */
function cleanseRules(steps: readonly CleanseStep[]): readonly string[] {
  const rules = steps.flatMap(step => {
    if (step === 'without_control')
      return [nested([step], [`- { regex: "[\\\\u0000-\\\\u0008\\\\u000b\\\\u000c\\\\u000e-\\\\u001f\\\\u007f-\\\\u009f]", with: "" }`], 1)]
    if (step === 'mend_utf8')
      return [
        nested(
          [step],
          [...MENDED].map(letter => `- { regex: ${yamlText(misread(letter))}, with: ${yamlText(letter)} }`),
          1,
        ),
      ]
    return []
  })
  return rules.length === 0 ? [] : ['cleanse:', ...rules]
}

/** What a letter's UTF-8 shows as where each byte is read as Windows-1252. */
function misread(letter: string): string {
  return new TextDecoder('windows-1252').decode(Buffer.from(letter))
}

/** Keys one under the other; below them lines, or one text beside the last. */
function nested(path: readonly string[], rest: readonly string[] | string, depth = 0): string {
  const indent = (at: number): string => '  '.repeat(at + depth)
  const keys = path.map((key, i) => `${indent(i)}${yamlText(key)}:`)
  if (typeof rest === 'string') return [...keys.slice(0, -1), `${keys.at(-1)} ${rest}`].join('\n')
  return [...keys, ...rest.map(line => indent(path.length) + line)].join('\n')
}
