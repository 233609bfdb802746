import type { Place } from '../model/place.ts'
import type { Problems } from './problems.ts'

/** Own sentences: the library's quote what stands there, which may be a secret. */
const SYNTAX: Readonly<Record<string, { readonly message: string; readonly next: string }>> = {
  BAD_ALIAS: { message: 'expected the name of an anchor after *', next: 'Put a text that begins with * in quotes.' },
  BAD_DQ_ESCAPE: {
    message: 'expected a known escape in a text in double quotes',
    next: 'Use single quotes where a backslash is only a backslash.',
  },
  BAD_INDENT: {
    message: 'expected deeper indentation or a closing bracket',
    next: 'Indent with blanks as the lines around it; close every { and [.',
  },
  BAD_SCALAR_START: {
    message: 'expected a value, got a character that cannot begin one',
    next: 'Put a text that begins with @, ` or % in quotes.',
  },
  BLOCK_AS_IMPLICIT_KEY: {
    message: 'expected one value, got a second colon',
    next: 'Put a text that contains a colon and a blank in quotes.',
  },
  BLOCK_IN_FLOW: { message: 'expected `}` or `]` before the next line of the outer part', next: 'Close every { and [.' },
  MISSING_CHAR: {
    message: 'expected a closing quote, bracket, comma or colon',
    next: 'Close what was opened before this place; a key needs a colon.',
  },
  MULTIPLE_DOCS: { message: 'expected one document, got a second one after ---', next: 'One file holds one manifest.' },
  RESOURCE_EXHAUSTION: { message: 'expected at most 60 levels, got very many', next: 'Check the brackets.' },
  TAB_AS_INDENT: { message: 'expected blanks as indentation, got a tab', next: 'Replace the tab with blanks.' },
  UNEXPECTED_TOKEN: {
    message: 'expected a key or a value, got something that fits neither',
    next: 'Check indentation, quotes and colons around this place.',
  },
}

/** A finding for one error of the library, by its code. */
export function addSyntaxProblem(code: string, at: Place, problems: Problems): void {
  const known = SYNTAX[code] ?? { message: `expected YAML, got an error of kind ${code}`, next: 'Check the line and the one before it.' }
  problems.add({ code: 'MANIFEST_UNREADABLE', at, ...known })
}
