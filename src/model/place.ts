/** A place in a file a person wrote. Lines and columns count from 1. */
export interface Place {
  readonly file: string
  readonly line: number
  readonly column: number
}

/** Where something happened. Filled in by whoever knows; never parsed back out of a message. */
export interface Where {
  readonly file?: string | undefined
  readonly line?: number | undefined
  readonly tenant?: string | undefined
  readonly service?: string | undefined
  readonly entity?: string | undefined
  readonly table?: string | undefined
  /** Of a file: a number. Of a table: a name. */
  readonly column?: string | number | undefined
  readonly key?: readonly string[] | undefined
  readonly batch?: string | undefined
}
