import { RehouseError } from '../../errors.ts'
import type { Where } from '../../model/place.ts'

const NEXT = 'Export the database again, or copy the file anew: it is damaged, cut off, or not written by SQL Server’s export.'

/** A file that is not what it claims. `message`: what was expected and what was got, never a value. */
export function invalidFile(message: string, where: Where, cause?: unknown): RehouseError {
  return new RehouseError('SOURCE_INVALID', message, { where, next: NEXT, cause })
}

/** What the file holds and Rehouse does not read. */
export function refusedFile(message: string, where: Where, next: string): RehouseError {
  return new RehouseError('SOURCE_REFUSED', message, { where, next })
}

export function unreachableFile(message: string, where: Where, cause?: unknown): RehouseError {
  return new RehouseError('SOURCE_UNREACHABLE', message, {
    where,
    next: 'Check that the path is right and that this user may read the file.',
    cause,
  })
}
