import { RehouseError } from '../errors.ts'
import { Refusal } from '../target/target.ts'

/** The connection went away under us. */
export class TransientFailure extends Error {
  constructor(message: string, cause: unknown) {
    super(message, { cause })
  }
}

/** SQLSTATE → what it means here. Classes by their first two characters; never the message's text. https://www.postgresql.org/docs/18/errcodes-appendix.html */
const TRANSIENT = new Set([
  '40001', // serialization_failure, also a conflict with recovery on a standby
  '40003', // statement_completion_unknown
  '40P01', // deadlock_detected
  '55P03', // lock_not_available
  '53300', // too_many_connections
  '57P01', // admin_shutdown
  '57P02', // crash_shutdown
  '57P03', // cannot_connect_now
  '57P05', // idle_session_timeout
  '57014', // query_canceled (statement_timeout)
  '25P03', // idle_in_transaction_session_timeout
  '25P04', // transaction_timeout
  '58000', // system_error
  '72000', // snapshot_too_old
])
const TRANSIENT_CLASSES = new Set(['08', '53'])
/** Ours to bisect: the row is at fault. */
const ROW_CLASSES = new Set(['22', '23'])
const RAISED = new Set(['P0001', '44000']) // raise_exception in a trigger; with_check_option_violation
const DENIED = new Set(['42501', '28000', '28P01'])
const NETWORK = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ENOENT',
  'EHOSTDOWN',
])
const SQLSTATE = /^[0-9A-Z]{5}$/

/** Names of the refusals a person meets most; the server's own message may hold values of the row. */
const CONDITIONS: Readonly<Record<string, string>> = {
  '08P01': 'protocol_violation',
  '22001': 'string_data_right_truncation',
  '22003': 'numeric_value_out_of_range',
  '22007': 'invalid_datetime_format',
  '22008': 'datetime_field_overflow',
  '22021': 'character_not_in_repertoire',
  '22P02': 'invalid_text_representation',
  '22P03': 'invalid_binary_representation',
  '22P04': 'bad_copy_file_format',
  '22P05': 'untranslatable_character',
  '23001': 'restrict_violation',
  '23502': 'not_null_violation',
  '23503': 'foreign_key_violation',
  '23505': 'unique_violation',
  '23514': 'check_violation',
  '23P01': 'exclusion_violation',
  '44000': 'with_check_option_violation',
  P0001: 'raise_exception',
}

interface ServerError {
  readonly code?: unknown
  readonly message: string
  readonly constraint?: string
  readonly table?: string
  readonly schema?: string
  readonly column?: string
}

/** Wraps a driver's error once. Errors of ours pass unchanged. */
export function translateError(error: unknown, side: 'source' | 'target'): Error {
  if (error instanceof RehouseError || error instanceof Refusal) return error
  if (!(error instanceof Error)) return translateError(new Error(String(error)), side)
  const server: ServerError = error
  const code = typeof server.code === 'string' ? server.code : ''
  if (isTransient(error, code)) return transientError(server, side)
  if (side === 'target' && (ROW_CLASSES.has(code.slice(0, 2)) || RAISED.has(code))) return refusal(server, code)
  if (DENIED.has(code)) return deniedError(server, side)
  if (SQLSTATE.test(code)) return refusedError(server, code, side)
  // What carries no SQLSTATE and no errno comes from the driver: a connection that ended or timed out.
  return transientError(server, side)
}

/**
 * The same for COPY FROM. A field shorter than its type's binary format is a protocol_violation (08P01) to the server, though the connection is sound:
 * the row is at fault, and to try again would never end.
 */
export function translateCopyError(error: unknown, side: 'source' | 'target'): Error {
  const isShortField = error instanceof Error && 'code' in error && error.code === '08P01' && side === 'target'
  return isShortField ? refusal(error, '08P01') : translateError(error, side)
}

/** The same while connecting, where an error without any code, of a connection that has not ended, is the driver's own refusal: no password given, TLS not offered or not trusted. */
export function translateConnectError(error: unknown, context: { readonly side: 'source' | 'target'; readonly isEnded: boolean }): Error {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  const isKnown = context.isEnded || isTransient(error, code) || SQLSTATE.test(code) || error instanceof RehouseError
  if (isKnown || !(error instanceof Error)) return translateError(error, context.side)
  return new RehouseError(context.side === 'source' ? 'SOURCE_REFUSED' : 'TARGET_REFUSED', `expected to log in, got: ${error.message}`, {
    next: 'Check user, password and sslmode of the address.',
    cause: error,
  })
}

function isTransient(error: unknown, code: string): boolean {
  return error instanceof TransientFailure || TRANSIENT.has(code) || TRANSIENT_CLASSES.has(code.slice(0, 2)) || NETWORK.has(code)
}

function transientError(error: ServerError, side: 'source' | 'target'): RehouseError {
  const code = side === 'source' ? 'SOURCE_UNREACHABLE' : SQLSTATE.test(String(error.code)) ? 'TARGET_TRANSIENT' : 'TARGET_UNREACHABLE'
  return new RehouseError(code, `expected the ${side} to answer, got: ${error.message}`, {
    next: 'Check that the server runs and can be reached, then run the same command again; a migration that had begun goes on with --resume.',
    cause: error,
  })
}

function deniedError(error: ServerError, side: 'source' | 'target'): RehouseError {
  return new RehouseError(side === 'source' ? 'SOURCE_REFUSED' : 'TARGET_POLICY_DENIED', `expected to be allowed, got: ${error.message}`, {
    next: 'Run `rehouse check --grants` and have the printed statements executed.',
    cause: error,
  })
}

function refusedError(error: ServerError, code: string, side: 'source' | 'target'): RehouseError {
  // Messages of these two classes quote values.
  const said = ROW_CLASSES.has(code.slice(0, 2)) ? nameOf(code) : `${code}: ${error.message}`
  return new RehouseError(
    side === 'source' ? 'SOURCE_REFUSED' : 'TARGET_REFUSED',
    `expected the ${side} to accept the statement, got ${said}`,
    {
      next: 'See the message of the server; `rehouse check` finds most of these beforehand.',
      cause: error,
    },
  )
}

function refusal(error: ServerError, code: string): Refusal {
  const constraint = error.constraint ?? null
  const at = constraint ?? error.column ?? null
  return new Refusal(at === null ? nameOf(code) : `${nameOf(code)} (${at})`, {
    sqlstate: code,
    constraint,
    table: error.table === undefined ? null : `${error.schema}.${error.table}`,
    column: error.column ?? null,
    cause: error,
  })
}

function nameOf(code: string): string {
  const condition = CONDITIONS[code]
  return condition === undefined ? code : `${code} ${condition}`
}
