import { KeyIndex } from '../base/key-index.ts'
import { RehouseError } from '../errors.ts'
import { hasOwnIds } from '../plan/has-own-ids.ts'
import type { TenantPlan } from '../plan/tenant-plan.ts'
import { PhaseDoors } from './phase-doors.ts'
import { interrupted } from './read-task.ts'
import { fillFromLedger } from './remember-states.ts'
import type { RunContext } from './run-context.ts'
import { type PhaseGate, TenantLane } from './tenant-lane.ts'

/**
 * Runs every lane: the shared rows’ lane, and so many tenants at once. A tenant that fails does not hold up the others; without its shared rows no tenant can go on.
 * Resolves to the failures. Rejects with what is no failure of a tenant (a bug, a hook that throws) once every lane has come to rest: nothing is written after that.
 */
export async function runLanes(
  whole: RunContext,
  of: { readonly plans: readonly TenantPlan[]; readonly lanes: number },
): Promise<readonly RehouseError[]> {
  const failures: RehouseError[] = []
  const bugs: unknown[] = []
  const abort = new AbortController()
  const run = { ...whole, signal: AbortSignal.any([whole.signal, abort.signal]) }
  const sharedPlan = of.plans.find(plan => plan.tenant === null)
  const doors = new PhaseDoors(run.mapping.phases.map(phase => phase.name))
  const shared = sharedPlan === undefined ? null : new TenantLane(run, sharedPlan)
  const context = withSharedKeys(run, sharedPlan, shared)
  const lane = async (work: TenantLane, gate: PhaseGate): Promise<void> => {
    try {
      await work.run(gate)
    } catch (error) {
      if (!(error instanceof RehouseError)) {
        bugs.push(error)
        abort.abort()
        doors.close(interrupted(run.signal))
        return
      }
      if (!doors.isClosedBy(error)) failures.push(error)
      if (work.code !== null || error.code === 'INTERRUPTED')
        run.emit({ type: 'tenant:stopped', tenant: work.code, code: error.code, message: error.message })
      if (work === shared) doors.close(error)
    }
  }
  const open: PhaseGate = { mayEnter: () => Promise.resolve(), phaseDone: phase => doors.open(phase) }
  const sharedDone = shared === null ? Promise.resolve(doors.openAll()) : lane(shared, open)
  const tenants = of.plans.filter(plan => plan.tenant !== null)
  let next = 0
  const worker = async (): Promise<void> => {
    for (let i = next++; i < tenants.length; i = next++) {
      if (run.signal.aborted && failures.length > 0) return
      await lane(new TenantLane(context, tenants[i] as TenantPlan), { mayEnter: phase => doors.wait(phase), phaseDone: () => undefined })
    }
  }
  await Promise.all([sharedDone, ...Array.from({ length: Math.min(of.lanes, tenants.length) }, worker)])
  if (bugs.length > 0) throw bugs[0]
  return withoutRepeats(failures)
}

/** The shared rows’ keys, for every lane: from the shared lane if it loads them now, else from the ledger. */
function withSharedKeys(run: RunContext, plan: TenantPlan | undefined, shared: TenantLane | null): RunContext {
  const filled = new Map<string, Promise<KeyIndex>>()
  const ready = new Map<string, KeyIndex>()
  const fill = async (name: string): Promise<KeyIndex> => {
    const facts = plan?.entities.get(name)
    const index = shared?.state.index(name) ?? new KeyIndex()
    if (facts && shared?.state.index(name) === null) {
      const { ledger } = run.service(facts.entity.service)
      await fillFromLedger(index, {
        ledger,
        entity: run.entity(name).number,
        tenant: 0,
        isInteger: facts.key.isInteger,
        mergedAsIn: hasOwnIds(facts) ? 'ledger' : null,
        isLookedUp: facts.strategy === 'lookup',
      })
    }
    ready.set(name, index)
    return index
  }
  return {
    ...run,
    sharedIndex: name => ready.get(name) ?? null,
    needSharedIndex: async name => {
      const filling = filled.get(name) ?? fill(name)
      filled.set(name, filling)
      await filling
    },
  }
}

/** One interruption is one, whichever lanes it ended. */
function withoutRepeats(failures: readonly RehouseError[]): readonly RehouseError[] {
  const interruption = failures.find(f => f.code === 'INTERRUPTED')
  return [...failures.filter(f => f.code !== 'INTERRUPTED'), ...(interruption ? [interruption] : [])]
}
