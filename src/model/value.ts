/**
 * A value on the expression path. Which carrier a type uses is fixed, so that nothing is lossy:
 *
 * | type | carrier |
 * |---|---|
 * | bool | boolean |
 * | int2, int4, oid, date (days since 2000-01-01) | number (an integer below 2^53) |
 * | float4, float8 | number (an IEEE double is what the type is) |
 * | int8, timestamp, timestamptz, time (µs; timestamps since 2000-01-01, ±infinity = max/min bigint) | bigint |
 * | numeric | string: canonical decimal text as PostgreSQL prints it, scale kept ('1.50'), 'NaN', 'Infinity', '-Infinity' |
 * | uuid | string, lower case with hyphens |
 * | json, jsonb | string: the document's text, digits kept |
 * | text, varchar, bpchar, name, citext, enum | string |
 * | bytea and any other type | Uint8Array: the bytes of PostgreSQL's binary format |
 */
export type Value = null | boolean | number | bigint | string | Uint8Array
