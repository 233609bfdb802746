import type { TupleWriter } from '../../base/tuple-writer.ts'
import { valueText } from '../../cast/value-text.ts'
import type { SqlType } from '../../model/sql-type.ts'
import type { RowProgram } from './row-program.ts'

/** The text of a field of a type. */
type Text = ReturnType<typeof valueText>

/** Leaves out every row up to and including the one with a key. */
export interface AfterKey {
  readonly program: RowProgram
  /** Whether the row with the key was met. */
  isFound(): boolean
}

/** `keys` reads the key columns alone, in the order of `types` and of `after`, the key’s parts as text of their types; `rows` reads what is to be delivered. */
export function afterKey(
  keys: RowProgram,
  rows: RowProgram,
  key: { readonly types: readonly SqlType[]; readonly after: readonly string[] },
): AfterKey {
  const texts = key.types.map(type => valueText(type))
  let isFound = false
  return {
    program: (input, out) => {
      if (isFound) return rows(input, out)
      const mark = out.at
      if (!keys(input, out)) return false
      isFound = hasKey({ out, mark }, texts, key.after)
      out.at = mark
      return true
    },
    isFound: () => isFound,
  }
}

function hasKey({ out, mark }: { out: TupleWriter; mark: number }, texts: readonly Text[], after: readonly string[]): boolean {
  let at = mark + 2
  for (let i = 0; i < texts.length; i++) {
    const length = out.view.getInt32(at)
    if (length < 0 || (texts[i] as Text)(out.buf, at + 4, length) !== after[i]) return false
    at += 4 + length
  }
  return true
}
