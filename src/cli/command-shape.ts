/** The words in which the command table is written. */

export type FlagType =
  /** There or not. */
  | 'switch'
  | 'text'
  /** Repeatable. */
  | 'list'
  /** Repeatable `name=value`. */
  | 'pairs'
  /** An integer of 1 or more. */
  | 'count'
  /** An integer of 1 or more, or `all`. */
  | 'count or all'
  /** `HH:MM`. */
  | 'time'
  /** A switch that takes a text. */
  | 'optional text'
  | 'choice'

export interface Flag {
  /** Without dashes. */
  readonly name: string
  readonly short?: string
  readonly type: FlagType
  /** What stands for the value in help. */
  readonly value?: string
  readonly choices?: readonly string[]
  /** One sentence without a full stop. */
  readonly doc: string
  readonly default?: string
}

export interface Argument {
  readonly name: string
  readonly doc: string
  readonly isRequired: boolean
  /** May be given several times; the last argument only. */
  readonly isMany?: true
}

export interface Command {
  /** With its parent: `quarantine list`. */
  readonly name: string
  /** One sentence without a full stop. */
  readonly doc: string
  /** Further sentences for --help and docs/cli.md. */
  readonly more?: string
  readonly arguments?: readonly Argument[]
  readonly flags: readonly Flag[]
  /** Command lines worth copying. */
  readonly examples?: readonly string[]
  readonly exits: readonly ExitDoc[]
}

export interface ExitDoc {
  readonly status: number
  readonly when: string
}

export interface Group {
  readonly name: string
  readonly doc: string
}

export interface NotBuilt {
  readonly name: string
  readonly doc: string
}
