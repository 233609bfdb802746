import { tableLabel } from '../base/table-label.ts'
import { bug } from '../errors.ts'
import { referencedEntities } from '../plan/order.ts'
import type { Migration, RunOptions } from './migration.ts'
import type { RunContext } from './run-context.ts'
import { sampleRuleOf } from './sample-rule.ts'
import type { MigrationSurvey } from './survey-migration.ts'
import { retriesOf, topUpOf } from './top-up-run.ts'

/** A dry run’s context: the survey’s numbers, which the ledger gave or which stand in for those it would give. */
export function dryContext(migration: Migration, { survey, options }: { survey: MigrationSurvey; options: RunOptions }): RunContext {
  const { mapping } = migration
  const referenced = new Set(mapping.entities.flatMap(entity => referencedEntities(entity)))
  const entities = new Map(mapping.entities.map(entity => [entity.name, entity]))
  return {
    id: options.newRunId,
    mapping,
    setting: survey.setting,
    signal: options.signal,
    emit: options.emit,
    hooks: options.hooks,
    batchRows: options.batchRows,
    retries: retriesOf(options.selection),
    topUp: topUpOf(options.selection),
    sample: sampleRuleOf(survey.runs, options.selection),
    now: options.now,
    service: name => migration.services.find(s => s.name === name) ?? missing(`service ${name}`),
    entity: name => {
      const entity = entities.get(name) ?? missing(`entity ${name}`)
      return {
        number: survey.setting.numbers.get(name) ?? 0,
        name,
        service: entity.service,
        table: tableLabel(entity.into[0]?.schema ?? '', entity.into[0]?.table ?? ''),
      }
    },
    isSelected: () => true,
    isReferenced: name => referenced.has(name),
    openSource: (name, tenant) => migration.openSource(name, migration.isPerTenant(name) ? tenant : null),
    doneWith: tenant => migration.doneWith?.(tenant) ?? Promise.resolve(),
    isPerTenant: name => migration.isPerTenant(name),
    confirmed: new Map(),
    isFirstLoad: () => false,
    relations: () => new Map(),
    liveReferences: () => new Set(),
    sharedIndex: () => null,
    needSharedIndex: () => Promise.resolve(),
  }
}

function missing(what: string): never {
  throw bug(`expected ${what}, got none`)
}
