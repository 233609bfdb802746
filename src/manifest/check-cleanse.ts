import { everyValue } from '../model/every-value.ts'
import { CLEANSE_WORDS, type Mapping } from '../model/mapping.ts'
import { unknownName } from './check-names.ts'
import type { Problems } from './problems.ts'

/** Rules that can be told from steps and compiled, and names of rules that are there. */
export function checkCleanse(mapping: Mapping, problems: Problems): void {
  for (const { name, steps, at } of mapping.cleanse) {
    if (CLEANSE_WORDS.some(word => word === name))
      problems.add({
        code: 'MANIFEST_INVALID',
        at,
        message: `expected a name of its own for a cleansing rule, got \`${name}\`, which is a step`,
        next: 'Choose another name; steps can be used by their names without a rule.',
      })
    for (const step of steps) {
      const fault = step.kind === 'regex' ? faultOf(step.pattern) : null
      if (fault !== null && step.kind === 'regex')
        problems.add({
          code: 'MANIFEST_INVALID',
          at: step.at,
          message: `expected a regular expression of ECMAScript in the rule \`${name}\`, got one with a fault: ${fault}`,
          next: 'In double quotes each backslash is written twice; in single quotes once.',
        })
      if (step.kind === 'map' && step.entries.some(({ to }) => to !== null && typeof to !== 'string'))
        problems.add({
          code: 'MANIFEST_INVALID',
          at: step.at,
          message: `expected texts or null in the map of the rule \`${name}\`, got something else`,
          next: 'Put numbers, true and false in quotes: what is cleansed is text.',
        })
    }
  }
  const known = [...mapping.cleanse.map(rule => rule.name), ...CLEANSE_WORDS]
  for (const entity of mapping.entities)
    for (const value of everyValue(entity))
      if (value.kind === 'pipeline')
        for (const name of value.cleanse)
          if (!known.includes(name)) problems.add({ at: value.at, ...unknownName('a cleansing rule', name, known), entity: entity.name })
}

function faultOf(pattern: string): string | null {
  try {
    new RegExp(pattern, 'gu')
    return null
  } catch (error) {
    return error instanceof Error ? error.message.replace(/^Invalid regular expression: /, '') : 'it cannot be read'
  }
}
