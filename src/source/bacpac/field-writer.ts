import type { TupleWriter } from '../../base/tuple-writer.ts'
import type { BcpInput } from './bcp-input.ts'

/** Writes the value of `length` bytes at `start` of the window as one field of a tuple. Throws SOURCE_INVALID on bytes that are no value of the type. */
export type FieldWriter = (input: BcpInput, start: number, length: number, out: TupleWriter) => void
