import { hashBytes } from '../base/row-hash.ts'
import { withoutBlanks } from '../cast/key-text.ts'
import { familyOf } from '../cast/sql-family.ts'
import type { SqlType } from '../model/sql-type.ts'
import type { Extremes, TextFacts, TextKind } from './column-facts.ts'
import { HashSet } from './hash-set.ts'
import { ShapeCounter, textShape } from './text-shape.ts'
import {
  dateReading,
  isCredential,
  isDecimal,
  isInteger,
  isMojibake,
  isTruth,
  isUuid,
  type PersonalKind,
  personalKind,
} from './text-signs.ts'

/** Values looked at before a reading that less than half of them bear out is given up. */
const TRIAL = 500
/** Shapes and signs of persons are counted for all of the first values, then for one in sixteen, and scaled. */
const ALL_SHAPES = 20_000
const SHAPE_EVERY = 16
const SHAPES_SHOWN = 5
const NEARLY = 0.95
const MOST_CHARACTERS = 400
const MOST_SPELLINGS = 500
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
const CONTROL = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]/

const READINGS: readonly (readonly [TextKind, (text: string) => boolean])[] = [
  ['integer', isInteger],
  ['decimal', isDecimal],
  ['date', text => dateReading(text) !== 'no'],
  ['boolean', isTruth],
  ['uuid', isUuid],
]

/** Texts: how they look, never what they say. The smallest and largest are kept for columns whose values may be shown. */
export class TextValues {
  readonly #isPadded: boolean
  readonly #shapes = new ShapeCounter()
  readonly #readings = READINGS.map(([kind, test]) => ({ kind, test, count: 0, isLeft: true }))
  readonly #personal = new Map<PersonalKind, number>()
  readonly #folded: HashSet
  readonly #lanes = new Int32Array(2)
  #spellings: number[] | null = []
  #shortest = Infinity
  #longest = -1
  #empty = 0
  #blank = 0
  #paddedCount = 0
  #controls = 0
  #nuls = 0
  #mojibake = 0
  #filled = 0
  #sampled = 0
  #impossible = 0
  #credentials = 0
  #distinct = 0
  #min: string | null = null
  #max: string | null = null

  constructor(type: SqlType, limit: number) {
    this.#isPadded = familyOf(type) === 'bpchar'
    this.#folded = new HashSet(limit)
  }

  /** `isNew`: surely a value not met before. */
  add(data: Buffer, start: number, length: number, isNew: boolean): void {
    const text = data.toString('utf8', start, start + (this.#isPadded ? withoutBlanks(data, start, length) : length))
    if (text.length < this.#shortest) this.#shortest = text.length
    if (text.length > this.#longest) this.#longest = text.length
    const trimmed = text.trim()
    if (trimmed === '') {
      if (text === '') this.#empty++
      else this.#blank++
      return
    }
    if (isNew) this.#addNew(text, trimmed)
    this.#filled++
    if (trimmed.length !== text.length) this.#paddedCount++
    if (CONTROL.test(text)) {
      this.#controls++
      if (text.includes('\0')) this.#nuls++
    }
    // Only where a byte is not ASCII are there more bytes than characters.
    if (text.length !== length && isMojibake(text)) this.#mojibake++
    this.#read(trimmed)
    if (this.#filled <= ALL_SHAPES || this.#filled % SHAPE_EVERY === 0) this.#sample(text, trimmed)
  }

  facts(): TextFacts {
    const scale = this.#sampled === 0 ? 1 : this.#filled / this.#sampled
    const personal = [...this.#personal].sort((a, b) => b[1] - a[1])[0]
    return {
      shortest: this.#longest < 0 ? null : this.#shortest,
      longest: this.#longest < 0 ? null : this.#longest,
      empty: this.#empty,
      blank: this.#blank,
      padded: this.#paddedCount,
      controls: this.#controls,
      nuls: this.#nuls,
      mojibake: this.#mojibake,
      filled: this.#filled,
      looks: this.#looks(),
      nearly: this.#nearly(),
      impossibleDates: this.#impossible,
      shapes: this.#shapes.top(SHAPES_SHOWN).map(({ shape, count }) => ({ shape, count: Math.round(count * scale) })),
      areShapesExact: this.#shapes.isExact && scale === 1,
      personal: personal === undefined ? null : { kind: personal[0], count: Math.round(personal[1] * scale) },
      credentials: Math.round(this.#credentials * scale),
      variants: this.#distinct - this.#folded.size,
      extremes: this.#extremes(),
      folded: this.#folded,
      spellings: this.#spellings,
    }
  }

  #addNew(text: string, trimmed: string): void {
    this.#distinct++
    if (this.#min === null || text < this.#min) this.#min = text
    if (this.#max === null || text > this.#max) this.#max = text
    const [hi, lo] = this.#hash(foldedText(trimmed))
    this.#folded.add(hi, lo)
    if (this.#distinct > MOST_SPELLINGS) this.#spellings = null
    else this.#spellings?.push(hi, lo, ...this.#hash(text))
  }

  #hash(text: string): readonly [number, number] {
    const bytes = Buffer.from(text)
    this.#lanes.fill(0)
    hashBytes(bytes, 0, bytes.length, this.#lanes)
    return [this.#lanes[0] as number, this.#lanes[1] as number]
  }

  #read(trimmed: string): void {
    for (const reading of this.#readings) {
      if (!reading.isLeft) continue
      if (trimmed.length <= 40 && reading.test(trimmed)) {
        reading.count++
        if (reading.kind === 'date' && dateReading(trimmed) === 'impossible') this.#impossible++
      } else if (this.#filled >= TRIAL && reading.count * 2 < this.#filled) reading.isLeft = false
    }
  }

  #sample(text: string, trimmed: string): void {
    this.#sampled++
    this.#shapes.add(textShape(text))
    if (trimmed.length > MOST_CHARACTERS) return
    const kind = personalKind(trimmed)
    if (kind !== null) this.#personal.set(kind, (this.#personal.get(kind) ?? 0) + 1)
    else if (isCredential(trimmed)) this.#credentials++
  }

  /** Zeros and ones are truths only where there is no third value. */
  #looks(): TextKind | null {
    if (this.#filled === 0) return null
    const all = (kind: TextKind): boolean => this.#readings.some(reading => reading.kind === kind && reading.count === this.#filled)
    if (all('boolean') && this.#folded.size <= 3) return 'boolean'
    return (['uuid', 'date', 'integer', 'decimal'] as const).find(all) ?? null
  }

  #nearly(): TextFacts['nearly'] {
    if (this.#filled < 20) return null
    for (const kind of ['uuid', 'date', 'integer', 'decimal'] as const) {
      const count = this.#readings.find(reading => reading.kind === kind)?.count ?? 0
      if (count < this.#filled && count >= this.#filled * NEARLY) return { kind, others: this.#filled - count }
      if (count === this.#filled) return null
    }
    return null
  }

  #extremes(): Extremes | null {
    return this.#min === null || this.#max === null ? null : { min: this.#min, max: this.#max }
  }
}

/** What two spellings of one thing have in common: without case, white space around and within made one blank, one form of accents. */
export function foldedText(text: string): string {
  return text.normalize('NFKC').trim().replace(/\s+/g, ' ').toLowerCase()
}
