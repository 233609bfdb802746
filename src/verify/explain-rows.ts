import { uuidText } from '../base/uuid-text.ts'
import { maskValue } from '../cast/mask-value.ts'
import { valueText } from '../cast/value-text.ts'
import type { Ledger } from '../ledger/ledger.ts'
import type { Column } from '../model/catalogue.ts'
import type { KnownKey } from '../model/ledger-records.ts'
import type { Difference } from '../model/results.ts'
import type { TargetReader } from '../target/target.ts'
import type { Differences } from './differences.ts'
import type { MergeListener, Origin, Tuple } from './merge-rows.ts'
import type { TableScope, VerifiedEntity } from './table-scopes.ts'
import { UNSAID } from './tuple-layout.ts'
import { TupleStream } from './tuple-stream.ts'

export interface ExplainSetting {
  readonly scope: TableScope
  readonly reader: TargetReader
  readonly ledger: Pick<Ledger, 'known' | 'keysOf'>
  readonly differences: Differences
  readonly showValues: boolean
  /** The source was written to since the entity's run: what differs may be newer than the run. */
  isMoved(of: VerifiedEntity): boolean
  readonly signal: AbortSignal
}

type Found =
  | { readonly kind: 'missing'; readonly origin: Origin; readonly expected: Tuple }
  | { readonly kind: 'different'; readonly origin: Origin; readonly expected: Tuple; readonly actual: Tuple }
  /** `isCertain`: whatever became of the source. `hash`: of the row it seems to be part of, as the program makes it now. */
  | { readonly kind: 'extra'; readonly actual: Tuple; readonly isCertain: boolean; readonly hash: string | null }

const AT_ONCE = 200

/** Says of each row that does not match what is wrong with it, asking ledger and target what they know of it; many at once. */
export class ExplainRows implements MergeListener {
  readonly #setting: ExplainSetting
  #waiting: Found[] = []

  constructor(setting: ExplainSetting) {
    this.#setting = setting
  }

  equal(tuples: number, writer: number): void {
    this.#setting.differences.count(placeOf(this.#writer(writer)), 'equal', tuples)
  }

  missing(origin: Origin, expected: Tuple): void {
    this.#waiting.push({ kind: 'missing', origin, expected })
  }

