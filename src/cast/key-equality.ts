import type { KeyEquality } from '../model/catalogue.ts'

/** One text for all texts that are equal as keys. */
export type EqualText = (text: string) => string

/**
 * `fold`: each UTF-16 unit of the Latin, Greek, Cyrillic and Armenian alphabets (full-width Latin too) as its lower-case letter where the two belong to each other alone: A and a, Σ and σ;
 * not ß, ς, İ, the Kelvin sign. So the result has as many units, and does not change with versions of Unicode. `trim`: without blanks (U+0020) at the end.
 * Null: bytes.
 */
export function equalText(equality: KeyEquality | undefined): EqualText | null {
  switch (equality) {
    case 'fold':
      return foldCase
    case 'trim':
      return trimEnd
    case 'fold_trim':
      return text => foldCase(trimEnd(text))
    default:
      return null
  }
}

function trimEnd(text: string): string {
  let end = text.length
  while (end > 0 && text.charCodeAt(end - 1) === BLANK) end--
  return end === text.length ? text : text.slice(0, end)
}

const BLANK = 0x20
/** First and last unit of the alphabets. */
const ALPHABETS = [
  [0x0041, 0x058f],
  [0x1e00, 0x1fff],
  [0xff21, 0xff5a],
] as const
const ASCII = /^[\0-\x7f]*$/

function foldCase(text: string): string {
  if (ASCII.test(text)) return text.toLowerCase()
  let folded = ''
  for (let i = 0; i < text.length; i++) folded += LOWER.get(text.charCodeAt(i)) ?? text[i]
  return folded
}

/** Only units that change. */
const LOWER: ReadonlyMap<number, string> = new Map(
  ALPHABETS.flatMap(([first, last]) =>
    Array.from({ length: last - first + 1 }, (_, i) => String.fromCharCode(first + i)).flatMap(upper => {
      const lower = upper.toLowerCase()
      return lower !== upper && lower.length === 1 && lower.toUpperCase() === upper ? [[upper.charCodeAt(0), lower] as const] : []
    }),
  ),
)
