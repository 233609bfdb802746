/**
 * A second reader of CSV for tests, slow and plain, over a string: fields of records, quoted or not. Null for text that is no CSV with as many fields in every
 * record. Blank lines at the end are left out.
 */
export interface StrictField {
  readonly text: string
  readonly isQuoted: boolean
}

export function strictCsv(text: string, { delimiter = ',', quote = '"' } = {}): readonly (readonly StrictField[])[] | null {
  const whole = text.startsWith('\ufeff') ? text.slice(1) : text
  const records = allRecords(whole, delimiter, quote)
  if (records === null) return null
  const width = records[0]?.length ?? 0
  if (width > 1)
    while (records.at(-1)?.length === 1 && records.at(-1)?.[0]?.text === '' && records.at(-1)?.[0]?.isQuoted === false) records.pop()
  const isEven = records.every(
    record => record.length === width && (record[0]?.isQuoted === true || record[0]?.text.startsWith('\ufeff') === false),
  )
  return isEven ? records : null
}

function allRecords(text: string, delimiter: string, quote: string): StrictField[][] | null {
  const records: StrictField[][] = []
  let record: StrictField[] = []
  let at = 0
  while (at < text.length || record.length > 0) {
    const field = text[at] === quote ? quotedField(text, at, quote) : plainField(text, at, delimiter, quote)
    if (field === null) return null
    record.push(field)
    at = field.end
    if (text[at] === delimiter) {
      at++
      if (at < text.length) continue
      record.push({ text: '', isQuoted: false })
    } else if (text.startsWith('\r\n', at)) at += 2
    else if (text[at] === '\n') at++
    else if (at < text.length) return null
    records.push(record)
    record = []
  }
  return records
}

interface Found extends StrictField {
  readonly end: number
}

function plainField(text: string, start: number, delimiter: string, quote: string): Found | null {
  let end = start
  while (end < text.length && text[end] !== delimiter && text[end] !== '\n' && text[end] !== '\r') {
    if (text[end] === quote || text[end] === '\0') return null
    end++
  }
  return { text: text.slice(start, end), isQuoted: false, end }
}

function quotedField(text: string, start: number, quote: string): Found | null {
  let value = ''
  for (let at = start + 1; at < text.length; at++) {
    if (text[at] === '\0') return null
    if (text[at] !== quote) value += text[at]
    else if (text[at + 1] === quote) value += text[++at]
    else return { text: value, isQuoted: true, end: at + 1 }
  }
  return null
}
