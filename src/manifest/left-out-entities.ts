import { isPerTenant } from '../base/address-template.ts'
import type { Entity, Exclusion, Mapping } from '../model/mapping.ts'
import { readRelationName } from './relation-name.ts'

/** The phase and the code of rows nobody wants but somebody must account for, one by one. */
export const LEFT_OUT = 'excluded'
const LONGEST_NAME = 63

/**
 * A table excluded with `rows: audit` is read like any entity, last of all, and each of its rows is excluded with its key in the ledger: so it is counted, resumed and
 * compared with the source’s own count as everything else is. It has no target table. The form check leaves only names of one table.
 */
export function withLeftOut(mapping: Mapping): Mapping {
  const audited = mapping.exclude.tables.filter(item => item.rows === 'audit')
  if (audited.length === 0) return mapping
  const taken = new Set(mapping.entities.map(entity => entity.name))
  const entities = audited.map(item => leftOut(item, mapping, taken))
  const phase = { name: LEFT_OUT, entities: entities.map(entity => entity.name) }
  return { ...mapping, entities: [...mapping.entities, ...entities], phases: [...mapping.phases, phase] }
}

function leftOut(item: Exclusion, mapping: Mapping, taken: Set<string>): Entity {
  const from = readRelationName(item.pattern, mapping.sources[0]?.name ?? '')
  const source = mapping.sources.find(({ name }) => name === from.source)
  const name = freeName(`${LEFT_OUT}_${from.schema}_${from.name}`.toLowerCase().replaceAll(/[^a-z0-9_]/g, '_'), taken)
  return {
    name,
    service: mapping.services[0]?.name ?? '',
    isShared: source !== undefined && !isPerTenant(source.url),
    isLeftOut: true,
    from,
    isOptional: true,
    mayLack: [],
    list: null,
    tables: null,
    key: null,
    id: 'hashed',
    with: [],
    number: [],
    let: [],
    rules: [{ when: { text: 'true', at: item.at }, fate: 'exclude', code: LEFT_OUT, at: item.at }],
    into: [],
    batch: mapping.defaults.batch,
    onConflict: 'quarantine',
    examples: [],
    at: item.at,
  }
}

function freeName(wish: string, taken: Set<string>): string {
  for (let i = 1; ; i++) {
    const suffix = i === 1 ? '' : `_${i}`
    const name = `${wish.slice(0, LONGEST_NAME - suffix.length)}${suffix}`
    if (taken.has(name)) continue
    taken.add(name)
    return name
  }
}
