import type { CheckConstraint, Index, Relation, TargetRelation, Trigger } from '../../model/catalogue.ts'
import { relationsFrom } from '../../postgres/catalogue.ts'
import { byRelation, type CatalogueRow, type CatalogueRows, isTrue, names, text } from '../../postgres/catalogue-rows.ts'

/** The answers of the queries only a target is asked. */
export interface TargetRows extends CatalogueRows {
  readonly rights: readonly CatalogueRow[]
  readonly triggers: readonly CatalogueRow[]
  readonly checks: readonly CatalogueRow[]
  readonly indexes: readonly CatalogueRow[]
  readonly foreignKeyDefinitions: readonly CatalogueRow[]
  /** Oids of the tables in which no row was found. */
  readonly empty: ReadonlySet<string>
}

/** What `planDeferral` must know besides; plain data. */
export interface PostgresRelation extends TargetRelation {
  readonly postgres: {
    /** A table of ours that stands alone (no partition, no inheritance), in a schema in which we may make indexes. */
    readonly isPlain: boolean
    readonly indexes: readonly IndexFacts[]
    readonly foreignKeys: readonly ForeignKeyFacts[]
    /** Enabled triggers, and whether always. */
    readonly triggers: readonly { readonly name: string; readonly isAlways: boolean }[]
  }
}

export interface IndexFacts {
  readonly name: string
  readonly definition: string
  readonly isUnique: boolean
  readonly isValid: boolean
  readonly nullsNotDistinct: boolean
  readonly isClustered: boolean
  readonly constraint: { readonly name: string; readonly kind: 'primary' | 'unique' | 'exclusion'; readonly timing: string } | null
  readonly comment: string | null
  readonly constraintComment: string | null
  /** '' = the database's own. */
  readonly tablespace: string
  /** SQL of the key columns with their collation, and of the predicate. */
  readonly keys: readonly string[]
  readonly predicate: string | null
  readonly mustStay: boolean
  /** Oids of the foreign keys that rest on it. */
  readonly foreignKeys: readonly string[]
}

export interface ForeignKeyFacts {
  readonly oid: string
  readonly name: string
  readonly definition: string
  readonly comment: string | null
  readonly isValidated: boolean
  readonly isFullMatch: boolean
  readonly referenced: { readonly schema: string; readonly name: string }
  /** Column, referenced column, operator, and `collate …` where the two columns differ in it. */
  readonly pairs: readonly (readonly [string, string, string, string])[]
  readonly canMakeAgain: boolean
}

const CONSTRAINT_KINDS: Readonly<Record<string, 'primary' | 'unique' | 'exclusion'>> = { p: 'primary', u: 'unique', x: 'exclusion' }
const TRIGGER_EVENTS = [
  ['insert', 4],
  ['delete', 8],
  ['update', 16],
  ['truncate', 32],
] as const

/** Pure. */
export function targetRelationsFrom(rows: TargetRows): readonly PostgresRelation[] {
  const rights = new Map(rows.rights.map(row => [text(row, 0), row]))
  const parts = {
    triggers: byRelation(rows.triggers, 0),
    checks: byRelation(rows.checks, 0),
    indexes: byRelation(rows.indexes, 1),
    foreignKeys: byRelation(rows.foreignKeyDefinitions, 1),
  }
  return [...relationsFrom(rows)].map(([oid, relation]) => {
    const indexes = parts.indexes.get(oid) ?? []
    const triggers = parts.triggers.get(oid) ?? []
    return {
      ...withRights(relation, rights.get(oid) ?? []),
      triggers: triggers.map(triggerFrom),
      checks: (parts.checks.get(oid) ?? []).map(checkFrom),
      indexes: indexes.map(indexFrom),
      isEmpty: rows.empty.has(oid),
      postgres: {
        isPlain: isPlain(rights.get(oid) ?? []),
        indexes: indexes.map(indexFactsFrom),
        foreignKeys: (parts.foreignKeys.get(oid) ?? []).map(foreignKeyFactsFrom),
        triggers: triggers.filter(isEnabled).map(row => ({ name: text(row, 1), isAlways: row[3] === 'A' })),
      },
    }
  })
}

function withRights(relation: Relation, row: CatalogueRow): Omit<TargetRelation, 'triggers' | 'checks' | 'indexes' | 'isEmpty'> {
  return {
    ...relation,
    owner: text(row, 1),
    isOwnedByUs: isTrue(row, 2),
    isRowSecurityActive: isTrue(row, 3),
    hasRowSecurity: isTrue(row, 4),
    forcesRowSecurity: isTrue(row, 5),
    canInsert: isTrue(row, 6),
    canSelect: isTrue(row, 7),
  }
}

function isPlain(row: CatalogueRow): boolean {
  return isTrue(row, 2) && isTrue(row, 8) && isTrue(row, 9)
}

/** Whether it can be looked at: a read that row security would empty is refused. */
export function canLookInto(relation: Relation, row: CatalogueRow): boolean {
  return (relation.kind === 'table' || relation.kind === 'partitioned') && isTrue(row, 7) && !isTrue(row, 3)
}

function isEnabled(row: CatalogueRow): boolean {
  return row[3] === 'O' || row[3] === 'A'
}

function triggerFrom(row: CatalogueRow): Trigger {
  const bits = Number(row[2])
  return {
    name: text(row, 1),
    timing: bits & 2 ? 'before' : bits & 64 ? 'instead of' : 'after',
    level: bits & 1 ? 'row' : 'statement',
    events: TRIGGER_EVENTS.filter(([, bit]) => bits & bit).map(([event]) => event),
    isEnabled: isEnabled(row),
  }
}

function checkFrom(row: CatalogueRow): CheckConstraint {
  return { name: text(row, 1), definition: text(row, 2) }
}

function indexFrom(row: CatalogueRow): Index {
  const kind = CONSTRAINT_KINDS[text(row, 9)]
  return {
    name: text(row, 2),
    definition: text(row, 3),
    constraint: kind === undefined ? null : { name: text(row, 8), kind, definition: text(row, 10) },
    isUnique: isTrue(row, 4),
    isValid: isTrue(row, 5),
  }
}

function indexFactsFrom(row: CatalogueRow): IndexFacts {
  const { name, definition, isUnique, isValid, constraint } = indexFrom(row)
  const timing = isTrue(row, 11) ? ` deferrable initially ${isTrue(row, 12) ? 'deferred' : 'immediate'}` : ''
  return {
    name,
    definition,
    isUnique,
    isValid,
    nullsNotDistinct: isTrue(row, 6),
    isClustered: isTrue(row, 7),
    constraint: constraint && { name: constraint.name, kind: constraint.kind, timing },
    comment: row[13] ?? null,
    constraintComment: row[14] ?? null,
    tablespace: text(row, 15),
    keys: names(row, 16),
    predicate: row[17] ?? null,
    mustStay: isTrue(row, 18),
    foreignKeys: names(row, 19),
  }
}

function foreignKeyFactsFrom(row: CatalogueRow): ForeignKeyFacts {
  return {
    oid: text(row, 0),
    name: text(row, 2),
    definition: text(row, 3),
    comment: row[4] ?? null,
    isValidated: isTrue(row, 5),
    isFullMatch: row[6] === 'f',
    referenced: { schema: text(row, 7), name: text(row, 8) },
    // Made by json_build_array in list-foreign-key-definitions.sql.
    pairs: JSON.parse(row[9] ?? '[]') as ForeignKeyFacts['pairs'],
    canMakeAgain: isTrue(row, 10),
  }
}
