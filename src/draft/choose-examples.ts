/** A row of a source as the target would hold it: texts of its columns; undefined = not to be shown. */
export interface SampleRow {
  readonly key: readonly string[]
  readonly values: readonly (string | null | undefined)[]
}

export interface SampleColumn {
  readonly name: string
  readonly kind: 'number' | 'time' | 'text' | 'other'
}

export interface DraftExample {
  readonly tenant: string
  readonly key: readonly string[]
  readonly values: readonly { readonly column: string; readonly value: string | null }[]
}

const MOST_EXAMPLES = 5
const MOST_COLUMNS = 12

/** At most five rows at the edges: the smallest and largest key, the longest text, the most NULLs, the greatest number or latest time; then the ones in between. */
export function chooseExamples(rows: readonly SampleRow[], columns: readonly SampleColumn[], tenant: string): readonly DraftExample[] {
  const chosen = new Set<SampleRow>()
  const add = (row: SampleRow | undefined): void => {
    if (row !== undefined && chosen.size < MOST_EXAMPLES) chosen.add(row)
  }
  const byKey = [...rows].sort((a, b) => compareKeys(a.key, b.key))
  add(byKey[0])
  add(byKey.at(-1))
  add(greatest(rows, row => Math.max(0, ...texts(row, columns, 'text').map(text => text.length))))
  add(greatest(rows, row => row.values.filter(value => value === null).length))
  add(greatest(rows, row => Math.max(0, ...texts(row, columns, 'number').map(text => Math.abs(Number(text)) || 0))))
  add(latest(rows, columns))
  for (let i = 1; i <= MOST_EXAMPLES && chosen.size < MOST_EXAMPLES; i++) add(byKey[Math.floor((byKey.length * i) / (MOST_EXAMPLES + 1))])
  return [...chosen].flatMap(row => {
    const values = columns.flatMap(({ name }, i) => {
      const value = row.values[i]
      return value === undefined ? [] : [{ column: name, value }]
    })
    return values.length === 0 ? [] : [{ tenant, key: row.key, values: values.slice(0, MOST_COLUMNS) }]
  })
}

function texts(row: SampleRow, columns: readonly SampleColumn[], kind: SampleColumn['kind']): readonly string[] {
  return columns.flatMap((column, i) => {
    const value = row.values[i]
    return column.kind === kind && typeof value === 'string' ? [value] : []
  })
}

/** The first of those with the most of something; undefined where none has any. */
function greatest(rows: readonly SampleRow[], measure: (row: SampleRow) => number): SampleRow | undefined {
  let best: SampleRow | undefined
  let most = 0
  for (const row of rows) {
    const size = measure(row)
    if (size > most) {
      best = row
      most = size
    }
  }
  return best
}

/** Times in PostgreSQL's ISO form sort as texts, but for those before Christ and beyond the year 9999: good enough to choose by. */
function latest(rows: readonly SampleRow[], columns: readonly SampleColumn[]): SampleRow | undefined {
  let best: SampleRow | undefined
  let most = ''
  for (const row of rows)
    for (const text of texts(row, columns, 'time'))
      if (text > most) {
        best = row
        most = text
      }
  return best
}

/** Whole numbers by value, everything else as text. */
function compareKeys(a: readonly string[], b: readonly string[]): number {
  for (const [i, left] of a.entries()) {
    const right = b[i] ?? ''
    if (left === right) continue
    if (/^-?\d+$/.test(left) && /^-?\d+$/.test(right)) return BigInt(left) < BigInt(right) ? -1 : 1
    return left < right ? -1 : 1
  }
  return 0
}
