import type { MappingValue, Outcome } from '../model/mapping.ts'
import type { PlanColumn } from '../model/results.ts'

/** A value in the manifest's own words, and whether the compatibility layer could write back through it (language.md section 5). */
export interface ValueDescription {
  readonly text: string
  readonly how: 'column' | Exclude<PlanColumn['how'], 'bytes' | 'cast'>
  readonly inverse: PlanColumn['inverse']
}

const BARE = /^("[^"]+"|[\p{L}_][\p{L}\p{N}_$]*)$/u

export function describeValue(value: MappingValue): ValueDescription {
  switch (value.kind) {
    case 'expression':
      return BARE.test(value.expression.text.trim())
        ? { text: value.expression.text, how: 'column', inverse: 'updatable' }
        : { text: value.expression.text, how: 'expression', inverse: 'read_only' }
    case 'constant':
      return { text: `constant ${JSON.stringify(value.value)}`, how: 'constant', inverse: 'updatable' }
    case 'pipeline':
      return describePipeline(value)
    case 'ref':
      return {
        text: `id of ${value.entities.join(' or ')} by ${value.from.map(f => f.text).join(', ')}`,
        how: 'reference',
        inverse: 'updatable',
      }
    case 'id':
      return { text: `id (${value.strategy})`, how: 'identifier', inverse: 'updatable' }
    case 'fn':
      return {
        text: `${value.file}#${value.name} of ${value.uses.map(use => use.value.text).join(', ') || 'nothing'}`,
        how: 'expression',
        inverse: value.inverse === null || value.inverse === 'none' ? 'no' : 'updatable',
      }
    case 'rest':
      return { text: 'every column nothing else uses', how: 'expression', inverse: 'updatable' }
    case 'collect':
      return { text: `${of(value.into)} of ${value.list}`, how: 'expression', inverse: 'read_only' }
    case 'json':
      return { text: `json { ${value.fields.map(field => field.name).join(', ')} }`, how: 'expression', inverse: 'updatable' }
  }
}

function of(into: 'array' | 'object'): string {
  return into === 'array' ? 'list' : 'object'
}

function describePipeline(value: Extract<MappingValue, { kind: 'pipeline' }>): ValueDescription {
  const steps = [
    value.from.text,
    ...(value.when ? [`when ${value.when.text}`] : []),
    ...(value.cleanse.length > 0 ? [`cleansed by ${value.cleanse.join(', ')}`] : []),
    ...(value.ifNull.length > 0 ? [`if null: ${value.ifNull.map(outcomeWord).join(', then ')}`] : []),
    ...(value.map ? [`map of ${value.map.length}`] : []),
    ...(value.as ? [`as ${value.as}`] : []),
  ]
  const replaces = value.ifNull.some(outcome => outcome.take !== null && ('value' in outcome.take || 'from' in outcome.take))
  const isOneToOne = value.map === null || new Set(value.map.map(entry => JSON.stringify(entry.to))).size === value.map.length
  const isBare = BARE.test(value.from.text.trim())
  const isKept = value.cleanse.length === 0
  const inverse = isKept && isBare && isOneToOne && !replaces && value.when === null ? 'updatable' : 'read_only'
  return { text: steps.join('; '), how: isBare && isKept && value.map === null ? 'column' : 'expression', inverse }
}

function outcomeWord(outcome: Outcome): string {
  const { take } = outcome
  if (take === null) return `note ${outcome.note}`
  if ('value' in take) return `value ${JSON.stringify(take.value)}`
  if ('from' in take) return `from ${take.from.text}`
  if ('exclude' in take) return `exclude ${take.exclude}`
  return 'quarantine' in take ? `quarantine ${take.quarantine}` : 'allow'
}
