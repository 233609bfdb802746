import type { DraftExample } from './choose-examples.ts'
import type { Draft, DraftColumn, DraftTable, Excluded } from './draft.ts'
import { TENANT_ID } from './draft-names.ts'
import { relationLabel } from './manifest-labels.ts'
import { yamlList, yamlText } from './yaml-text.ts'

export interface ManifestHead {
  readonly migration: string
  readonly source: string
  readonly target: string
  /** By entity. */
  readonly examples: ReadonlyMap<string, readonly DraftExample[]>
}

/** The names of the one source and the one service of a draft. */
export const SOURCE = 'legacy'
export const SERVICE = 'main'

/** rehouse.yaml: every table and column used, or excluded with its reason. */
export function manifestText(draft: Draft, head: ManifestHead): string {
  return `${[
    '# yaml-language-server: $schema=./rehouse.schema.json',
    '# Proposed by `rehouse init` from the catalogues of the sources. It is yours: `rehouse check` says whether it still holds, `rehouse plan` what it does.',
    '# A text in the place of a value is an expression; a column’s name is the smallest one.',
    `migration: ${yamlText(head.migration)}`,
    '',
    `sources: { ${SOURCE}: ${yamlText(head.source)} }`,
    'tenants: { from: tenants.csv }',
    'services:',
    `  ${SERVICE}: { url: ${yamlText(head.target)}, tenant_column: ${TENANT_ID} }`,
    ...exclusions(draft),
    '',
    'entities:',
    ...draft.tables.flatMap(table => [...entityText(table), ...examplesText(head.examples.get(table.entity) ?? [])]),
  ].join('\n')}\n`
}

function exclusions({ excludedTables, excludedColumns }: Draft): readonly string[] {
  if (excludedTables.length + excludedColumns.length === 0) return []
  const part = (name: string, list: readonly Excluded[]): readonly string[] =>
    list.length === 0 ? [] : [`  ${name}:`, ...list.map(({ label, reason }) => `    ${yamlText(label)}: { reason: ${yamlText(reason)} }`)]
  return ['', 'exclude:', ...part('tables', excludedTables), ...part('columns', excludedColumns)]
}

function entityText(table: DraftTable): readonly string[] {
  return [
    `  ${yamlText(table.entity)}:`,
    `    service: ${SERVICE}`,
    `    from: ${fromText(table)}`,
    ...keyText(table),
    '    into:',
    `      ${yamlText(relationLabel(table.to))}:`,
    '        columns:',
    ...table.columns.map(column => `          ${yamlText(column.name)}: ${valueText(column)}`),
  ]
}

function fromText(table: DraftTable): string {
  const label = yamlText(relationLabel(table.from))
  if (!table.isOptional && table.mayLack.length === 0) return label
  const parts = [`table: ${label}`]
  if (table.isOptional) parts.push('optional: true')
  if (table.mayLack.length > 0) parts.push(`may_lack: [${table.mayLack.map(yamlText).join(', ')}]`)
  return `{ ${parts.join(', ')} }`
}

function keyText({ key, isHashed }: DraftTable): readonly string[] {
  const id = isHashed ? ['    id: hashed'] : []
  if (key.kind === 'content') return ['    key: { content: true }', ...id]
  return key.isOwn ? id : [`    key: ${yamlList(key.names)}`, ...id]
}

function valueText({ value }: DraftColumn): string {
  if (value.kind === 'reference') return `{ ref: ${yamlText(value.entity)}, from: ${yamlList(value.sources.map(asExpression))} }`
  const expression = yamlText(asExpression(value.source))
  return value.losesDigits ? `{ from: ${expression}, on_loss: { allow: true } }` : expression
}

function examplesText(examples: readonly DraftExample[]): readonly string[] {
  if (examples.length === 0) return []
  return [
    '    examples:',
    ...examples.map(({ tenant, key, values }) => {
      const shown = values.map(({ column, value }) => `${yamlText(column)}: ${value === null ? 'null' : literalText(value)}`)
      return `      - { tenant: ${yamlText(tenant)}, key: ${key.length === 1 ? literalText(key[0] ?? '') : `[${key.map(literalText).join(', ')}]`}, values: { ${shown.join(', ')} } }`
    }),
  ]
}

/** Whole numbers and truth values as they are, everything else as a text: nothing in it may be read as something else. */
function literalText(value: string): string {
  return /^(?:0|-?[1-9]\d{0,14}|true|false)$/.test(value) ? value : yamlText(value)
}

const BARE = /^[\p{L}_][\p{L}\p{M}\p{N}_$]*$/u
const CONSTANTS = new Set(['true', 'false', 'null'])

/** A column's name as an expression. */
export function asExpression(column: string): string {
  return BARE.test(column) && !CONSTANTS.has(column.toLowerCase()) ? column : `"${column.replaceAll('"', '""')}"`
}
