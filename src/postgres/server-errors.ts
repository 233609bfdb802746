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
  '40001', // serialization_failure
  '40P01', // deadlock_detected
  '55P03', // lock_not_available
  '53300', // too_many_connections
  '57P01', // admin_shutdown
  '57P02', // crash_shutdown
  '57P03', // cannot_connect_now
  '57P05', // idle_session_timeout
  '57014', // query_canceled (statement_timeout)
  '25P03', // idle_in_transaction_session_timeout
  '58000', // system_error
])
const TRANSIENT_CLASSES = new Set(['08', '53'])
/** Ours to bisect: the row is at fault. */
const ROW_CLASSES = new Set(['22', '23'])
const RAISED = new Set(['P0001', '44000']) // raise_exception in a trigger; with_check_option_violation
const DENIED = new Set(['42501', '28000', '28P01'])
const NETWORK = new Set(['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'EHOSTUNREACH', 'ENETUNREACH', 'ENOTFOUND', 'EAI_AGAIN', 'ENOENT', 'EHOSTDOWN'])

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
  const server = error as ServerError
  const code = typeof server.code === 'string' ? server.code : ''
  if (isTransient(error, code)) return transientError(server, side)
  if (side === 'target' && (ROW_CLASSES.has(code.slice(0, 2)) || RAISED.has(code))) return refusal(server, code)
  if (DENIED.has(code)) return deniedError(server, side)
  if (/^[0-9A-Z]{5}$/.test(code)) return refusedError(server, code, side)
  // What carries no SQLSTATE and no errno comes from the driver: a connection that ended or timed out.
  return transientError(server, side)
}

function isTransient(error: unknown, code: string): boolean {
  return error instanceof TransientFailure || TRANSIENT.has(code) || TRANSIENT_CLASSES.has(code.slice(0, 2)) || NETWORK.has(code)
}

function transientError(error: ServerError, side: 'source' | 'target'): RehouseError {
  const code = side === 'source' ? 'SOURCE_UNREACHABLE' : /^[0-9A-Z]{5}$/.test(String(error.code)) ? 'TARGET_TRANSIENT' : 'TARGET_UNREACHABLE'
  return new RehouseError(code, `expected the ${side} to answer, got: ${error.message}`, {
    next: 'Check that the server runs and can be reached, then run the same command with --resume.',
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
  return new RehouseError(side === 'source' ? 'SOURCE_REFUSED' : 'TARGET_REFUSED', `expected the ${side} to accept the statement, got ${code}: ${error.message}`, {
    next: 'See the message of the server; `rehouse check` finds most of these beforehand.',
    cause: error,
  })
}

function refusal(error: ServerError, code: string): Refusal {
  return new Refusal(error.message, {
    sqlstate: code,
    constraint: error.constraint ?? null,
    table: error.table === undefined ? null : `${error.schema}.${error.table}`,
    column: error.column ?? null,
    cause: error,
  })
}
