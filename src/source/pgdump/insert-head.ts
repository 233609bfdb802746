import { NAME_PART, nameAtStart, withoutLead } from './sql-text.ts'

export interface InsertHead {
  /** Name of the table, parts unquoted. */
  readonly table: readonly string[]
  /** null: none were listed. */
  readonly columns: readonly string[] | null
  /** `DEFAULT VALUES`: one row of nothing but defaults. */
  readonly isDefaults: boolean
  /** Where the rows begin. */
  readonly at: number
}

const HEAD = /^insert\s+into\s+(?:only\s+)?/i
const AFTER_NAME = /^\s*(?:as\s+(?:"(?:[^"]|"")*"|[\w$]+)\s*)?/i
const OVERRIDING = /^\s*overriding\s+(system|user)\s+value\b/i
const VALUES = /^\s*values\s*(?=\()/i
const DEFAULTS = /^\s*default\s+values\s*$/i
const TABLE = new RegExp(String.raw`^${NAME_PART}(?:\s*\.\s*${NAME_PART})*`)
const COLUMNS = new RegExp(String.raw`^\s*\(\s*(${NAME_PART}(?:\s*,\s*${NAME_PART})*)\s*\)(?=\s*(?:overriding\b|values\b|default\b))`, 'i')
const MOST_HEAD_BYTES = 1 << 20

/** Null: not an INSERT of rows that are written out. */
export function insertHead(statement: Buffer): InsertHead | null {
  const whole = statement.toString('utf8', 0, Math.min(statement.length, MOST_HEAD_BYTES))
  const text = withoutLead(whole)
  const head = HEAD.exec(text)
  let at = head?.[0].length ?? 0
  const table = TABLE.exec(text.slice(at))
  if (head === null || table === null) return null
  at += table[0].length
  at += AFTER_NAME.exec(text.slice(at))?.[0].length ?? 0
  const listed = COLUMNS.exec(text.slice(at))
  at += listed?.[0].length ?? 0
  const overriding = OVERRIDING.exec(text.slice(at))
  at += overriding?.[0].length ?? 0
  const values = VALUES.exec(text.slice(at))
  const isDefaults = values === null && DEFAULTS.test(text.slice(at))
  if ((values === null && !isDefaults) || overriding?.[1]?.toLowerCase() === 'user') return null
  at += values?.[0].length ?? 0
  const columns = listed?.[1] === undefined ? null : splitNames(listed[1])
  return { table: nameAtStart(table[0]), columns, isDefaults, at: Buffer.byteLength(whole.slice(0, whole.length - text.length + at)) }
}

function splitNames(list: string): readonly string[] {
  return [...list.matchAll(new RegExp(NAME_PART, 'g'))].flatMap(([name]) => nameAtStart(name))
}

/** Heads of statements that come one after the other: those of one table begin alike. */
export class InsertHeads {
  #bytes: Buffer | null = null
  #head: InsertHead | null = null

  of(statement: Buffer): InsertHead | null {
    const known = this.#bytes
    if (known !== null && statement.length > known.length && statement.compare(known, 0, known.length, 0, known.length) === 0)
      return this.#head
    const head = insertHead(statement)
    // Up to the first parenthesis of the rows, so that nothing longer begins with it.
    const isWhole = head !== null && !head.isDefaults && statement[head.at] === 0x28
    this.#bytes = isWhole ? Buffer.from(statement.subarray(0, head.at + 1)) : null
    this.#head = head
    return head
  }
}
