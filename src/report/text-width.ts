/** How many terminal columns a text takes, and how to cut and pad it. Counts user-perceived characters, not code units. */

/** Every control character, C1 included, and the marks that turn the writing direction: what a value could use to fake or hide terminal output. */
const UNPRINTABLE = /[\p{Cc}\p{Bidi_Control}]/gu
const ZERO_WIDTH = /^[\p{Mark}\p{Default_Ignorable_Code_Point}]+$/u
const EMOJI = /\p{Emoji_Presentation}|\p{Extended_Pictographic}\u{fe0f}|\p{Regional_Indicator}{2}|\u{20e3}/u
const PLAIN = /^[\u0020-\u007e]*$/

/** Code points of East Asian width Wide or Fullwidth, from Unicode's EastAsianWidth.txt; [first, last]. Emoji are told by their property. */
const WIDE: readonly (readonly [number, number])[] = [
  [0x1100, 0x115f],
  [0x2e80, 0x303e],
  [0x3041, 0x33ff],
  [0x3400, 0x4dbf],
  [0x4e00, 0x9fff],
  [0xa000, 0xa4cf],
  [0xa960, 0xa97f],
  [0xac00, 0xd7a3],
  [0xf900, 0xfaff],
  [0xfe10, 0xfe19],
  [0xfe30, 0xfe6f],
  [0xff01, 0xff60],
  [0xffe0, 0xffe6],
  [0x16fe0, 0x18cff],
  [0x1aff0, 0x1b2fb],
  [0x1f200, 0x1f265],
  [0x20000, 0x3fffd],
]

const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' })

/** The text with every control and direction mark spelt out (`\x1b`), so that no value can steer the terminal. */
export function printable(text: string): string {
  return text.replace(UNPRINTABLE, char => {
    if (char === '\n') return '\\n'
    if (char === '\t') return '\\t'
    const point = char.charCodeAt(0)
    return point < 256 ? `\\x${point.toString(16).padStart(2, '0')}` : `\\u${point.toString(16).padStart(4, '0')}`
  })
}

/** Columns the text takes. Expects printable text without colour. */
export function displayWidth(text: string): number {
  if (PLAIN.test(text)) return text.length
  let width = 0
  for (const { segment } of graphemes.segment(text)) width += graphemeWidth(segment)
  return width
}

function graphemeWidth(grapheme: string): number {
  if (ZERO_WIDTH.test(grapheme)) return 0
  if (EMOJI.test(grapheme)) return 2
  const point = grapheme.codePointAt(0) ?? 0
  return WIDE.some(([first, last]) => point >= first && point <= last) ? 2 : 1
}

/** At most `width` columns, the last one an ellipsis where something was cut. */
export function cutToWidth(text: string, width: number): string {
  if (displayWidth(text) <= width) return text
  if (width < 1) return ''
  let kept = ''
  let used = 0
  for (const { segment } of graphemes.segment(text)) {
    const wide = graphemeWidth(segment)
    if (used + wide > width - 1) break
    kept += segment
    used += wide
  }
  return `${kept}…`
}

/** Filled up with blanks to `width` columns; longer texts stay as they are. */
export function padToWidth(text: string, width: number, align: 'left' | 'right'): string {
  const blanks = ' '.repeat(Math.max(0, width - displayWidth(text)))
  return align === 'left' ? text + blanks : blanks + text
}
