import type { Catalogue, Relation } from '../model/catalogue.ts'
import type { CatalogueExtras } from '../model/catalogue-extras.ts'
import type { Measure, Sql } from '../model/measure.ts'
import type { SourceKey } from '../model/source-key.ts'
import type { SqlType } from '../model/sql-type.ts'

/**
 * Reading. A source is opened for one tenant (or once, shared) and only ever read. One folder per engine implements this port.
 * `scan`: rows in the file's own order, by keys its catalogue says are unique and not NULL, other keys are SOURCE_REFUSED (docs/design/008); `keyset`: ranges in key order; `query`: SQL besides.
 */
export interface Source {
  readonly engine: string
  readonly capability: 'scan' | 'keyset' | 'query'
  /** The address without secrets, for people. */
  readonly label: string
  /** Reads can carry rows of other relations (`ReadRequest.attach`): `direct`, or `staged` where both relations are copied for it. Absent: they cannot. */
  readonly attaches?: 'direct' | 'staged'
  describe(): Promise<Catalogue>
  /** Checks, defaults, comments, and what is left behind: for `init`. Absent: the engine cannot say. */
  extras?(): Promise<CatalogueExtras>
  /** What a query gives, as a relation under the name and key given; only reads. Absent: the engine has no SQL. Rejects with SOURCE_REFUSED where the query cannot be run. */
  describeQuery?(query: { readonly name: string; readonly sql: string; readonly key: readonly string[] }): Promise<Relation>
  /** Problems of this source a person should know before it is read: a login that could write, a pooler in front. */
  facts(): Promise<SourceFacts>
  /**
   * Begins one consistent view of the whole source. `relations`: those that will be read; until the snapshot is closed nobody can give them another shape or
   * empty them behind the snapshot's back. Rejects with SOURCE_UNREACHABLE, SOURCE_REFUSED, or SOURCE_CHANGED where one is no longer as it was described.
   */
  openSnapshot(relations?: readonly Relation[]): Promise<SourceSnapshot>
  /** Idempotent; also ends open snapshots. */
  close(): Promise<void>
}

export interface SourceFacts {
  /** Tells this database apart from every other, for as long as it lives (PostgreSQL: system identifier and database oid). */
  readonly identity: string
  readonly canWrite: boolean
  readonly serverVersion: number
}

export interface SourceSnapshot {
  /** Engine's name of the snapshot, for the ledger (`pg_export_snapshot`). */
  readonly id: string
  /** Equal markers of two snapshots prove that nothing changed between them; unequal ones prove nothing. */
  readonly marker: string
  /** With a slash the beginning of every marker of this database, and of no other’s; '' = the source cannot say. */
  readonly origin: string
  /** The source's own `count(*)`, in this snapshot. */
  count(relation: Relation): Promise<bigint>
  /**
   * The source's own sum of the elements of a list column (json, jsonb or an array), in this snapshot. A value that is no list counts 1; one without an element
   * (NULL, the JSON null, an empty list) 1 or 0, as `countsEmpty` says. Absent: the engine cannot look into a column.
   */
  countElements?(relation: Relation, list: CountedList): Promise<bigint>
  /**
   * Compares what the source says of itself as a whole (a file's total of rows) with what is in it, reading what was not read yet. Absent: it says nothing.
   * Called once everything wanted was read. Rejects with SOURCE_INVALID or SOURCE_CHANGED.
   */
  confirm?(signal: AbortSignal): Promise<void>
  /** The rows of all tables as the source itself declares them, which `confirm` compares. Absent: it declares no total. */
  readonly declaredRows?: bigint
  /**
   * Streams rows in key order (`scan`: in file order) as PostgreSQL binary tuples (no header; chunks may be cut anywhere; see TupleCursor), with back-pressure.
   * Guarantees: strictly after `after`, every row exactly once, the same order for the same content.
   * Rows whose key has a NULL part come last, all of them in every read, whatever `after` is: no position can name them, so they belong in the last batch.
   * Where the key is not unique, equal keys come together; a batch must end where the key changes under the source's own equality, or the next read leaves out the rest.
   * Ending the iteration early, and the signal, end the read at once; the signal's reason is thrown.
   */
  read(request: ReadRequest): AsyncIterable<Buffer>
  /** Of the relation’s rows except those named, aggregates the engine computes itself, as text, in the order asked for. Absent: this engine computes none. */
  aggregates?(request: AggregateRequest): Promise<readonly (string | null)[]>
  /** Names the engine’s own functions for hashing a row, by what they give: who has the same name hashes alike, and cheaper than by SHA-256. Absent: it has none. */
  rowHash?(): Promise<string>
  close(): Promise<void>
}

export interface AggregateRequest {
  readonly relation: Relation
  readonly measures: readonly Measure[]
  /** Only rows for which this is true. Absent: all. */
  readonly where?: Sql
  /** Rows left out, by the text of these columns. */
  readonly without: { readonly columns: readonly string[]; readonly keys: readonly (readonly string[])[] }
}

export interface CountedList {
  readonly column: string
  readonly countsEmpty: boolean
}

export interface ReadRequest {
  readonly relation: Relation
  /** Columns to deliver, in this order. */
  readonly columns: readonly string[]
  /** `scan` only: no column at all = the whole relation in file order, whatever its keys (`after` is null then). */
  /** No names: in whatever order costs least, from the beginning only. */
  readonly key: SourceKey
  /**
   * Key of the last row done, each part as text of its type (cast/value-text.ts); null = from the beginning.
   * `scan`: a key that no row has is SOURCE_CHANGED.
   */
  readonly after: readonly string[] | null
  /** Only of a source that `attaches`, and not with a content key: rows of other relations with each row, one field more for each behind `columns`. Absent = none. */
  readonly attach?: readonly Attachment[]
  /** In the order of the key, also where a file could be read in its own; `scan` sources that cannot do so refuse it (SOURCE_REFUSED). */
  readonly inOrder?: true
  readonly signal: AbortSignal
}

/**
 * Rows of a relation of the same source that belong to a row: those whose `theirs` equals its `ours` in every pair, as the source’s own `=` says; none where a value is NULL.
 * Delivered in no order as one field, PostgreSQL’s binary `record[]` (base/record-list.ts); an empty one or NULL where there are none.
 */
export interface Attachment {
  readonly relation: Relation
  /** Columns to deliver of each, in this order. */
  readonly columns: readonly string[]
  readonly on: readonly { readonly theirs: string; readonly ours: string }[]
}

export type { SourceKey }

/** The key columns' types as delivered; content keys: bytea and int8. */
export interface KeyColumn {
  readonly name: string
  readonly type: SqlType
}
