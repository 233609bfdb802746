/** A value, as SQL text of its type: how the server prints it, and its canonical form, the bytes of PostgreSQL's binary format in hex. canonical-values.test.ts asks a server for each. */
export type CanonicalValue = readonly [type: string, literal: string, text: string, bytes: string]

export const CANONICAL_VALUES: readonly CanonicalValue[] = [
  ['boolean', 'true', 'true', '01'],
  ['boolean', 'false', 'false', '00'],
  ['smallint', '0', '0', '0000'],
  ['smallint', '-1', '-1', 'ffff'],
  ['smallint', '32767', '32767', '7fff'],
  ['smallint', '-32768', '-32768', '8000'],
  ['integer', '0', '0', '00000000'],
  ['integer', '-1', '-1', 'ffffffff'],
  ['integer', '2147483647', '2147483647', '7fffffff'],
  ['integer', '-2147483648', '-2147483648', '80000000'],
  ['bigint', '0', '0', '0000000000000000'],
  ['bigint', '-1', '-1', 'ffffffffffffffff'],
  ['bigint', '9007199254740993', '9007199254740993', '0020000000000001'],
  ['bigint', '9223372036854775807', '9223372036854775807', '7fffffffffffffff'],
  ['bigint', '-9223372036854775808', '-9223372036854775808', '8000000000000000'],
  ['numeric', '0', '0', '0000000000000000'],
  ['numeric', '-0.5', '-0.5', '0001ffff400000011388'],
  ['numeric', '1.50', '1.50', '000200000000000200011388'],
  ['numeric', '1.5', '1.5', '000200000000000100011388'],
  ['numeric', '10000', '10000', '00010001000000000001'],
  ['numeric', '0.0001', '0.0001', '0001ffff000000040001'],
  [
    'numeric',
    '123456789012345678901234567890.123',
    '123456789012345678901234567890.123',
    '0009000700000003000c0d801ed204d2162e23340d801ed204ce',
  ],
  ['numeric', 'NaN', 'NaN', '00000000c0000000'],
  ['numeric', 'Infinity', 'Infinity', '00000000d0000020'],
  ['numeric(10,2)', '0', '0.00', '0000000000000002'],
  ['numeric(10,2)', '1.5', '1.50', '000200000000000200011388'],
  ['numeric(10,2)', '-99999999.99', '-99999999.99', '0003000140000002270f270f26ac'],
  ['real', '0', '0', '00000000'],
  ['real', '-0', '-0', '80000000'],
  ['real', '1.1', '1.1', '3f8ccccd'],
  ['real', 'NaN', 'NaN', '7fc00000'],
  ['real', '-Infinity', '-Infinity', 'ff800000'],
  ['double precision', '0', '0', '0000000000000000'],
  ['double precision', '-0', '-0', '8000000000000000'],
  ['double precision', '0.1', '0.1', '3fb999999999999a'],
  ['double precision', '1e308', '1e+308', '7fe1ccf385ebc8a0'],
  ['double precision', 'NaN', 'NaN', '7ff8000000000000'],
  ['double precision', 'Infinity', 'Infinity', '7ff0000000000000'],
  ['text', '', '', ''],
  ['text', 'a', 'a', '61'],
  ['text', 'Köln', 'Köln', '4bc3b66c6e'],
  ['text', 'a ', 'a ', '6120'],
  ['text', '😀', '😀', 'f09f9880'],
  ['varchar(5)', 'a', 'a', '61'],
  ['varchar(5)', 'a ', 'a ', '6120'],
  ['character(5)', 'a', 'a', '6120202020'],
  ['character(5)', '', '', '2020202020'],
  ['uuid', '00000000-0000-0000-0000-000000000000', '00000000-0000-0000-0000-000000000000', '00000000000000000000000000000000'],
  ['uuid', 'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', 'a0eebc999c0b4ef8bb6d6bb9bd380a11'],
  ['bytea', '\\x', '\\x', ''],
  ['bytea', '\\x00ff', '\\x00ff', '00ff'],
  ['date', '1970-01-01', '1970-01-01', 'ffffd533'],
  ['date', '2000-01-01', '2000-01-01', '00000000'],
  ['date', '0001-01-01 BC', '0001-01-01 BC', 'fff4da8b'],
  ['date', 'infinity', 'infinity', '7fffffff'],
  ['time', '00:00:00', '00:00:00', '0000000000000000'],
  ['time', '23:59:59.999999', '23:59:59.999999', '000000141dd75fff'],
  ['time', '24:00:00', '24:00:00', '000000141dd76000'],
  ['timestamp', '2000-01-01 00:00:00', '2000-01-01 00:00:00', '0000000000000000'],
  ['timestamp', '1999-12-31 23:59:59.999999', '1999-12-31 23:59:59.999999', 'ffffffffffffffff'],
  ['timestamp', 'infinity', 'infinity', '7fffffffffffffff'],
  ['timestamp(0)', '2000-01-01 00:00:00.5', '2000-01-01 00:00:01', '00000000000f4240'],
  ['timestamp with time zone', '2000-01-01 00:00:00+00', '2000-01-01 00:00:00+00', '0000000000000000'],
  ['timestamp with time zone', '2000-01-01 00:00:00+02', '1999-12-31 22:00:00+00', 'fffffffe52d8b800'],
  ['timestamp with time zone', '-infinity', '-infinity', '8000000000000000'],
  ['interval', '0', '00:00:00', '00000000000000000000000000000000'],
  ['interval', '1 mon 2 days 00:00:03', '1 mon 2 days 00:00:03', '00000000002dc6c00000000200000001'],
  ['interval', '-1 day', '-1 days', '0000000000000000ffffffff00000000'],
  ['json', '{"a": 1,  "a": 2}', '{"a": 1,  "a": 2}', '7b2261223a20312c20202261223a20327d'],
  ['json', 'null', 'null', '6e756c6c'],
  [
    'jsonb',
    '{"b": 1, "a": [1.0, true, null]}',
    '{"a": [1.0, true, null], "b": 1}',
    '017b2261223a205b312e302c20747275652c206e756c6c5d2c202262223a20317d',
  ],
  ['jsonb', '{"a": 1, "a": 2}', '{"a": 2}', '017b2261223a20327d'],
  ['jsonb', '"x"', '"x"', '01227822'],
  ['integer[]', '{}', '{}', '000000000000000000000017'],
  ['integer[]', '{1,NULL,3}', '{1,NULL,3}', '00000001000000010000001700000003000000010000000400000001ffffffff0000000400000003'],
  ['int4range', '[1,5]', '[1,6)', '0200000004000000010000000400000006'],
  ['int4range', 'empty', 'empty', '01'],
  ['inet', '10.0.0.1', '10.0.0.1/32', '022000040a000001'],
  ['inet', '10.0.0.1/8', '10.0.0.1/8', '020800040a000001'],
  ['inet', '::1', '::1/128', '0380001000000000000000000000000000000001'],
]

