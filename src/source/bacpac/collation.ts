import type { Collation } from '../../model/catalogue.ts'

/**
 * A collation of SQL Server as a catalogue says it. What follows from its name: binary ones (`_BIN`, `_BIN2`) tell every character apart, `_CI_` ones not its case; all of them pad with blanks
 * before they compare, so blanks at the end never count.
 */
export function sqlServerCollation(name: string): Collation {
  const marks = name.toUpperCase().split('_')
  const isBinary = marks.includes('BIN') || marks.includes('BIN2')
  return { name, isDeterministic: isBinary, equality: !isBinary && marks.includes('CI') ? 'fold_trim' : 'trim' }
}

/** What SQL Server has where a model does not say. */
export const DEFAULT_COLLATION = 'SQL_Latin1_General_CP1_CI_AS'
