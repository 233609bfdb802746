import { tableLabel } from '../base/table-label.ts'
import type { Ledger } from '../ledger/ledger.ts'
import { isBalanced } from '../model/counts.ts'
import type { OwnedLine } from '../model/ledger-records.ts'
import type { DifferenceKind } from '../model/results.ts'
import type { TargetReader } from '../target/target.ts'
import type { AsLoaded } from './as-loaded.ts'
import { verifyMerged } from './compare-merged.ts'
import type { Differences } from './differences.ts'
import { placeOf } from './explain-rows.ts'
import { areKept, areKeyed } from './kept-references.ts'
import type { EntityLedger } from './ledger-facts.ts'
import { findReferences } from './references.ts'
import type { TableScope, TableWriter, VerifiedEntity } from './table-scopes.ts'
import { heldKeys } from './verify-rows.ts'

export interface BasicsSetting {
  readonly entities: readonly VerifiedEntity[]
  readonly scopes: readonly TableScope[]
  /** Names of all services. */
  readonly services: readonly string[]
  readonly differences: Differences
  /** Whether every tenant is looked at. */
  readonly isAllTenants: boolean
  reader(service: string): TargetReader
  ledger(service: string): Ledger
  factsOf(of: VerifiedEntity): EntityLedger | null
  /**
   * Resolves once rows were compared. Null: rows are not compared, or not all.
   * References of such rows that the server’s own keys have checked are not looked up again.
   */
  readonly asLoaded: (() => Promise<Pick<AsLoaded, 'has'>>) | null
}

/** The basic level: the ledger adds up, tables hold as many rows as it says, constraints are there, references lead to rows of the same tenant. */
export async function verifyBasics(setting: BasicsSetting): Promise<void> {
  for (const of of setting.entities) await verifyAccounting(of, setting)
  const ledgers = setting.services.map(service => setting.ledger(service))
  for (const of of setting.entities)
    await verifyMerged(of, { own: setting.ledger(of.facts.entity.service), ledgers, differences: setting.differences })
  for (const scope of setting.scopes) await verifyCount(scope, setting)
  const tables = [...new Map(setting.scopes.map(scope => [`${scope.service} ${scope.label}`, scope])).values()]
  for (const scope of tables) {
    if (setting.isAllTenants) await verifyTenants(scope, setting)
    verifyConstraints(scope, setting)
  }
  for (const service of new Set(setting.scopes.map(scope => scope.service))) await verifyDebts(service, setting)
  const asked = tables.map(scope => ({ scope, references: findReferences(scope, setting.entities) }))
  const mayWait = asked.filter(one => setting.asLoaded !== null && areKeyed(one.scope, one.references))
  for (const one of asked) if (!mayWait.includes(one)) await verifyReferences(one, setting)
  const asLoaded = mayWait.length === 0 ? null : ((await setting.asLoaded?.()) ?? null)
  for (const one of mayWait) {
    const { scope, references } = one
    if (asLoaded === null || !(await areKept(scope, { references, ground: setting, asLoaded }))) await verifyReferences(one, setting)
  }
}

interface Told {
  readonly kind: DifferenceKind
  readonly table: string
  readonly column?: string
  readonly expected: string | null
  readonly actual: string | null
}

function tell(of: VerifiedEntity, told: Told, differences: Differences): void {
  differences.add({ ...placeOf(of), key: [], id: null, column: null, ...told })
}

async function verifyAccounting(of: VerifiedEntity, { ledger, factsOf, differences }: BasicsSetting): Promise<void> {
  const facts = factsOf(of)
  if (facts === null || facts.task === null) return
  const { counts, task, written, owned } = facts
  const table = 'rehouse.batch_count'
  if (!isBalanced(counts))
    tell(of, { kind: 'accounting', table, expected: String(counts.read), actual: 'outcomes that sum up to another number' }, differences)
  if (task.sourceCount !== null && task.sourceCount !== String(counts.read))
    tell(of, { kind: 'accounting', table, column: 'read', expected: task.sourceCount, actual: String(counts.read) }, differences)
  for (const line of owned) verifyOwned(of, line, differences)
  const own = ledger(of.facts.entity.service)
  const held = (await heldKeys(own, of)).size
  if (held < counts.quarantined)
    tell(of, { kind: 'accounting', table: 'rehouse.quarantine', expected: String(counts.quarantined), actual: String(held) }, differences)
  const head = of.compiled.tables[0]
  const shape = of.facts.entity.into[0]
  // A head that is written for some rows only says nothing of how many there are.
  if (head === undefined || shape === undefined || shape.when !== null || shape.each !== null) return
  const mapped = String(await own.mapped(of.number, of.tenant?.number ?? 0))
  const heads = of.compiled.tables.filter(plan => plan.name === head.name)
  const expected = String(written[head.name] ?? 0)
  if (heads.length === 1 && mapped !== expected)
    tell(of, { kind: 'id_map', table: 'rehouse.id_map', expected, actual: mapped }, differences)
}