/** docs/canonical-values.md. */
export function renderCanonicalValuesDoc(): string {
  return `# The canonical form of values

Generated by \`npm run docs\` from \`test/scenario/verify/canonical-values.ts\`; \`canonical-values.test.ts\` beside it asks a server for every line.

Two values are equal to a verification if their canonical forms are the same bytes. The canonical form of a value is what PostgreSQL sends of it in binary COPY, **as the target column stores it**: the column's
type and modifier are applied first. So

- \`1.50\` and \`1.5\` differ in a \`numeric\` without a scale, because PostgreSQL keeps the scale and prints it; in \`numeric(10,2)\` both are \`1.50\`;
- \`'a'\` and \`'a '\` differ in \`text\` and \`varchar\`; in \`character(5)\` both are stored with the blanks that fill it up, and are the same;
- NULL and the empty text differ; NULL has no bytes, its length is -1;
- \`é\` as one character and as a letter with an accent differ: text is compared as UTF-8 bytes, never normalised, folded or collated;
- a \`timestamp with time zone\` is an instant in microseconds since 2000-01-01 UTC, in whatever zone it was written; a \`timestamp\` is a local time and has no instant;
- \`0\` and \`-0\` differ in floating point; NaN equals NaN;
- \`json\` is the text as it was written; \`jsonb\` is the server's own form (keys in its order, the last of equal keys, numbers with the digits written).

A row is its fields in the order of the columns the mapping fills: an int16 with their number, then for each an int32 length and the bytes, all big-endian. Columns the mapping does not fill (defaults, generated columns,
what triggers fill) are not compared. Of a row the ledger keeps 64 bits of a hash over these bytes, table after table.

A legacy **key** has a text form of its own (\`docs/identifiers.md\`): its parts as PostgreSQL prints them, several as one CSV record.

| type | written as | printed | bytes (hex) |
|---|---|---|---|
${CANONICAL_VALUES.map(([type, literal, text, bytes]) => `| ${type} | ${code(literal)} | ${code(text)} | ${bytes === '' ? '(none)' : `\`${bytes}\``} |`).join('\n')}
`
}

function code(text: string): string {
  return text === '' ? '(empty)' : `\`${text.replaceAll('|', '\\|')}\``
}
