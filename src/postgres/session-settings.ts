/** What every session sets, whatever its server, database or role has as defaults. */
export const SETTINGS: Readonly<Record<string, string>> = {
  client_encoding: 'UTF8',
  TimeZone: 'UTC',
  DateStyle: 'ISO, YMD',
  IntervalStyle: 'postgres',
  bytea_output: 'hex',
  extra_float_digits: '1',
  xmlbinary: 'base64',
  standard_conforming_strings: 'on',
  // An empty search path: every name we send is qualified, so nobody can put a function of the same name in front.
  search_path: '',
  statement_timeout: '0',
  lock_timeout: '30000',
  idle_in_transaction_session_timeout: '0',
  // A read that row security would silently empty becomes an error (design.md, traps).
  row_security: 'off',
}

/** Set where the server has them: some came with a later version, some need an operating system that can. */
export const OPTIONAL_SETTINGS: Readonly<Record<string, string>> = {
  lc_monetary: 'C',
  idle_session_timeout: '0',
  transaction_timeout: '0', // PostgreSQL 17
  tcp_keepalives_idle: '5',
  tcp_keepalives_interval: '2',
  tcp_keepalives_count: '3',
  tcp_user_timeout: '10000',
  client_connection_check_interval: '10000',
}

/** One statement that sets them all; `unnest` of several arrays is syntax, not a function that could be shadowed. `$1`: the names, `$2`: the values. */
export const APPLY_SETTINGS = 'select pg_catalog.set_config(name, value, false) from unnest($1::text[], $2::text[]) as setting(name, value)'

/** The names among `$1` that the server knows. */
export const KNOWN_SETTINGS = 'select name from pg_catalog.pg_settings where name = any ($1::text[])'
