import assert from 'node:assert/strict'
import { EXCLUDED, KeyIndex, type KeyState, LOADED, QUARANTINED } from '../../src/base/key-index.ts'
import { canonicalKey } from '../../src/base/key-text.ts'
import { TupleCursor } from '../../src/base/tuple-cursor.ts'
import { TupleWriter } from '../../src/base/tuple-writer.ts'
import { fieldDecoder } from '../../src/cast/field-codec.ts'
import { openIdentifiers } from '../../src/cast/identifiers.ts'
import { loadParser } from '../../src/expression/parse-expression.ts'
import { decodeIdMap } from '../../src/ledger/memory/decode-id-map.ts'
import { readManifest } from '../../src/manifest/read-manifest.ts'
import type { Relation, TargetRelation } from '../../src/model/catalogue.ts'
import type { Finding } from '../../src/model/finding.ts'
import type { Mapping } from '../../src/model/mapping.ts'
import type { SqlType } from '../../src/model/sql-type.ts'
import type { Value } from '../../src/model/value.ts'
import { BatchBuffers } from '../../src/plan/batch-buffers.ts'
import type { CompiledEntity } from '../../src/plan/compile-entity.ts'
import { orderEntities } from '../../src/plan/order.ts'
import { compileFor, type EntityFacts, planTenant } from '../../src/plan/tenant-plan.ts'
import { openRows } from '../../src/run/entity-rows.ts'
import { fieldOf } from './memory-migration.ts'
import { relation, table } from './survey.ts'

await loadParser()

export type Row = readonly Value[]

/** One entity, `row`, from `public.row` into `core.rows`, compiled by the real rooms against catalogues made by hand. */
export interface ProgramWish {
  /** Column → value, as YAML: what `into: { core.rows: { columns: … } }` holds. */
  readonly columns?: Readonly<Record<string, string>>
  /** Instead of `columns`: everything below `into`, indented by six. */
  readonly into?: string
  /** Instead of `public.row`. */
  readonly from?: string
  /** More lines of the entity, each indented by four. */
  readonly entity?: string
  readonly key?: string | null
  /** Of `public.row`; without it `id int4!` and one column per name in `columns` of type text. */
  readonly source?: readonly string[]
  readonly sourceChange?: Partial<Relation>
  /** Of `core.rows`, after `id uuid!`. */
  readonly target?: readonly string[]
  /** Other tables written to. */
  readonly tables?: readonly TargetRelation[]
  /** One source for all tenants. */
  readonly sharedSource?: boolean
  /** Files of functions. */
  readonly functions?: Readonly<Record<string, string>>
  /** More lines at the top of the manifest. */
  readonly top?: string
  readonly zone?: string | null
  readonly tenantColumn?: string
  /** Other entities: name → lines below it, indented by four; they read `public.<name>` with the columns given in `relations`. */
  readonly others?: Readonly<Record<string, string>>
  readonly relations?: readonly Relation[]
  /** What is known of their keys. */
  readonly known?: Readonly<
    Record<string, Readonly<Partial<Record<'loaded' | 'quarantined' | 'excluded', readonly (readonly string[])[]>>>>
  >
  readonly lacking?: Readonly<Record<string, SqlType>>
  /** Rows of related relations by path, in the order of the relation's columns. */
  readonly related?: Readonly<Record<string, readonly Row[]>>
  /** How long a function may take. */
  readonly callMs?: number
}

/** What a program makes of rows. */
export interface Outcome {
  readonly counts: {
    readonly read: number
    readonly loaded: number
    readonly excluded: number
    readonly quarantined: number
    readonly parts: number
  }
  /** By table: rows as values, in the order of the columns sent. */
  readonly tables: Readonly<Record<string, readonly Row[]>>
  /** `key code column value` */
  readonly quarantine: readonly string[]
  readonly parts: readonly string[]
  readonly exclusions: readonly string[]
  readonly notes: readonly string[]
  /** `kind column code count` */
  readonly outcomes: readonly string[]
  readonly hashes: readonly string[]
  readonly ids: readonly string[]
}

/** Of both servers, so that bytes pass where types agree. */
const VERSION = 180_004

const STATES = { loaded: LOADED, quarantined: QUARANTINED, excluded: EXCLUDED } as const

export class Program {
  readonly compiled: CompiledEntity
  readonly findings: readonly Finding[]
  readonly source: Relation
  readonly mapping: Mapping
  readonly targets: ReadonlyMap<string, TargetRelation>
  readonly #facts: EntityFacts | undefined
  readonly #indexes = new Map<string, KeyIndex>()