  extra(actual: Tuple): void {
    if (this.#setting.scope.judgesExtras) this.#waiting.push({ kind: 'extra', actual, isCertain: false, hash: null })
  }

  /** A second row with an identifier that is expected once; of parts, which share their head’s, one too many. */
  doubled(actual: Tuple, hash: string): void {
    const { scope } = this.#setting
    const isOwnId = scope.writers.every(writer => writer.plan.idColumn === scope.keyColumn)
    if (scope.judgesExtras) this.#waiting.push({ kind: 'extra', actual, isCertain: isOwnId, hash })
  }

  different(origin: Origin, pair: { readonly expected: Tuple; readonly actual: Tuple }): void {
    if (this.#columnsOf(pair).length === 0) this.#setting.differences.count(placeOf(this.#writer(origin.writer)), 'equal')
    else this.#waiting.push({ kind: 'different', origin, ...pair })
  }

  async settle(): Promise<void> {
    if (this.#waiting.length >= AT_ONCE) await this.finish()
  }

  /** Explains what is left. */
  async finish(): Promise<void> {
    const found = this.#waiting
    this.#waiting = []
    if (found.length === 0) return
    const elsewhere = await this.#tenantsOf(found)
    const origins = await this.#keysOf(found)
    const known = await this.#known(found, origins)
    for (const one of found) this.#tell(one, { elsewhere, known, origins })
    await this.#setting.differences.flush()
  }

  #tell(found: Found, facts: Facts): void {
    if (found.kind === 'extra') this.#tellExtra(found, facts)
    else this.#tellExpected(found, facts)
  }

  #tellExpected(found: Exclude<Found, { kind: 'extra' }>, { elsewhere, known }: Facts): void {
    const { differences } = this.#setting
    const of = this.#writer(found.origin.writer)
    const before = known.get(knownName(of, found.origin.key)) ?? null
    const isNewer = before === null || (before.state === 'loaded' && before.hash !== found.origin.hash)
    if (isNewer && this.#setting.isMoved(of)) {
      this.#notVerified(of)
      return
    }
    const id = this.#idOf(found.expected)
    const row = { ...placeOf(of), key: found.origin.key, id, table: this.#setting.scope.label }
    if (found.kind === 'missing') {
      const isElsewhere = id !== null && elsewhere.has(id)
      differences.count(placeOf(of), 'missing')
      differences.add({
        ...row,
        column: isElsewhere ? (this.#setting.scope.rows.tenant?.column ?? null) : null,
        expected: null,
        actual: null,
        kind: isElsewhere ? 'wrong_tenant' : 'missing',
      })
      return
    }
    differences.count(placeOf(of), 'different')
    for (const { column, expected, actual } of this.#columnsOf(found))
      differences.add({ ...row, column: column.name, expected, actual, kind: 'different' })
  }

  #tellExtra({ actual, isCertain, hash }: Extract<Found, { kind: 'extra' }>, { origins, known }: Facts): void {
    const { differences, scope } = this.#setting
    const id = this.#idOf(actual)
    const of = this.#writer(0)
    const origin = id === null ? undefined : origins.get(id)
    const own = scope.writers.find(writer => isFrom(writer, origin))
    // A part more of a row the source did not change came from nowhere.
    const before = own === undefined ? null : known.get(knownName(own.of, origin?.key ?? []))
    const isUnchanged = before?.state === 'loaded' && before.hash === hash
    if (own !== undefined && !isCertain && !isUnchanged && this.#setting.isMoved(own.of)) {
      this.#notVerified(own.of)
      return
    }
    const place = own === undefined ? placeOf(of) : placeOf(own.of)
    const isOthers =
      origin !== undefined && own === undefined && scope.writers.some(writer => writer.of.facts.entity.name === origin.entity)
    differences.count(place, 'extra')
    const kind = isOthers ? 'wrong_tenant' : 'extra'
    differences.add({ ...place, key: origin?.key ?? [], id, table: scope.label, column: null, expected: null, actual: null, kind })
  }

  #notVerified(of: VerifiedEntity): void {
    const { differences, scope } = this.#setting
    const place = placeOf(of)
    differences.count(place, 'not_verified')
    const message = 'expected rows as they were when the run read them, got rows the source changed, added or removed since'
    differences.reason({ code: 'source_moved_on', ...place, table: scope.label, message })
  }

  #writer(index: number): VerifiedEntity {
    return (this.#setting.scope.writers[index] as TableScope['writers'][number]).of
  }

  /** Text of the row's key column; null where it has none. */
  #idOf({ data, fields }: Tuple): string | null {
    const { field } = this.#setting.scope.key
    const at = field === null ? undefined : fields[field]
    return at === undefined || at.length !== 16 ? null : uuidText(data, at.start)
  }

  #columnsOf({ expected, actual }: { readonly expected: Tuple; readonly actual: Tuple }): readonly ColumnPair[] {
    const { scope } = this.#setting
    return scope.columns.flatMap((name, i) => {
      const column = scope.relation.columns.find(c => c.name === name)
      const [a, b] = [fieldOf(expected, i), fieldOf(actual, i)]
      if (column === undefined || a === 'unsaid' || b === 'unsaid' || isSame(a, b)) return []
      return [{ column, expected: this.#shown(column, a), actual: this.#shown(column, b) }]
    })
  }

  #shown(column: Column, field: Buffer | null): string | null {
    if (field === null) return null
    const text = valueText(column.type)(field, 0, field.length)
    return this.#setting.showValues ? text : maskValue(column.type, text)
  }

  /** Ids that are in the table, but are another tenant's there. */
  async #tenantsOf(found: readonly Found[]): Promise<ReadonlySet<string>> {
    const { scope, reader, signal } = this.#setting
    const ids = found.flatMap(one => (one.kind === 'missing' ? (this.#idOf(one.expected) ?? []) : []))
    if (ids.length === 0 || scope.rows.tenant === null || scope.keyColumn === null) return new Set()
    const rows = reader.rows({
      table: scope.rows.table,
      tenant: null,
      columns: [scope.keyColumn, scope.rows.tenant.column],
      orderBy: scope.keyColumn,
      ids,
      signal,
    })
    const stream = new TupleStream(rows, { fields: 2, what: scope.label })
    const others = new Set<string>()
    while (await stream.row()) {
      const [id, tenant] = [stream.start[0] as number, stream.start[1] as number]
      if (stream.length[1] !== 16 || uuidText(stream.data, tenant) !== scope.rows.tenant.id.toLowerCase())
        others.add(uuidText(stream.data, id))
      stream.pass()
    }
    return others
  }

  async #known(found: readonly Found[], origins: Facts['origins']): Promise<ReadonlyMap<string, KnownKey | null>> {
    const answers = new Map<string, KnownKey | null>()
    for (const [writer, { of }] of this.#setting.scope.writers.entries()) {
      const keys = found.flatMap(one => {
        if (one.kind !== 'extra') return one.origin.writer === writer ? [one.origin.key] : []
        const origin = one.hash === null ? undefined : origins.get(this.#idOf(one.actual) ?? '')
        return origin !== undefined && isFrom(this.#setting.scope.writers[writer], origin) ? [origin.key] : []
      })
      if (keys.length === 0) continue
      const known = await this.#setting.ledger.known(of.number, of.tenant?.number ?? 0, keys)
      for (const [i, key] of keys.entries()) answers.set(knownName(of, key), known[i] ?? null)
    }
    return answers
  }

  async #keysOf(found: readonly Found[]): Promise<Facts['origins']> {
    const ids = found.flatMap(one => (one.kind === 'extra' ? (this.#idOf(one.actual) ?? []) : []))
    if (ids.length === 0) return new Map()
    const matches = (await this.#setting.ledger.keysOf(ids)).filter(match => match.isMerged !== true)
    return new Map(matches.map(match => [match.id.toLowerCase(), match]))
  }
}

interface Facts {
  readonly elsewhere: ReadonlySet<string>
  readonly known: ReadonlyMap<string, KnownKey | null>
  readonly origins: ReadonlyMap<string, OriginOfId>
}

interface OriginOfId {
  readonly entity: string
  readonly tenant: string | null
  readonly key: readonly string[]
}

interface ColumnPair extends Pick<Difference, 'expected' | 'actual'> {
  readonly column: Column
}

export function placeOf(of: VerifiedEntity): { readonly entity: string; readonly tenant: string | null } {
  return { entity: of.facts.entity.name, tenant: of.tenant?.code ?? null }
}

function isFrom(writer: TableScope['writers'][number] | undefined, origin: OriginOfId | undefined): boolean {
  return (
    writer !== undefined && writer.of.facts.entity.name === origin?.entity && (writer.of.tenant?.code ?? null) === (origin.tenant ?? null)
  )
}

function knownName(of: VerifiedEntity, key: readonly string[]): string {
  return JSON.stringify([of.number, of.tenant?.number ?? 0, key])
}

function fieldOf({ data, fields }: Tuple, index: number): Buffer | null | 'unsaid' {
  const field = fields[index]
  if (field === undefined || field.length === UNSAID) return 'unsaid'
  return field.length < 0 ? null : data.subarray(field.start, field.start + field.length)
}

function isSame(a: Buffer | null, b: Buffer | null): boolean {
  return a === null || b === null ? a === b : a.equals(b)
}
