import type { Page } from './paint.ts'
import { displayWidth } from './text-width.ts'

/** Prose broken at blanks to the page's width, every line after the first indented by `indent` more columns than `start` holds. */
export function wrapText(text: string, page: Page, place: { readonly first: string; readonly indent: number }): readonly string[] {
  const blanks = ' '.repeat(place.indent)
  const lines: string[] = []
  let line = place.first
  let isEmpty = true
  for (const word of text.split(' ')) {
    const fits = displayWidth(line) + (isEmpty ? 0 : 1) + displayWidth(word) <= page.width
    if (isEmpty || fits) line += isEmpty ? word : ` ${word}`
    else {
      lines.push(line)
      line = blanks + word
    }
    isEmpty = false
  }
  return [...lines, line]
}
