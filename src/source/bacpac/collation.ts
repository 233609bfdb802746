import type { Collation } from '../../model/catalogue.ts'

/**
 * A collation of SQL Server as a catalogue says it. What follows from its name: binary ones (`_BIN`, `_BIN2`) tell every character apart, `_CI_` ones not its case; all of them pad with blanks
 * before they compare, so blanks at the end never count.
 */
export function sqlServerCollation(name: string): Collation {
  const marks = name.toUpperCase().split('_')
  const isBinary = marks.includes('BIN') || marks.includes('BIN2')
  const isFolded = !isBinary && marks.includes('CI') && !marks.some(mark => DOTLESS.has(mark))
  return { name, isDeterministic: isBinary, equality: isFolded ? 'fold_trim' : 'trim' }
}

/** Languages in which I is the capital of another letter than i: folding as elsewhere would hold two keys equal that are not. */
const DOTLESS = new Set(['TURKISH', 'AZERI'])

/** What SQL Server has where a model does not say. */
export const DEFAULT_COLLATION = 'SQL_Latin1_General_CP1_CI_AS'