  constructor(wish: ProgramWish) {
    const mapping = readManifest({
      file: 'rehouse.yaml',
      text: manifestOf(wish),
      options: { set: {} },
      functions: new Map(Object.entries(wish.functions ?? {})),
    })
    this.mapping = mapping
    this.source = relation(
      'public.row',
      wish.source ?? ['id int4!', ...Object.keys(wish.columns ?? {}).map(name => `${name} text`)],
      wish.sourceChange,
    )
    const own = wish.target ?? Object.keys(wish.columns ?? {}).map(name => `${name} text`)
    const tables = [table('core.rows', ['id uuid!', ...own]), ...(wish.tables ?? [])]
    this.targets = new Map(tables.map(one => [`${one.schema}.${one.name}`, one]))
    const zone = wish.zone === undefined ? 'America/Chicago' : wish.zone
    const tenant = { number: 7, code: 'ADAMS', id: '00000000-0000-4000-8000-000000000007', name: 'Adams', zone, columns: {} }
    const relations = [this.source, ...(wish.relations ?? [])]
    const catalogues = new Map([['legacy', { engine: 'postgres', version: VERSION, database: 'adams', relations }]])
    const order = orderEntities(mapping)
    const shared = planTenant({ mapping, tenant: null, order, catalogues })
    const plan = planTenant({ mapping, tenant, order, catalogues })
    for (const name of Object.keys(wish.known ?? {})) this.#indexes.set(name, indexOf(wish.known?.[name] ?? {}))
    const identifiers = openIdentifiers({ salt: Buffer.from('a salt for tests, 32 bytes long..'), migration: mapping.migration })
    const setting = {
      mapping,
      identifiers,
      numbers: new Map(mapping.entities.map((entity, i) => [entity.name, i + 1])),
      targets: new Map([['app', { version: VERSION, relations: this.targets }]]),
      shared,
      lackingTypes: new Map(Object.entries(wish.lacking ?? {})),
      attaches: null,
      forcedWay: 'memory' as const,
    }
    const index = (name: string): KeyIndex | null => this.#indexes.get(name) ?? null
    this.#facts = plan.entities.get('row')
    const isPlanned = this.#facts !== undefined
    this.compiled = isPlanned
      ? compileFor(plan, 'row', { setting, index, ...(wish.callMs === undefined ? {} : { callMs: wish.callMs }) })
      : ({} as CompiledEntity)
    this.findings = [...plan.findings, ...(isPlanned ? this.compiled.findings : [])]
    for (const [path, rows] of Object.entries(wish.related ?? {})) this.#relate(path, rows)
  }

  #relate(path: string, rows: readonly Row[]): void {
    const loader = this.compiled.related.find(one => one.path === path) ?? assert.fail(path)
    assert.ok(loader.way === 'memory')
    const cursor = new TupleCursor(loader.columns.length)
    cursor.push(tuplesOf(rows, { relation: loader.relation, columns: loader.columns }))
    while (cursor.next()) loader.take(cursor)
  }

  get facts(): EntityFacts {
    return this.#facts ?? assert.fail('not planned')
  }

  index(entity: string): KeyIndex {
    return this.#indexes.get(entity) ?? assert.fail(entity)
  }

  /** Runs rows, given in the order of the source's columns, through the program. */
  run(rows: readonly Row[]): Outcome {
    return this.#outcome(this.#fill(rows))
  }

  #fill(rows: readonly Row[], isWatched = true): BatchBuffers {
    const { program } = this.compiled
    assert.deepEqual(
      this.findings.filter(finding => finding.severity === 'error'),
      [],
    )
    assert.ok(program)
    const feed = openRows(this.compiled, this.#facts ?? assert.fail('not planned'))
    const batch = new BatchBuffers(program.tables.length)
    program.setBatch('42')
    feed.push(this.#tuples(rows))
    const step = (): boolean => {
      if (!feed.next()) return false
      program.run(feed.cursor, batch)
      return true
    }
    if (isWatched) program.watch(step, call => program.refuse(call, batch))
    else while (step());
    return batch
  }

  /** What is said besides of rows in quarantine. Each call of a function is watched alone. */
  details(rows: readonly Row[]): readonly (string | null)[] {
    return this.#fill(rows, false).quarantine.map(row => row.detail)
  }

  #tuples(rows: readonly Row[]): Buffer {
    const { columns, key } = this.compiled
    const lead = (i: number): readonly Buffer[] =>
      key?.source.kind === 'content' ? [Buffer.alloc(32, i + 1), Buffer.from('0000000000000001', 'hex')] : []
    return tuplesOf(rows, { relation: this.source, columns, lead })
  }

  #outcome(batch: BatchBuffers): Outcome {
    const { program, strategy } = this.compiled
    assert.ok(program)
    const words = (...parts: readonly (string | null)[]): string => parts.map(part => part ?? '-').join(' ')
    const idMap = {
      format: strategy === 'ordered' ? 'integer' : 'text',
      rows: batch.loaded,
      tuples: [batch.idMap.slice(0, batch.loaded)],
    } as const
    return {
      counts: {
        read: batch.read,
        loaded: batch.loaded,
        excluded: batch.excluded,
        quarantined: batch.quarantine.length,
        parts: batch.parts.length,
      },
      tables: Object.fromEntries(program.tables.map((plan, t) => [plan.name, this.#rows(plan, batch.tables[t]?.slice(0, batch.loaded))])),
      quarantine: batch.quarantine.map(row => words(row.key.join(','), row.code, row.column, row.valueMasked)),
      parts: batch.parts.map(({ refused: row }) => words(row.key.join(','), row.code, row.column, row.part)),
      exclusions: batch.exclusions.map(row => words(row.key.join(','), row.code, row.column)),
      notes: batch.notes.map(({ note }) => words(note.key.join(','), note.code, note.column)),
      outcomes: program.registry
        .named(batch.countTaken(() => true))
        .map(({ kind, column, code, count }) => words(kind, column || null, code, String(count))),
      hashes: Array.from({ length: batch.loaded }, (_, row) => batch.hashAt(row)),
      ids: decodeIdMap(idMap).map(row => row.id),
    }
  }

  #rows(plan: { readonly name: string; readonly columns: readonly string[] }, tuples: Buffer | undefined): readonly Row[] {
    const decoders = plan.columns.map(name =>
      fieldDecoder(this.targets.get(plan.name)?.columns.find(column => column.name === name)?.type ?? assert.fail(name)),
    )
    const cursor = new TupleCursor(plan.columns.length)
    const rows: Row[] = []
    cursor.push(tuples ?? Buffer.alloc(0))
    while (cursor.next())
      rows.push(
        decoders.map((decode, i) =>
          (cursor.length[i] ?? -1) < 0 ? null : decode(cursor.data, cursor.start[i] ?? 0, cursor.length[i] ?? 0),
        ),
      )
    return rows
  }
}

