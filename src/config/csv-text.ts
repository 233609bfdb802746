import { RehouseError } from '../errors.ts'

/** One record of a CSV file and the line it begins in. */
export interface CsvRecord {
  readonly line: number
  readonly fields: readonly string[]
}

/**
 * RFC 4180: commas, quotes doubled inside quotes, lines ended by LF or CRLF also inside quotes; a byte order mark and blank lines are skipped.
 * Throws TENANT_INVALID with file, line and column for what is not CSV; never shows a value.
 */
export function parseCsv(text: string, file: string): readonly CsvRecord[] {
  return new CsvReader(text.startsWith('\ufeff') ? text.slice(1) : text, file).records()
}

class CsvReader {
  readonly #text: string
  readonly #file: string
  #at = 0
  #line = 1
  #lineStart = 0

  constructor(text: string, file: string) {
    this.#text = text
    this.#file = file
  }

  records(): readonly CsvRecord[] {
    const records: CsvRecord[] = []
    while (this.#at < this.#text.length) {
      const line = this.#line
      const fields = this.#record()
      if (fields.length > 1 || fields[0] !== '') records.push({ line, fields })
    }
    return records
  }

  #record(): readonly string[] {
    const fields: string[] = []
    for (;;) {
      fields.push(this.#text[this.#at] === '"' ? this.#quoted() : this.#bare())
      const next = this.#text[this.#at]
      if (next === ',') this.#at++
      else {
        this.#endOfLine(next)
        return fields
      }
    }
  }

  #endOfLine(next: string | undefined): void {
    if (next === undefined) return
    if (next === '\r' && this.#text[this.#at + 1] === '\n') this.#at++
    else if (next !== '\n') throw this.#error(`expected a comma or the end of the line, got ${next === '"' ? 'a quote' : 'something else'}`)
    this.#newLine()
  }

  #newLine(): void {
    this.#at++
    this.#line++
    this.#lineStart = this.#at
  }

  #bare(): string {
    const end = /[",\r\n\0]/g
    end.lastIndex = this.#at
    const stop = end.exec(this.#text)?.index ?? this.#text.length
    const field = this.#text.slice(this.#at, stop)
    this.#at = stop
    return field
  }

  #quoted(): string {
    const begun = { line: this.#line, column: this.#at - this.#lineStart + 1 }
    this.#at++
    const pieces: string[] = []
    let from = this.#at
    for (;;) {
      const character = this.#text[this.#at]
      if (character === undefined) throw this.#error('expected a closing quote, got the end of the file', begun)
      if (character === '\0') throw this.#error('expected text, got the character U+0000')
      if (character === '\n') this.#newLine()
      else if (character !== '"') this.#at++
      else {
        pieces.push(this.#text.slice(from, this.#at))
        this.#at++
        if (this.#text[this.#at] !== '"') return pieces.join('"')
        this.#at++
        from = this.#at
      }
    }
  }

  #error(message: string, at = { line: this.#line, column: this.#at - this.#lineStart + 1 }): RehouseError {
    return new RehouseError('TENANT_INVALID', message, {
      where: { file: this.#file, ...at },
      next: 'Put a field with commas, quotes or line ends in quotes, and write a quote inside as two.',
    })
  }
}
