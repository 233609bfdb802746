import { RehouseError } from '../../errors.ts'
import type { Where } from '../../model/place.ts'

/** The file is not what it claims. */
export function invalidDump(
  message: string,
  where: Where,
  options: { readonly next?: string; readonly cause?: unknown } = {},
): RehouseError {
  return new RehouseError('SOURCE_INVALID', message, {
    where,
    next: options.next ?? 'Dump the database again, or copy the file again: this one is damaged or cut off.',
    cause: options.cause,
  })
}

export function refusedDump(message: string, where: Where, next: string): RehouseError {
  return new RehouseError('SOURCE_REFUSED', message, { where, next })
}

export function changedDump(where: Where): RehouseError {
  return new RehouseError('SOURCE_CHANGED', 'expected the dump as it was when it was opened, got one that was written to', {
    where,
    next: 'Wait until nobody writes to the file, then begin again.',
  })
}

export function unreachableDump(path: string, cause: unknown): RehouseError {
  const reason = cause instanceof Error && 'code' in cause ? String(cause.code) : 'an error'
  return new RehouseError('SOURCE_UNREACHABLE', `expected a dump that can be opened, got ${reason}`, {
    where: { file: path },
    next: 'Check the path and the rights on the file.',
    cause,
  })
}