/** Rows in the order of the relation's columns, as the source delivers some of these. */
function tuplesOf(
  rows: readonly Row[],
  of: { readonly relation: Relation; readonly columns: readonly string[]; readonly lead?: (row: number) => readonly Buffer[] },
): Buffer {
  const out = new TupleWriter()
  for (const [i, row] of rows.entries()) {
    const named = new Map(of.relation.columns.map((column, c) => [column.name, fieldOf(column.type, row[c] ?? null)]))
    const sent = [...(of.lead?.(i) ?? []), ...of.columns.map(name => named.get(name) ?? null)]
    out.fieldCount(sent.length)
    for (const field of sent) {
      if (field === null) out.null()
      else out.field(field, 0, field.length)
    }
  }
  return out.bytes()
}

/** The values of one column of `core.rows`, row by row. */
export function valuesOf(program: Program, column: string, rows: readonly Row[]): readonly Value[] {
  const at = program.compiled.tables[0]?.columns.indexOf(column) ?? -1
  assert.ok(at >= 0, column)
  return (program.run(rows).tables['core.rows'] ?? []).map(row => row[at] ?? null)
}

/** The errors found in a mapping, as `CODE line: message`. */
export function errorsOf(wish: ProgramWish): readonly string[] {
  return new Program(wish).findings
    .filter(({ severity }) => severity === 'error')
    .map(({ code, message, where }) => {
      assert.equal(where.file, 'rehouse.yaml', `${message}: a place in the file`)
      assert.ok(where.line !== undefined && where.line > 1, `${message}: a line`)
      return `${code}: ${message}`
    })
}

function indexOf(known: Readonly<Partial<Record<keyof typeof STATES, readonly (readonly string[])[]>>>): KeyIndex {
  const index = new KeyIndex()
  const add = (key: readonly string[], state: KeyState): void => {
    const [only = ''] = key
    const isInteger = key.length === 1 && /^-?\d+$/.test(only)
    const value = isInteger ? BigInt(only) : 0n
    const ordinal = isInteger
      ? index.add(Number(BigInt.asIntN(32, value >> 32n)), Number(BigInt.asIntN(32, value)))
      : index.addText(canonicalKey(key))
    index.setState(ordinal, state)
  }
  for (const [state, keys] of Object.entries(known)) for (const key of keys ?? []) add(key, STATES[state as keyof typeof STATES])
  return index
}

function manifestOf(wish: ProgramWish): string {
  const columns = Object.entries(wish.columns ?? {}).map(([name, value]) => `          ${name}: ${value}`)
  const into = wish.into ?? `      core.rows:\n        columns:\n${columns.join('\n')}`
  const others = Object.entries(wish.others ?? {}).map(
    ([name, lines]) => `  ${name}:\n    service: app\n    from: public.${name}\n${lines}`,
  )
  const names = [...Object.keys(wish.others ?? {}), 'row']
  return `
migration: rows
sources: { legacy: "postgres://reader@legacy/${wish.sharedSource ? 'all' : '{tenant.code}'}" }
tenants: [{ code: ADAMS }]
services: { app: { url: "postgres://writer@app/app"${wish.tenantColumn === undefined ? '' : `, tenant_column: ${wish.tenantColumn}`} } }
${wish.top ?? ''}
phases: [{ all: [${names.join(', ')}] }]
entities:
${others.join('\n')}
  row:
    service: app
    from: ${wish.from ?? 'public.row'}
${wish.key === null ? '' : `    key: ${wish.key ?? 'id'}`}
${wish.entity ?? ''}
    into:
${into}
`
}
