import { RehouseError } from '../../errors.ts'

/** Where in a file something is: record (the header counts) and line from 1, byte from 0 in the file as it is after decompression. */
export interface RecordPlace {
  readonly record: number
  readonly line: number
  readonly byte: number
}

/** What a file does that it must not. `message` says what was expected and what was got, never a value. */
export interface Fault extends RecordPlace {
  readonly message: string
  readonly next: string
  /** The column's name. */
  readonly column?: string | undefined
}

/** Makes the error of one file. */
export type FaultError = (fault: Fault) => RehouseError

/** `label` names the file for people, `table` the relation it is. */
export function faultsOf(label: string, table: string | undefined): FaultError {
  return ({ message, next, record, line, byte, column }) =>
    new RehouseError('SOURCE_INVALID', `${message} (${placeText({ record, line, byte })})`, {
      where: { file: label, line, table, column },
      next,
    })
}

export function placeText({ record, line, byte }: RecordPlace): string {
  return `record ${record}, line ${line}, byte ${byte}`
}
