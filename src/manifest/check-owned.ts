import { tableLabel } from '../base/table-label.ts'
import type { Entity, Mapping, Related } from '../model/mapping.ts'
import type { Problems } from './problems.ts'

/** Relations the entity accounts for: every row of each is counted once, with the row it belongs to. */
export function checkOwned(entity: Entity, { mapping, problems }: { readonly mapping: Mapping; readonly problems: Problems }): void {
  const refuse = (one: Related, message: string, next: string): void =>
    problems.add({ code: 'MANIFEST_INVALID', at: one.at, message, next, entity: entity.name })
  for (const one of entity.with) {
    for (const inner of allOf(one.with))
      if (inner.owns !== null)
        refuse(
          inner,
          `expected \`owns\` on rows that are related to the entity itself, got it on \`${inner.name}\`, whose rows are related to others`,
          'Own them where they are rows of an entity, or match them with the entity.',
        )
    if (one.owns === null) continue
    if (one.where !== null)
      refuse(
        one,
        `expected all rows of \`${one.name}\` to be accounted for, got \`where\`, which leaves some out`,
        'Say it in `rules` with `exclude`, which is counted, or take `owns` out.',
      )
    const others = mapping.entities.filter(other => other.with.some(known => known !== one && known.owns !== null && isSame(known, one)))
    const [other] = others
    if (other !== undefined && mapping.entities.indexOf(other) <= mapping.entities.indexOf(entity) && !isFirst(one, { entity, other }))
      refuse(
        one,
        `expected one \`owns\` of ${tableLabel(one.from.schema, one.from.name)}, got another in ${other.name}`,
        'Take one of the two out: rows are counted once.',
      )
  }
}

function isSame(a: Related, b: Related): boolean {
  return a.from.source === b.from.source && a.from.schema === b.from.schema && a.from.name === b.from.name
}

/** Of two in one entity the first stands. */
function isFirst(one: Related, { entity, other }: { readonly entity: Entity; readonly other: Entity }): boolean {
  return entity === other && entity.with.find(known => known.owns !== null && isSame(known, one)) === one
}

function allOf(related: readonly Related[]): readonly Related[] {
  return related.flatMap(one => [one, ...allOf(one.with)])
}
