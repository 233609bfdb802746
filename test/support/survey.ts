import assert from 'node:assert/strict'
import { openIdentifiers } from '../../src/cast/identifiers.ts'
import { parseTypeName } from '../../src/cast/type-name.ts'
import type { Check } from '../../src/checks/check.ts'
import type { Survey, SurveyedService } from '../../src/checks/survey.ts'
import { loadParser } from '../../src/expression/parse-expression.ts'
import { readManifest } from '../../src/manifest/read-manifest.ts'
import type { Column, ForeignKey, Index, Relation, TargetRelation, Trigger, UniqueKey } from '../../src/model/catalogue.ts'
import type { Finding } from '../../src/model/finding.ts'
import type { NumberedTenant } from '../../src/model/ledger-records.ts'
import type { SqlType } from '../../src/model/sql-type.ts'
import { orderEntities } from '../../src/plan/order.ts'
import { compileFor, planTenant } from '../../src/plan/tenant-plan.ts'
import type { SourceFacts } from '../../src/source/source.ts'
import type { TargetFacts } from '../../src/target/target.ts'

await loadParser()

/** Surveys for tests of checks: a manifest read and compiled by the real rooms, against catalogues made by hand or read from a server. */

export interface SurveyWish {
  readonly manifest?: string
  /** Of every source; null = the good one. */
  readonly relations?: readonly Relation[]
  /** By service. */
  readonly targets?: Readonly<Record<string, readonly TargetRelation[]>>
  readonly tenants?: readonly Partial<NumberedTenant>[]
  readonly facts?: Partial<TargetFacts>
  readonly sourceFacts?: (tenant: string | null) => Partial<SourceFacts>
  readonly sourceVersion?: number
  readonly ledger?: SurveyedService['ledger']
  readonly staging?: string
  readonly sourceCapability?: Survey['sources'][number]['capability']
}

/** A mapping without a fault: two tenants, a parent, a child with a part. */
export const GOOD_MANIFEST = `
migration: school
sources: { legacy: "postgres://reader@legacy/{tenant.code}" }
tenants: [{ code: ADAMS, zone: America/Chicago }, { code: BAKER, zone: America/Denver }]
services:
  app: { url: "postgres://writer@app/app", tenant_column: tenant_id }
phases:
  - all: [school, student]
entities:
  school:
    service: app
    from: public.school
    key: id
    into:
      core.schools:
        columns: { name: name }
  student:
    service: app
    from: public.student
    key: id
    into:
      core.students:
        columns: { school_id: { ref: school, from: school_id }, name: name, created_at: created }
      core.contacts:
        columns: { student_id: { ref: student, from: id }, phone: phone }
`

export const GOOD_RELATIONS: readonly Relation[] = [
  relation('public.school', ['id int4!', 'name text!']),
  relation('public.student', ['id int4!', 'school_id int4!', 'name text!', 'created timestamp!', 'phone text!']),
]

export const GOOD_TABLES: readonly TargetRelation[] = [
  table('core.schools', ['id uuid!', 'tenant_id uuid!', 'name text!'], { uniqueKeys: [unique('schools_tenant', ['tenant_id', 'id'])] }),
  table('core.students', ['id uuid!', 'tenant_id uuid!', 'school_id uuid!', 'name text!', 'created_at timestamptz!'], {
    foreignKeys: [foreignKey('students_school', ['tenant_id', 'school_id'], 'core.schools (tenant_id, id)')],
  }),
  table('core.contacts', ['id uuid!', 'tenant_id uuid!', 'student_id uuid!', 'phone text!']),
]

/** The good tables with something different in one. */
export function tablesWith(name: string, change: Partial<TargetRelation>): Readonly<Record<string, readonly TargetRelation[]>> {
  assert.ok(GOOD_TABLES.some(good => nameOf(good) === name))
  return { app: GOOD_TABLES.map(good => (nameOf(good) === name ? { ...good, ...change } : good)) }
}

