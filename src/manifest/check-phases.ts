import type { Entity } from '../model/mapping.ts'
import { unknownName } from './check-names.ts'
import type { Problems } from './problems.ts'
import type { Tree } from './tree.ts'
import { child, entriesOf, oneOrMany, textOf } from './tree-access.ts'

/** Each entity stands in exactly one phase, each phase has a name of its own. */
export function checkPhases(manifest: Tree, entities: readonly Entity[], problems: Problems): void {
  const phases = child(manifest, 'phases')
  if (!phases) return
  const names = entities.map(entity => entity.name)
  const known = new Set(names)
  const placed = new Map<string, string>()
  const seen = new Set<string>()
  for (const phase of oneOrMany(phases).flatMap(entriesOf)) {
    if (seen.has(phase.key))
      problems.add({
        code: 'MANIFEST_INVALID',
        at: phase.keyAt,
        message: `expected each phase once, got \`${phase.key}\` again`,
        next: 'Give each phase a name of its own.',
      })
    seen.add(phase.key)
    for (const item of oneOrMany(phase.value)) {
      const name = textOf(item)
      const earlier = placed.get(name)
      if (!known.has(name)) problems.add({ at: item.at, ...unknownName('an entity', name, names) })
      else if (earlier === undefined) placed.set(name, phase.key)
      else {
        const message = `expected \`${name}\` in one phase, got it in \`${earlier}\`${earlier === phase.key ? ' twice' : ` and in \`${phase.key}\``}`
        problems.add({ code: 'MANIFEST_INVALID', at: item.at, message, next: 'Keep it in one of them.', entity: name })
      }
    }
  }
  for (const { name, at } of entities)
    if (!placed.has(name))
      problems.add({
        code: 'MANIFEST_INVALID',
        at,
        message: `expected \`${name}\` in a phase, got it in none`,
        next: 'Add it to a phase under `phases`.',
        entity: name,
      })
}
