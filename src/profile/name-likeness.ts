import { snakeCase } from '../draft/target-names.ts'

/** Words at the end of a column's name that say it names a row, not which. */
const KEY_WORDS = new Set(['id', 'key', 'code', 'no', 'nr', 'number', 'num', 'ref', 'fk', 'guid', 'uuid', 'pk', 'identifier'])
const TABLE_MARKS = new Set(['tbl', 'tab', 't', 'dim', 'fact', 'tb'])
/** What any table may call a column. */
const ANYBODYS = new Set([
  'name',
  'title',
  'description',
  'label',
  'email',
  'mail',
  'phone',
  'row',
  'legacy',
  'external',
  'type',
  'date',
  'zip',
  'postal',
  'sort',
  'order',
  'line',
  'user',
])
/** Words that mean a row of the same table. */
const OWN_WORDS = new Set([
  'parent',
  'manager',
  'supervisor',
  'predecessor',
  'successor',
  'previous',
  'next',
  'root',
  'boss',
  'superior',
  'original',
])

/** `StudentID`, `FK_Student`, `student_no` → [student]; [] where nothing but the word for a key is left. */
export function stemWords(column: string): readonly string[] {
  const words = snakeCase(column).split('_')
  while (words.length > 0 && KEY_WORDS.has(words.at(-1) ?? '')) words.pop()
  while (words.length > 0 && (words[0] === 'fk' || words[0] === 'id')) words.shift()
  return words
}

/** A table's name in words, the last one in the singular, without `tbl_`. */
export function tableWords(table: string): readonly string[] {
  const words = snakeCase(table).split('_')
  while (words.length > 1 && TABLE_MARKS.has(words[0] ?? '')) words.shift()
  return words.map((word, i) => (i === words.length - 1 ? singular(word) : word))
}

export function singular(word: string): string {
  if (word.length < 4) return word
  if (word.endsWith('ies')) return `${word.slice(0, -3)}y`
  if (/(?:ss|us|is)$/.test(word)) return word
  if (/(?:sses|xes|ches|shes)$/.test(word)) return word.slice(0, -2)
  return word.endsWith('s') ? word.slice(0, -1) : word
}

export interface NamedKey {
  readonly table: string
  readonly column: string
}

/** How much a column's name says that it refers to that key, from 0 to 1. From 0.8 on it says so plainly. */
export function nameLikeness(child: NamedKey, parent: NamedKey, isOwnTable: boolean): number {
  const stem = stemWords(child.column)
  const key = snakeCase(parent.column)
  if (snakeCase(child.column) === key && !stemWords(parent.column).every(word => ANYBODYS.has(word))) return 0.9
  if (stem.length === 0) return 0
  const table = tableWords(parent.table)
  const named = [...stem.slice(0, -1), singular(stem.at(-1) ?? '')]
  if (named.join('') === table.join('')) return 1
  if (isOwnTable && OWN_WORDS.has(stem[0] ?? '')) return 0.8
  if (endsWith(named, table)) return 0.9
  if (named.length > 1 && named.every(word => table.includes(word))) return 0.7
  if (endsWith(table, named)) return 0.6
  const joined = named.join('')
  if (joined.length >= 4 && table.join('').startsWith(joined)) return 0.6
  return named.some(word => word.length > 2 && table.includes(word)) ? 0.5 : 0
}

function endsWith(words: readonly string[], tail: readonly string[]): boolean {
  return words.length > tail.length && tail.every((word, i) => words[words.length - tail.length + i] === word)
}

const NATURAL = new Set(
  'code number no nr key guid uuid email mail identifier ident sku isbn ean barcode login username ssn iban reference external kennung nummer kuerzel'.split(
    ' ',
  ),
)

/** Numbers and codes of something else than the row. */
const NO_KEY_WORDS = new Set(
  'count date type hash postal post zip area country currency language status state error approval color colour house street phone fax mobile cell region'.split(
    ' ',
  ),
)

/** Whether a column is called like something that tells rows apart: `id`, `code`, `email`, `StudentIdentifier`. References to other tables, by their name, are not. */
export function isLikelyKey(table: string, column: string): boolean {
  const words = snakeCase(column).split('_')
  const last = words.at(-1) ?? ''
  if (last === 'id')
    return (
      words.length === 1 ||
      stemWords(column).join('') === tableWords(table).join('') ||
      ['external', 'legacy', 'state', 'national'].includes(words[0] ?? '')
    )
  if (words.some(word => NO_KEY_WORDS.has(word))) return false
  return NATURAL.has(last)
}

/** Keys people gave to things, which may mean the same thing in two sources: not `id`. */
export function isNaturalKey(column: string): boolean {
  const words = snakeCase(column).split('_')
  return NATURAL.has(words.at(-1) ?? '') && !words.some(word => NO_KEY_WORDS.has(word))
}
