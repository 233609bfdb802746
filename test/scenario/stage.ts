import type { migrate } from '../../src/index.ts'
import { type LegacySide, makeTemplates, openLegacy, type Targets } from '../fault/scene.ts'
import { privateServer, type TestLike } from '../support/postgres.ts'

/** The migration of the crash matrix, for tests that need all of it: two tenants, every kind of key, rows that are refused. */
export interface Stage {
  readonly legacy: LegacySide
  /** A pair of empty services. */
  readonly targets: Targets
  /** Another pair, on the same server. */
  moreTargets(name: string): Promise<Targets>
  options(of?: Targets): Parameters<typeof migrate>[0]
}

export async function openStage(t: TestLike): Promise<Stage> {
  const [legacy, server] = await Promise.all([openLegacy(t), privateServer(t, { settings: { autovacuum: 'off' } })])
  const templates = await makeTemplates(server, 'stage')
  const targets = await templates.copy('one')
  return {
    legacy,
    targets,
    moreTargets: name => templates.copy(name),
    options: (of = targets) => ({ manifest: legacy.manifest, env: { ...legacy.env, ...of.env }, batchRows: 50, lanes: 2 }),
  }
}
