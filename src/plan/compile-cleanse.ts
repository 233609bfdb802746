import { TupleWriter } from '../base/tuple-writer.ts'
import { builtinType } from '../cast/builtin-types.ts'
import { isTextKind, kindOf } from '../expression/scalar-kind.ts'
import { CLEANSE_WORDS, type CleanseStep, type CleanseWord } from '../model/mapping.ts'
import type { Place } from '../model/place.ts'
import type { CompileContext } from './compile-context.ts'
import type { ValueSource } from './row-state.ts'

const TEXT = builtinType('text')
/** Unicode's White_Space. */
const SPACES = '[\\p{White_Space}]'

const WORDS: Readonly<Record<CleanseWord, (text: string) => string | null>> = {
  trim: replacing(new RegExp(`^${SPACES}+|${SPACES}+$`, 'gu'), ''),
  collapse: replacing(new RegExp(`${SPACES}+`, 'gu'), ' '),
  lower: text => text.toLowerCase(),
  upper: text => text.toUpperCase(),
  null_if_blank: text => (new RegExp(`^${SPACES}*$`, 'u').test(text) ? null : text),
}

function replacing(pattern: RegExp, by: string): (text: string) => string {
  return text => text.replace(pattern, by)
}

function compileStep(step: CleanseStep): (text: string) => string | null {
  if (step.kind === 'word') return WORDS[step.word]
  if (step.kind === 'regex') return replacing(new RegExp(step.pattern, 'gu'), step.by)
  // The manifest’s check lets texts and null through.
  const entries = new Map(step.entries.map(({ from, to }) => [from, to as string | null]))
  return text => (entries.has(text) ? (entries.get(text) ?? null) : text)
}

interface Rule {
  readonly counted: number
  apply(text: string): string | null
}

/** A text through named rules, in order; a NULL goes through untouched. Each rule that changes it is counted under the column and the rule's name. */
export interface Cleansed {
  readonly whole: ValueSource
  /** For who only asks whether it is NULL: counts what made it so. */
  readonly forNull: ValueSource
}

export function compileCleanse(
  names: readonly string[],
  { source, column, at }: { readonly source: ValueSource; readonly column: string; readonly at: Place },
  context: CompileContext,
): Cleansed | null {
  const kind = kindOf(source.type)
  if (!isTextKind(kind) && kind !== 'citext' && kind !== 'enum') {
    context.problems.error('MAPPING_TYPE', `expected a text to cleanse for ${column}, got ${source.type.text}`, {
      at,
      next: 'Cast it in `from` with ::text, or take `cleanse` out.',
    })
    return null
  }
  const rules = names.map((name): Rule => {
    const word = CLEANSE_WORDS.find(candidate => candidate === name)
    const steps = word ? [WORDS[word]] : (context.mapping.cleanse.find(rule => rule.name === name)?.steps ?? []).map(compileStep)
    const apply = (text: string): string | null => steps.reduce<string | null>((so, step) => (so === null ? null : step(so)), text)
    return { counted: context.state.registry.number('value', column, name), apply }
  })
  return { whole: cleanse(source, { rules, isOnlyNull: false }), forNull: cleanse(source, { rules, isOnlyNull: true }) }
}

function cleanse(
  source: ValueSource,
  { rules, isOnlyNull }: { readonly rules: readonly Rule[]; readonly isOnlyNull: boolean },
): ValueSource {
  const scratch = new TupleWriter(64)
  return {
    type: TEXT,
    slot: null,
    write: (row, out) => {
      scratch.reset()
      if (!source.write(row, scratch)) return false
      const length = scratch.buf.readInt32BE(0)
      if (length < 0) return out.null()
      let text: string | null = scratch.buf.toString('utf8', 4, 4 + length)
      const changed: number[] = []
      for (const { apply, counted } of rules) {
        if (text === null) break
        const next = apply(text)
        if (next !== text) changed.push(counted)
        text = next
      }
      if (!isOnlyNull || text === null) row.taken.push(...changed)
      if (text === null) return out.null()
      out.text(text)
      return true
    },
    ...(source.lost === undefined ? {} : { lost: source.lost }),
  }
}