/** The good manifest with one part of its text replaced. */
export function manifestWith(part: string | RegExp, by: string): string {
  const text = GOOD_MANIFEST.replace(part, by)
  assert.notEqual(text, GOOD_MANIFEST)
  return text
}

export function surveyOf(wish: SurveyWish = {}): Survey {
  const mapping = readManifest({ file: 'rehouse.yaml', text: wish.manifest ?? GOOD_MANIFEST, options: { set: {} } })
  const order = orderEntities(mapping)
  const tenants = (wish.tenants ?? [{ code: 'ADAMS' }, { code: 'BAKER' }]).map(tenantOf)
  const services = mapping.services.map(ref => serviceOf(ref, wish))
  const isPerTenant = (url: string): boolean => url.includes('{tenant.')
  const sources = mapping.sources.flatMap(({ name, url }) =>
    (isPerTenant(url) ? tenants.map(tenant => tenant.code) : [null]).map(tenant => sourceOf({ name, tenant }, wish)),
  )
  const catalogues = (tenant: string | null) =>
    new Map(sources.filter(source => source.tenant === null || source.tenant === tenant).map(source => [source.name, source.catalogue]))
  const shared = planTenant({ mapping, tenant: null, order, catalogues: catalogues(null) })
  const plans = [shared, ...tenants.map(tenant => planTenant({ mapping, tenant, order, catalogues: catalogues(tenant.code) }))]
  const setting = {
    mapping,
    identifiers: openIdentifiers({ salt: Buffer.from('a salt for tests, 32 bytes long..'), migration: mapping.migration }),
    numbers: new Map(mapping.entities.map((entity, i) => [entity.name, i + 1])),
    targets: new Map(services.map(({ ref, facts, relations }) => [ref.name, { version: facts.version, relations }])),
    shared,
    lackingTypes: new Map<string, SqlType>(),
  }
  const compiled = plans.flatMap(plan =>
    [...plan.entities.values()].map(({ entity }) => ({
      tenant: plan.tenant?.code ?? null,
      entity,
      compiled: compileFor(plan, entity.name, { setting, index: () => null }),
    })),
  )
  return { mapping, services, sources, staging: wish.staging ?? null, plans, compiled, order }
}

/** What a check finds, held to what it says of itself: its codes and severities, sentences, the same again, one finding for one thing. */
export function findingsOf(check: Check, survey: Survey): readonly Finding[] {
  const findings = check.run(survey)
  assert.deepEqual(check.run(survey), findings, 'the same survey gives the same findings')
  for (const { code, severity, message, next } of findings) {
    assert.ok(
      check.gives.some(given => given.code === code && given.severity === severity),
      `${check.name} does not say that it gives ${severity} ${code}`,
    )
    assert.match(message, /^expected .*, got .*[^.]$/s)
    assert.match(next, /^\S.*[.;)]$/s)
  }
  return findings
}

/** The one finding of a check. */
export function oneFinding(check: Check, survey: Survey): Finding {
  const [first, ...others] = findingsOf(check, survey)
  assert.deepEqual(others, [])
  assert.ok(first, `${check.name} found nothing`)
  return first
}

function tenantOf(wish: Partial<NumberedTenant>, i: number): NumberedTenant {
  const code = wish.code ?? `T${i}`
  const id = `00000000-0000-4000-8000-${String(i + 1).padStart(12, '0')}`
  return { number: i + 1, code, id, name: code, zone: 'America/Chicago', columns: { code }, ...wish }
}

const FACTS: TargetFacts = {
  identity: 'postgres:1:target',
  version: 180_004,
  role: 'writer',
  isSuperuser: false,
  canBypassRowSecurity: false,
  canCreateSchema: true,
  isPooled: false,
  isReadOnly: false,
}

function serviceOf(ref: SurveyedService['ref'], wish: SurveyWish): SurveyedService {
  const tables = wish.targets?.[ref.name] ?? (wish.targets ? [] : GOOD_TABLES)
  return {
    ref,
    label: `postgres://writer@app/${ref.name}`,
    facts: { ...FACTS, identity: `postgres:1:${ref.name}`, ...wish.facts },
    relations: new Map(tables.map(good => [nameOf(good), good])),
    ledger: wish.ledger ?? 'absent',
  }
}

