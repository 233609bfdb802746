import type { ErrorResult } from '../model/results.ts'
import type { Page } from './paint.ts'
import { printable } from './text-width.ts'
import { whereText } from './where-text.ts'
import { wrapText } from './wrap.ts'

/** An error for people: what, where, what to do. */
export function renderError(error: ErrorResult['error'], page: Page): readonly string[] {
  const where = whereText(error.where)
  return [
    ...wrapText(printable(error.message), page, { first: `${error.code}: `, indent: 2 }).map((line, i) =>
      i === 0 ? page.paint('bad', `${error.code}:`) + line.slice(error.code.length + 1) : line,
    ),
    ...(where === '' ? [] : wrapText(where, page, { first: '  where: ', indent: 9 })),
    ...(error.next === '' ? [] : wrapText(printable(error.next), page, { first: '  next:  ', indent: 9 })),
  ]
}
