import type { TupleWriter } from '../../base/tuple-writer.ts'

/**
 * Writes the field (int32 length and bytes) of the value whose text is `data[start] … data[end]`, without escapes of the format around it, as PostgreSQL’s input function reads it.
 * False: not a value of the type; the writer may then be anywhere.
 */
export type TextField = (data: Buffer, start: number, end: number, out: TupleWriter) => boolean