function sourceOf({ name, tenant }: { name: string; tenant: string | null }, wish: SurveyWish): Survey['sources'][number] {
  const version = wish.sourceVersion ?? 150_018
  const identity = `postgres:2:${name}:${tenant}`
  return {
    name,
    tenant,
    label: `postgres://reader@legacy/${tenant ?? name}`,
    capability: wish.sourceCapability ?? 'query',
    facts: { identity, canWrite: false, serverVersion: version, ...wish.sourceFacts?.(tenant) },
    catalogue: { engine: 'postgres', version, database: `${name}_${tenant ?? 'all'}`, relations: wish.relations ?? GOOD_RELATIONS },
  }
}

/** Columns as `name type`, then `!` = NOT NULL, `=` = has a default. The first one is the primary key. */
export function relation(name: string, columns: readonly string[], change: Partial<Relation> = {}): Relation {
  const [schema = '', table = ''] = name.split('.')
  const made = columns.map(column)
  const first = made[0]?.name ?? ''
  return {
    schema,
    name: table,
    kind: 'table',
    columns: made,
    primaryKey: [first],
    estimatedRows: null,
    foreignKeys: [],
    ...change,
    uniqueKeys: [{ ...unique(`${table}_pkey`, [first]), isPrimary: true }, ...(change.uniqueKeys ?? [])],
  }
}

export function table(name: string, columns: readonly string[], change: Partial<TargetRelation> = {}): TargetRelation {
  return {
    ...relation(name, columns, change),
    owner: 'owner',
    isOwnedByUs: false,
    isRowSecurityActive: false,
    hasRowSecurity: false,
    forcesRowSecurity: false,
    canInsert: true,
    canSelect: true,
    triggers: [],
    checks: [],
    indexes: [],
    isEmpty: true,
    ...change,
    uniqueKeys: relation(name, columns, change).uniqueKeys,
  }
}

export function column(text: string): Column {
  const [, name = '', type = '', marks = ''] = /^(\S+) ([^!=]+)([!=]*)$/.exec(text) ?? assert.fail(`not a column: ${text}`)
  return {
    name,
    type: typeOf(type),
    isNullable: !marks.includes('!'),
    hasDefault: marks.includes('='),
    generated: 'no',
    collation: /text|citext/.test(type) ? { name: 'default', isDeterministic: type !== 'citext' } : null,
  }
}

function typeOf(type: string): SqlType {
  if (type === 'citext') return { kind: 'base', schema: 'public', name: 'citext', modifier: -1, text: 'citext', oid: 16_999 }
  return parseTypeName(type)
}

export function unique(name: string, columns: readonly string[], change: Partial<UniqueKey> = {}): UniqueKey {
  return { name, columns, isPrimary: false, isDeferrable: false, nullsNotDistinct: false, isPartialOrExpression: false, ...change }
}

/** `references`: `schema.table (columns)`. */
export function foreignKey(name: string, columns: readonly string[], references: string, change: Partial<ForeignKey> = {}): ForeignKey {
  const [, referencedSchema = '', referencedTable = '', list = ''] =
    /^(\w+)\.(\w+) \((.*)\)$/.exec(references) ?? assert.fail(`not a reference: ${references}`)
  return {
    name,
    columns,
    referencedSchema,
    referencedTable,
    referencedColumns: list.split(', '),
    isDeferrable: false,
    isValidated: true,
    onDelete: 'no action',
    setNullColumns: null,
    ...change,
  }
}

export function trigger(name: string, change: Partial<Trigger> = {}): Trigger {
  return { name, timing: 'after', level: 'row', events: ['insert'], isEnabled: true, ...change }
}

export function index(name: string, change: Partial<Index> = {}): Index {
  return { name, definition: `CREATE INDEX ${name}`, constraint: null, isUnique: false, isValid: true, ...change }
}

function nameOf(named: { readonly schema: string; readonly name: string }): string {
  return `${named.schema}.${named.name}`
}
