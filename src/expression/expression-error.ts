import { RehouseError } from '../errors.ts'
import type { Place } from '../model/place.ts'

const SUBSET =
  'Use names, literals, comparisons, and/or/not, is [not] null, in, between, ||, ->, ->>, case, coalesce, nullif, trim, lower, upper, length, + - *, and casts; compute the rest in a view of the source.'

export function invalid(at: Place, message: string, next = SUBSET): RehouseError {
  return new RehouseError('EXPRESSION_INVALID', message, { where: placeWhere(at), next })
}

export function notBuilt(at: Place, message: string): RehouseError {
  return new RehouseError('MANIFEST_NOT_SUPPORTED', message, {
    where: placeWhere(at),
    next: 'Leave it out for now, or compute it in a view of the source.',
  })
}

export function typeError(at: Place, message: string, next: string): RehouseError {
  return new RehouseError('EXPRESSION_TYPE', message, { where: placeWhere(at), next })
}

export function unknownName(at: Place, message: string, next: string): RehouseError {
  return new RehouseError('MAPPING_UNKNOWN_COLUMN', message, { where: placeWhere(at), next })
}

function placeWhere(at: Place): { file: string; line: number; column: number } {
  return { file: at.file, line: at.line, column: at.column }
}
