import { canonicalKey } from '../base/key-text.ts'
import { bug } from '../errors.ts'
import type { DrawKey } from '../plan/compile-context.ts'
import type { CompiledEntity } from '../plan/compile-entity.ts'
import { wantedExamples } from '../plan/example-watch.ts'
import { compileFor, type EntityFacts, type TenantPlan } from '../plan/tenant-plan.ts'
import type { SourceSnapshot } from '../source/source.ts'
import { chooseSample } from './choose-sample.ts'
import { fillRelated } from './fill-related.ts'
import { keyOrdinal } from './key-ordinal.ts'
import { fillFromLedger } from './remember-states.ts'
import type { RunContext } from './run-context.ts'
import { type SampleRule, wholeEntities } from './sample-rule.ts'
import type { SampledRows } from './sampled-rows.ts'
import { watchOptions } from './watched-examples.ts'

interface Lane {
  readonly plan: TenantPlan
  readonly sample: SampleRule
  snapshot(source: string): Promise<SourceSnapshot>
}

/** Chooses the rows of a lane, under its snapshots. Besides what the rule says, rows its ledger knows from a sample before, and those of the manifest’s examples. */
export function drawSample(run: RunContext, { plan, sample, snapshot }: Lane): Promise<ReadonlyMap<string, SampledRows>> {
  const tenant = plan.tenant?.code ?? null
  const compile = (facts: EntityFacts, draws: DrawKey): CompiledEntity =>
    compileFor(plan, facts.entity.name, { setting: run.setting, index: () => null, draws })
  return chooseSample({
    plan,
    rows: sample.rowsOf(tenant),
    whole: plan.tenant === null ? wholeEntities(run.mapping.entities) : new Set(),
    signal: run.signal,
    snapshot,
    compile: async (facts, draws) => {
      const compiled = compile(facts, draws)
      if (compiled.program === null) throw bug(`expected ${facts.entity.name} to compile as it did when it was checked`)
      await fillRelated(compiled, { facts, snapshotOf: snapshot })
      return compiled
    },
    addKnown: async (index, facts) => {
      const { entity, key } = facts
      const { ledger } = run.service(entity.service)
      if (sample.keepsKnown && (await ledger.state()) === 'current') {
        const place = { ledger, entity: run.entity(entity.name).number, tenant: plan.tenant?.number ?? 0 }
        await fillFromLedger(index, { ...place, isInteger: key.isInteger, mergedAsIn: null })
      }
      if (entity.examples.length === 0) return
      const watched = watchOptions({ facts, compiled: compile(facts, () => undefined), tenant }, run.setting)
      for (const example of wantedExamples(watched)) keyOrdinal(index, canonicalKey(example.key), key.isInteger)
    },
  })
}
