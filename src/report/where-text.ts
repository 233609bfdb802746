import type { Where } from '../model/place.ts'
import { printable } from './text-width.ts'

/** The place on one line, from the file to the row: `rehouse.yaml:12:5, tenant springfield, entity student, column core.student.name, key 42`. Empty where nothing is known. */
export function whereText(where: Where): string {
  const parts: string[] = []
  if (where.file !== undefined) parts.push(filePlace(where))
  if (where.service !== undefined) parts.push(`service ${where.service}`)
  if (where.tenant !== undefined) parts.push(`tenant ${where.tenant}`)
  if (where.entity !== undefined) parts.push(`entity ${where.entity}`)
  const relation = relationPlace(where)
  if (relation !== null) parts.push(relation)
  if (where.key !== undefined) parts.push(`key ${where.key.join(', ')}`)
  if (where.batch !== undefined) parts.push(`batch ${where.batch}`)
  return printable(parts.join(', '))
}

/** As editors and terminals make it clickable. */
function filePlace(where: Where): string {
  const position = [where.line, typeof where.column === 'number' ? where.column : undefined].filter(part => part !== undefined)
  return [where.file, ...position].join(':')
}

function relationPlace(where: Where): string | null {
  const column = typeof where.column === 'string' ? where.column : undefined
  if (where.table !== undefined && column !== undefined) return `column ${where.table}.${column}`
  if (where.table !== undefined) return `table ${where.table}`
  return column === undefined ? null : `column ${column}`
}
