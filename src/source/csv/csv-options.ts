import { didYouMean } from '../../base/did-you-mean.ts'
import { RehouseError } from '../../errors.ts'
import type { SourceFile } from '../source-file.ts'
import type { FormatWish } from './csv-format.ts'
import { FORMAT_WORDS, refuseClash } from './file-wish.ts'

export interface CsvOptions {
  /** For every file, unless the declaration says otherwise of one. */
  readonly wish: FormatWish
  /** The declaration's path as written; null = looked for in the folder. */
  readonly declaration: string | null
}

/** What the address says after `?`. Throws MANIFEST_INVALID for what is not known. */
export function csvOptions({ options, label }: SourceFile): CsvOptions {
  let wish: FormatWish = {}
  let declaration: string | null = null
  for (const [name, text] of options) {
    if (name === 'schema') declaration = text
    else wish = { ...wish, ...readWord(name, text, label) }
  }
  refuse(label, () => refuseClash(wish))
  return { wish, declaration }
}

function readWord(name: string, text: string, label: string): FormatWish {
  const read = Object.hasOwn(FORMAT_WORDS, name) ? FORMAT_WORDS[name] : undefined
  if (read !== undefined) return refuse(label, () => read(text))
  const known = [...Object.keys(FORMAT_WORDS), 'schema']
  throw invalid(
    label,
    `expected one of ${known.join(', ')} as option of a csv: address, got ${JSON.stringify(name)}${didYouMean(name, known)}`,
  )
}

function refuse<T>(label: string, read: () => T): T {
  try {
    return read()
  } catch (error) {
    if (error instanceof RangeError) throw invalid(label, error.message)
    throw error
  }
}

function invalid(label: string, message: string): RehouseError {
  return new RehouseError('MANIFEST_INVALID', message, {
    where: { file: label },
    next: 'docs/engines/csv.md lists the options of a csv: address.',
  })
}
