import { tableLabel } from '../base/table-label.ts'
import { integerKey } from '../cast/key-text.ts'
import { baseOf, familyOf } from '../cast/sql-family.ts'
import type { ChosenTable } from './choose-columns.ts'
import type { ChosenReference } from './choose-references.ts'
import type { DraftSource, DraftTable } from './draft.ts'
import { type DraftFindings, listed } from './draft-finding.ts'
import type { MergedTable } from './merged-table.ts'
import { snakeCase } from './target-names.ts'

interface Drafted {
  readonly tables: readonly DraftTable[]
  readonly chosen: readonly ChosenTable[]
  readonly references: ReadonlyMap<MergedTable, readonly ChosenReference[]>
  readonly sources: readonly DraftSource[]
}

/** What a person should look at, though nothing forbids to go on. */
export function remarkOnDraft(drafted: Drafted, findings: DraftFindings): void {
  localTimes(drafted, findings)
  uuidKeys(drafted, findings)
  undeclaredReferences(drafted, findings)
  computedColumns(drafted, findings)
  objectsLeft(drafted, findings)
  filesRead(drafted, findings)
}

function localTimes({ tables }: Drafted, findings: DraftFindings): void {
  for (const table of tables)
    for (const column of table.columns)
      if (familyOf(baseOf(column.type)) === 'timestamp' && column.value.kind === 'column')
        findings.note('INIT_LOCAL_TIME', {
          table: tableLabel(table.from.schema, table.from.name),
          column: column.value.source,
          message: 'expected instants, got local times without a zone: they stay `timestamp`, as they are',
          next: 'For instants: write timestamptz in target.sql, the tenant’s zone (America/New_York) into tenants.csv, and `time: { gap: …, overlap: … }` into the manifest.',
        })
}

function uuidKeys({ chosen }: Drafted, findings: DraftFindings): void {
  for (const { table, key, columns } of chosen) {
    const types = key?.length === 1 ? columns.find(column => column.source.name === key[0])?.source.types : undefined
    if (types?.every(({ type }) => familyOf(baseOf(type)) === 'uuid'))
      findings.note('INIT_KEY', {
        table: table.label,
        message: 'expected keys to be made anew, got UUIDs, which could be kept: they are in legacy_id, and new ones are made',
        next: 'Write `id: keep` if no tenant’s database was ever copied from another’s; two rows of one UUID cannot both be kept.',
      })
  }
}

/** `customer_id` beside a table `customer` whose key is a number, without a foreign key; `owner_id` with `owner_type`. */
function undeclaredReferences({ chosen, references }: Drafted, findings: DraftFindings): void {
  const parents = new Map<string, ChosenTable>()
  for (const of of chosen) for (const name of singulars(of.table.name)) if (of.key?.length === 1) parents.set(name, of)
  for (const of of chosen) {
    const used = new Set([
      ...(references.get(of.table) ?? []).flatMap(reference => reference.sources),
      ...of.table.foreignKeys.flatMap(key => key.columns),
    ])
    const words = new Set(of.columns.map(({ source }) => snakeCase(source.name)))
    for (const { source } of of.columns) {
      const stem = /^(.+)_id$/.exec(snakeCase(source.name))?.[1]
      if (stem === undefined || used.has(source.name) || (of.key?.length === 1 && of.key[0] === source.name)) continue
      const where = { table: of.table.label, column: source.name }
      if (words.has(`${stem}_type`) || words.has(`${stem}_table`))
        findings.note('INIT_UNDECLARED', {
          ...where,
          message:
            'expected references to one table, got what looks like one to several, told apart by another column: the plain value is kept',
          next: 'Split it with `{ ref: …, from: …, when: … }` into one column for each table, if it is one.',
        })
      else if (parents.has(stem) && source.types.every(({ type }) => integerKey(type) !== null || familyOf(baseOf(type)) === 'uuid'))
        findings.note('INIT_UNDECLARED', {
          ...where,
          message: `expected a foreign key on what looks like a reference to ${parents.get(stem)?.table.label}, got none: the plain value is kept`,
          next: 'Write `{ ref: …, from: … }` for it, and uuid in target.sql, if it is one.',
        })
    }
  }
}

function singulars(name: string): readonly string[] {
  const snake = snakeCase(name)
  return [snake, snake.replace(/s$/, ''), snake.replace(/ies$/, 'y'), snake.replace(/es$/, '')]
}

/** Those the catalogue does not even list. */
function computedColumns({ sources }: Drafted, findings: DraftFindings): void {
  const seen = new Set<string>()
  for (const { catalogue, extras } of sources)
    for (const { schema, table, column } of extras?.computed ?? []) {
      const label = tableLabel(schema, table)
      const relation = catalogue.relations.find(candidate => candidate.schema === schema && candidate.name === table)
      const identity = `${label}.${column}`.toLowerCase()
      if (seen.has(identity) || relation?.columns.some(known => known.name === column)) continue
      seen.add(identity)
      findings.note('INIT_COMPUTED', {
        table: label,
        column,
        message: 'expected columns that hold data, got one the source computes: it is not carried',
        next: 'If the target needs it, add a generated column to target.sql.',
      })
    }
}

const MEANT: Readonly<Record<string, string>> = {
  trigger: 'What it did for rows to come is for the new application; rows that are migrated have it behind them.',
  sequence: 'Nothing: identifiers are made by Rehouse.',
}

function objectsLeft({ sources }: Drafted, findings: DraftFindings): void {
  const seen = new Set<string>()
  for (const { extras } of sources)
    for (const { kind, schema, name } of extras?.objects ?? []) {
      const identity = [kind, schema, name].join('\u0000').toLowerCase()
      if (seen.has(identity)) continue
      seen.add(identity)
      findings.note('INIT_OBJECT', {
        table: schema === '' ? name : tableLabel(schema, name),
        message: `expected tables, got a ${kind}: it is left behind`,
        next: MEANT[kind] ?? 'Write it anew on the target, if it is still needed.',
      })
    }
}

/** How sources without a catalogue were read; what is true of several is said once. */
function filesRead({ sources }: Drafted, findings: DraftFindings): void {
  const tenants = new Map<string, string[]>()
  const remarks = sources.flatMap(({ code, extras }) =>
    (extras?.remarks ?? []).map(remark => ({
      code,
      remark,
      identity: JSON.stringify([remark.schema, remark.table, remark.column, remark.message]),
    })),
  )
  for (const { code, identity } of remarks) tenants.set(identity, [...(tenants.get(identity) ?? []), code])
  for (const { remark, identity } of remarks) {
    const of = tenants.get(identity)
    if (of === undefined) continue
    tenants.delete(identity)
    const { message, next } = remark
    const place = {
      table: tableLabel(remark.schema, remark.table),
      column: remark.column ?? undefined,
      tenant: of.length === sources.length ? undefined : listed(of),
    }
    if (remark.severity === 'warning') findings.warn('INIT_FILE', { ...place, message, next })
    else findings.note('INIT_FILE', { ...place, message, next })
  }
}
