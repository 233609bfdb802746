import type { CheckedRecords } from './checked-records.ts'
import type { RecordPlace } from './csv-fault.ts'
import type { NullPlaces, SurveyedColumn, SurveyRequest } from './file-survey.ts'
import { NullSpellings } from './null-spellings.ts'
import { ESCAPED, PLAIN } from './record-scanner.ts'
import { ANY_KIND, kindsOf, TEXT_ONLY } from './value-kinds.ts'

const LOCAL_DATE = /^\d{1,2}[./-]\d{1,2}[./-]\d{2,4}\b/
const OTHER_NUMBER = /^[+-]?(\d{1,3}([.,' ]\d{3})+([.,]\d+)?|\d+,\d+|\d+(\.\d+)?e[+-]?\d+)$/i
const MOST_LOOKED_AT = 40

/** Gathers, field by field, what the columns of a file can be. */
export class ColumnEvidence {
  readonly #width: number
  readonly #spellings: number
  readonly #nulls: NullSpellings
  readonly #kinds: Uint8Array
  readonly #values: Float64Array
  readonly #nullCounts: Float64Array
  readonly #looks: SurveyedColumn['looks'][]
  readonly #isStrict: readonly boolean[]
  readonly #places = new Map<string, RecordPlace>()

  constructor({ detected, spellings, declaration, keys }: SurveyRequest) {
    this.#width = detected.names.length
    this.#spellings = spellings.length
    this.#nulls = new NullSpellings(spellings)
    this.#kinds = new Uint8Array(this.#width).fill(ANY_KIND)
    this.#values = new Float64Array(this.#width)
    this.#nullCounts = new Float64Array(this.#width * spellings.length)
    this.#looks = detected.names.map(() => '')
    const declaredKeys = new Set(keys.filter(key => key.isDeclared && !key.mayBeNull).flatMap(key => key.names))
    this.#isStrict = detected.names.map(
      name => declaredKeys.has(name) || declaration?.columns.some(column => column.name === name && !column.isNullable) === true,
    )
  }

  see(records: CheckedRecords): void {
    const { data, start, end, kind } = records.scanner
    const kinds = this.#kinds
    for (let i = 0; i < this.#width; i++) {
      const from = start[i] as number
      const to = end[i] as number
      if (kind[i] === PLAIN) {
        const spelling = this.#nulls.find(data, from, to)
        if (spelling >= 0) {
          this.#seeNull(i, spelling, records)
          continue
        }
      }
      this.#values[i] = (this.#values[i] as number) + 1
      const wanted = kinds[i] as number
      if (wanted === TEXT_ONLY) continue
      // A field with quotes in it is nothing else.
      const found = kind[i] === ESCAPED ? TEXT_ONLY : wanted & kindsOf(data, from, to, wanted)
      kinds[i] = found
      if (found === TEXT_ONLY && to - from <= MOST_LOOKED_AT) this.#looks[i] = looksLike(data.toString('latin1', from, to))
    }
  }

  #seeNull(column: number, spelling: number, records: CheckedRecords): void {
    const at = column * this.#spellings + spelling
    this.#nullCounts[at] = (this.#nullCounts[at] as number) + 1
    if (this.#isStrict[column] !== true) return
    const name = `${column} ${spelling}`
    if (!this.#places.has(name)) this.#places.set(name, records.fieldPlace(column))
  }

  get nullPlaces(): NullPlaces {
    return this.#places
  }

  columns(): readonly SurveyedColumn[] {
    return Array.from({ length: this.#width }, (_, i) => ({
      kinds: this.#kinds[i] ?? TEXT_ONLY,
      values: this.#values[i] ?? 0,
      nulls: [...this.#nullCounts.subarray(i * this.#spellings, (i + 1) * this.#spellings)],
      looks: this.#looks[i] ?? '',
    }))
  }
}

function looksLike(text: string): SurveyedColumn['looks'] {
  if (LOCAL_DATE.test(text)) return 'date'
  return OTHER_NUMBER.test(text) ? 'number' : ''
}
