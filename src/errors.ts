import type { Where } from './model/place.ts'

/**
 * Every error and finding code: exit status of the command that ends with it, and whether trying again can help.
 * `docs/errors.md` has one section per code; a test holds the two together. Codes of quarantine reasons are the mapping's own and not listed here,
 * except those Rehouse gives by itself (ROW_CODES).
 */
export const CODES = {
  // usage and manifest: 2
  USAGE: { exit: 2, retry: false, title: 'The command line cannot be understood' },
  CONFIG_MISSING: { exit: 2, retry: false, title: 'A setting or secret the manifest refers to is not there' },
  CONFIG_INVALID: { exit: 2, retry: false, title: 'A setting or secret is there but cannot be used' },
  MANIFEST_UNREADABLE: { exit: 2, retry: false, title: 'The manifest file cannot be read or is not YAML' },
  MANIFEST_UNKNOWN_KEY: { exit: 2, retry: false, title: 'The manifest has a key that is not in the language' },
  MANIFEST_INVALID: { exit: 2, retry: false, title: 'The manifest says something that cannot be' },
  MANIFEST_NOT_SUPPORTED: { exit: 2, retry: false, title: 'The manifest uses a part of the language that is not built yet' },
  MANIFEST_SECRET: { exit: 2, retry: false, title: 'The manifest holds a password instead of a reference to one' },
  EXPRESSION_INVALID: { exit: 2, retry: false, title: 'An expression cannot be parsed or uses what the subset does not have' },
  EXPRESSION_TYPE: { exit: 2, retry: false, title: 'An expression does not fit the types of its columns' },
  MAPPING_UNKNOWN_COLUMN: { exit: 2, retry: false, title: 'The mapping names a table or column the catalogue does not have' },
  FUNCTION_INVALID: { exit: 2, retry: false, title: 'A mapping function cannot be run, or is not pure' },
  MAPPING_NOT_COVERED: { exit: 2, retry: false, title: 'A source table or column is neither used nor excluded with a reason' },
  MAPPING_TYPE: { exit: 2, retry: false, title: 'No cast leads from the source type to the target type' },
  MAPPING_INCOMPLETE: { exit: 2, retry: false, title: 'A target column that must be filled is not' },
  MAPPING_CHANGED: { exit: 2, retry: false, title: 'The mapping differs from the one the run or the loaded rows were made with' },
  SALT_CHANGED: { exit: 2, retry: false, title: 'The salt is not the one the ledger was made with' },
  TENANT_INVALID: { exit: 2, retry: false, title: 'A tenant has no usable code, id or time zone' },
  MAPPING_NO_TENANT: { exit: 2, retry: false, title: 'Rows of tenants would carry no tenant' },
  MAPPING_NO_WAY_BACK: { exit: 2, retry: false, title: 'Rows the mapping writes could not be found again' },
  MAPPING_ID_TAKEN: { exit: 2, retry: false, title: 'Two origins may bring the same identifier into one table' },
  MAPPING_DEFAULTS: { exit: 2, retry: false, title: 'A target column is left to what the target fills in' },
  MAPPING_OTHER_SERVICE: { exit: 2, retry: false, title: 'A reference leads into another service' },
  MAPPING_CIRCLE: { exit: 2, retry: false, title: 'References in a circle are checked after the load' },
  MAPPING_UNUSED: { exit: 2, retry: false, title: 'The manifest declares something nothing uses' },
  AUDIT_NOT_KEPT: { exit: 1, retry: false, title: 'The ledger did not take an entry of its audit' },
  // what init says of its draft
  INIT_CREDENTIALS: { exit: 1, retry: false, title: 'The draft leaves out what looks like a credential' },
  INIT_PASSWORD: { exit: 1, retry: false, title: 'A password was kept out of the draft' },
  INIT_ROW_SECURITY: { exit: 1, retry: false, title: 'Row security binds the owner of the target’s tables' },
  INIT_COMPUTED: { exit: 1, retry: false, title: 'The draft leaves out a column the source computes' },
  INIT_COLUMN: { exit: 1, retry: false, title: 'The draft leaves out a column no type of the target takes' },
  INIT_UNREADABLE: { exit: 1, retry: false, title: 'The draft leaves out what the login may not read' },
  INIT_FILE: { exit: 1, retry: false, title: 'A file without a catalogue was read as it shows itself' },
  INIT_OBJECT: { exit: 1, retry: false, title: 'Something beside tables is left behind' },
  INIT_TYPE: { exit: 1, retry: false, title: 'A column has another type in the draft' },
  INIT_LOCAL_TIME: { exit: 1, retry: false, title: 'A column holds local times without a zone' },
  INIT_DEFAULT: { exit: 1, retry: false, title: 'A default is not in the draft' },
  INIT_CHECK: { exit: 1, retry: false, title: 'A check is not in the draft' },
  INIT_INDEX: { exit: 1, retry: false, title: 'An index or unique key is not in the draft' },
  INIT_KEY: { exit: 1, retry: false, title: 'A table has no primary key, or one to think about' },
  INIT_REFERENCE: { exit: 1, retry: false, title: 'A foreign key is no reference in the draft' },
  INIT_REFERENCE_UNCHECKED: { exit: 1, retry: false, title: 'A foreign key was never checked by the source' },
  INIT_UNDECLARED: { exit: 1, retry: false, title: 'A column looks like a reference nobody declared' },
  INIT_CIRCLE: { exit: 1, retry: false, title: 'A reference in a circle may be NULL in the draft' },
  INIT_DRIFT_TABLE: { exit: 1, retry: false, title: 'Some sources lack a table' },
  INIT_DRIFT_COLUMN: { exit: 1, retry: false, title: 'Some sources lack a column' },
  INIT_DRIFT_TYPE: { exit: 1, retry: false, title: 'A column has different types in the sources' },
  INIT_DRIFT_NULL: { exit: 1, retry: false, title: 'A column may be NULL in some sources only' },
  INIT_DRIFT_KEY: { exit: 1, retry: false, title: 'A table has different keys in the sources' },
  INIT_DRIFT_REFERENCE: { exit: 1, retry: false, title: 'A foreign key is declared in some sources only' },
  // what profile found in the rows
  PROFILE_UNREADABLE: { exit: 1, retry: false, title: 'Rows of a table could not be read' },
  PROFILE_PART: { exit: 1, retry: false, title: 'Only the first rows of a table were read' },
  PROFILE_UNCHECKED: { exit: 1, retry: false, title: 'A declared reference was not counted' },
  PROFILE_NO_KEY: { exit: 1, retry: false, title: 'A table declares no key' },
  PROFILE_DUPLICATE_KEY: { exit: 1, retry: false, title: 'Rows repeat a key' },
  PROFILE_UNIQUE_CLASH: { exit: 1, retry: false, title: 'Keys are equal but for their spelling' },
  PROFILE_ORPHANS: { exit: 1, retry: false, title: 'Rows refer to nothing although a foreign key is declared' },
  PROFILE_UNDECLARED: { exit: 1, retry: false, title: 'A column holds keys of another table, and no foreign key says so' },
  PROFILE_POLYMORPHIC: { exit: 1, retry: false, title: 'A column refers to several tables' },
  PROFILE_CIRCLE: { exit: 1, retry: false, title: 'Tables refer to one another in a circle' },
  PROFILE_EMPTY_COLUMN: { exit: 1, retry: false, title: 'A column has no value' },
  PROFILE_FEW_NULLS: { exit: 1, retry: false, title: 'A column is NULL in a few rows' },
  PROFILE_BLANK: { exit: 1, retry: false, title: 'Texts are empty or blank' },
  PROFILE_PADDED: { exit: 1, retry: false, title: 'Texts begin or end with white space' },
  PROFILE_CONTROL: { exit: 1, retry: false, title: 'Texts hold control characters' },
  PROFILE_MOJIBAKE: { exit: 1, retry: false, title: 'Texts were read in the wrong encoding' },
  PROFILE_VARIANTS: { exit: 1, retry: false, title: 'Values of a column differ only in their spelling' },
  PROFILE_DATES: { exit: 1, retry: false, title: 'Dates can hardly be meant' },
  PROFILE_INVALID_DATES: { exit: 1, retry: false, title: 'Dates written as text are in no calendar' },
  PROFILE_TYPE: { exit: 1, retry: false, title: 'Values are of a narrower type than the column' },
  PROFILE_MIXED: { exit: 1, retry: false, title: 'Nearly all texts are of one type' },
  PROFILE_OUTLIER: { exit: 1, retry: false, title: 'A number lies far outside' },
  PROFILE_PERSONAL: { exit: 1, retry: false, title: 'Columns may hold something about a person' },
  PROFILE_CREDENTIALS: { exit: 1, retry: false, title: 'A column or table may hold credentials' },
  PROFILE_DRIFT: { exit: 1, retry: false, title: 'The sources are not alike' },
  PROFILE_KEY_RANGES: { exit: 1, retry: false, title: 'Sources use the same numbers for their keys' },
  PROFILE_KEY_COLLISION: { exit: 1, retry: false, title: 'Natural keys are in several sources' },
  PROFILE_SPELLINGS: { exit: 1, retry: false, title: 'A lookup is spelled differently in the sources' },
  // source: 4
  SOURCE_UNREACHABLE: { exit: 4, retry: true, title: 'The source cannot be reached' },
  SOURCE_REFUSED: { exit: 4, retry: false, title: 'The source refused what was asked' },
  SOURCE_INVALID: { exit: 4, retry: false, title: 'The source delivered what cannot be' },
  RELATED_TOO_LARGE: { exit: 4, retry: false, title: 'Related rows do not fit into memory' },
  SOURCE_COUNT_MISMATCH: { exit: 4, retry: false, title: 'The rows read are not as many as the source counted in the same snapshot' },
  SOURCE_CHANGED: { exit: 4, retry: false, title: 'The source is not the one the run began with' },
  SOURCE_WRITABLE: { exit: 4, retry: false, title: 'The login could write to the source' },
  SOURCE_VERSION: { exit: 4, retry: false, title: 'The source’s version is not one Rehouse is made for' },
  SOURCE_KEY: { exit: 4, retry: false, title: 'A key of the source may be missing, double or differently equal' },
  SOURCE_TABLE_ABSENT: { exit: 1, retry: false, title: 'A tenant’s source lacks a table that is optional' },
  SOURCE_TABLE_UNLISTED: { exit: 1, retry: false, title: 'A table looks as if it belonged to a list that does not name it' },
  SOURCE_SHARED: { exit: 4, retry: false, title: 'One database stands for two tenants, or for source and target' },
  STAGING_SHARED: { exit: 4, retry: false, title: 'Staging has the database of a source or of a service' },
  STAGING_KEPT: { exit: 1, retry: false, title: 'What was staged could not be dropped' },
  SOURCE_ROWS_CHANGED: { exit: 1, retry: false, title: 'Rows changed in the source after they were loaded' },
  SOURCE_ROWS_GONE: { exit: 1, retry: false, title: 'Rows that were loaded are gone from the source' },
  TARGET_ROWS_CHANGED: { exit: 1, retry: false, title: 'Rows changed in the target after they were loaded' },
  VIEW_CIRCLE: { exit: 1, retry: false, title: 'Rows a recursive view reads lead back to themselves' },
  EXAMPLE_DIFFERS: { exit: 1, retry: false, title: 'A row is not what its example says' },
  ROWS_EXCLUDED: { exit: 1, retry: false, title: 'A table the mapping leaves out holds rows' },
  CONSISTENCY_MIXED: { exit: 1, retry: false, title: 'A resumed run read a source that was written to' },
  // target: 5
  TARGET_UNREACHABLE: { exit: 5, retry: true, title: 'The target cannot be reached' },
  TARGET_REFUSED: { exit: 5, retry: false, title: 'The target refused what was asked' },
  TARGET_POLICY_DENIED: { exit: 5, retry: false, title: 'The target does not allow this role to write (policy_denied)' },
  TARGET_HOLDS_SAMPLE: { exit: 5, retry: false, title: 'The target holds a sample' },
  TARGET_HOLDS_ROWS: { exit: 5, retry: false, title: 'A sample would be put beside whole tables' },
  TARGET_HELD: { exit: 5, retry: true, title: 'Another run holds the target' },
  TARGET_TRANSIENT: { exit: 5, retry: true, title: 'The target failed in a way that passes' },
  TARGET_ROWS_LOST: { exit: 5, retry: false, title: 'The target stored other rows than were sent' },
  TARGET_UNSUITED: { exit: 5, retry: false, title: 'The target cannot be migrated into as it is' },
  TARGET_VERSION: { exit: 5, retry: false, title: 'The target’s version is not one Rehouse is made for' },
  TARGET_TRIGGERS: { exit: 5, retry: false, title: 'Triggers of the target take part in the load' },
  TARGET_CONSTRAINT: { exit: 5, retry: false, title: 'A constraint or index of the target does not hold for every row' },
  TARGET_TENANT_KEYS: { exit: 5, retry: false, title: 'A key of the target leaves the tenant out' },
  FINISH_FAILED: { exit: 5, retry: false, title: 'A materialized view could not be refreshed after the load' },
  FINISH_NOT_RUN: { exit: 5, retry: false, title: 'A statement under finish was not run' },
  FENCE_LOST: { exit: 5, retry: false, title: 'Another process took over this task' },
  LEDGER_INVALID: { exit: 5, retry: false, title: 'The ledger is not as it must be' },
  ID_COLLISION: { exit: 5, retry: false, title: 'Two different keys gave the same identifier' },
  EMBEDDED_FAILED: { exit: 5, retry: false, title: 'The built-in PostgreSQL could not be started' },
  // others
  STOPPED: { exit: 6, retry: false, title: 'A stop rule ended a tenant' },
  COULD_NOT_VERIFY: { exit: 3, retry: false, title: 'It could not be verified' },
  INTERRUPTED: { exit: 130, retry: true, title: 'The run was interrupted and can be resumed' },
  BUG: { exit: 70, retry: false, title: 'A bug in Rehouse' },
} as const satisfies Record<string, { readonly exit: number; readonly retry: boolean; readonly title: string }>

export type Code = keyof typeof CODES

/** The only error class. Wrapped once, where it happens; reported once, at the edge. */
export class RehouseError extends Error {
  override readonly name = 'RehouseError'
  readonly code: Code
  readonly where: Where
  /** What to do next. */
  readonly next: string

  constructor(code: Code, message: string, options: { where?: Where; next: string; cause?: unknown }) {
    super(message, { cause: options.cause })
    this.code = code
    this.where = options.where ?? {}
    this.next = options.next
  }

  get exit(): number {
    return CODES[this.code].exit
  }

  get retry(): boolean {
    return CODES[this.code].retry
  }
}

/** Adds facts to an error on its way up; what was known closer to the cause wins. */
export function atPlace(error: unknown, where: Where): unknown {
  if (!(error instanceof RehouseError)) return error
  return new RehouseError(error.code, error.message, { where: { ...where, ...error.where }, next: error.next, cause: error.cause })
}

export function bug(message: string, cause?: unknown): RehouseError {
  return new RehouseError('BUG', message, { next: 'Report it with the run’s audit file; the ledger holds what was committed.', cause })
}

export function unreachable(value: never): never {
  throw bug(`expected no other case, got ${JSON.stringify(value)}`)
}