/** Rows the entity accounts for besides its own: each has one end, and they are as many as the source counted. */
function verifyOwned(of: VerifiedEntity, { relation, counts, sourceCount }: OwnedLine, differences: Differences): void {
  const told = { kind: 'accounting', table: 'rehouse.batch_count', column: relation } as const
  if (!isBalanced(counts))
    tell(of, { ...told, expected: String(counts.read), actual: 'outcomes that sum up to another number' }, differences)
  if (sourceCount !== null && sourceCount !== String(counts.read))
    tell(of, { ...told, expected: sourceCount, actual: String(counts.read) }, differences)
}

async function verifyCount(scope: TableScope, { reader, factsOf, differences }: BasicsSetting): Promise<void> {
  const entities = [...new Set(scope.writers.map(writer => writer.of))]
  const expected = entities.reduce((sum, of) => sum + (factsOf(of)?.written[scope.label] ?? 0), 0)
  const actual = Number(await reader(scope.service).count(scope.rows))
  const isWrong = scope.judgesExtras ? actual !== expected : actual < expected
  if (isWrong) tell(firstOf(scope), { kind: 'count', table: scope.label, expected: String(expected), actual: String(actual) }, differences)
}

/** No row may be of a tenant nobody knows. */
async function verifyTenants(scope: TableScope, { reader, scopes, differences }: BasicsSetting): Promise<void> {
  if (scope.rows.tenant === null) return
  const own = scopes.filter(other => other.service === scope.service && other.label === scope.label)
  const counts = await Promise.all(own.map(other => reader(scope.service).count(other.rows)))
  const expected = counts.reduce((sum, count) => sum + count, 0n)
  const actual = await reader(scope.service).count({ table: scope.rows.table, tenant: null })
  if (actual === expected) return
  const column = scope.rows.tenant.column
  differences.add({
    ...placeOf(firstOf(scope)),
    tenant: null,
    key: [],
    id: null,
    table: scope.label,
    column,
    expected: `${expected} rows of known tenants`,
    actual: String(actual),
    kind: 'wrong_tenant',
  })
}

function verifyConstraints(scope: TableScope, { differences }: BasicsSetting): void {
  const { relation, label } = scope
  for (const key of relation.foreignKeys)
    if (!key.isValidated)
      tell(
        firstOf(scope),
        { kind: 'constraint', table: label, column: key.name, expected: 'validated', actual: 'not validated' },
        differences,
      )
  for (const index of relation.indexes)
    if (!index.isValid)
      tell(firstOf(scope), { kind: 'constraint', table: label, column: index.name, expected: 'valid', actual: 'not valid' }, differences)
}

/** What was set aside for a load and never put back. */
async function verifyDebts(service: string, { ledger, scopes, differences }: BasicsSetting): Promise<void> {
  for (const debt of await ledger(service).debts()) {
    const table = tableLabel(debt.schema, debt.table)
    const scope = scopes.find(other => other.label === table) ?? scopes.find(other => other.service === service)
    if (scope !== undefined)
      tell(firstOf(scope), { kind: 'constraint', table, column: debt.name, expected: 'in place', actual: 'set aside' }, differences)
  }
}

const NAMED = 20

interface Asked {
  readonly scope: TableScope
  readonly references: ReturnType<typeof findReferences>
}

async function verifyReferences({ scope, references }: Asked, setting: BasicsSetting): Promise<void> {
  const { reader, ledger, differences } = setting
  const found = await reader(scope.service).strays(scope.rows.table, references)
  for (const [i, { orphans, otherTenant, orphanIds, otherTenantIds }] of found.entries()) {
    const column = references[i]?.column ?? null
    for (const [kind, count, ids] of [
      ['orphan', orphans, orphanIds],
      ['other_tenant', otherTenant, otherTenantIds],
    ] as const) {
      if (count === 0) continue
      const matches = (await ledger(scope.service).keysOf(ids)).filter(match => match.isMerged !== true)
      const known = new Map(matches.map(match => [match.id.toLowerCase(), match]))
      const none = { table: scope.label, column, expected: null, actual: null, kind }
      for (const id of ids.slice(0, NAMED)) {
        const match = known.get(id.toLowerCase())
        const { entity, tenant } = match ?? { ...placeOf(firstOf(scope)), tenant: null }
        differences.add({ ...none, entity, tenant, key: match?.key ?? [], id })
      }
      if (count > ids.length)
        differences.add({ ...none, ...placeOf(firstOf(scope)), tenant: null, key: [], id: null, expected: '0', actual: String(count) })
    }
  }
}

function firstOf(scope: TableScope): VerifiedEntity {
  return (scope.writers[0] as TableWriter).of
}
