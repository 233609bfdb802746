import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { ScriptError, ScriptScanner } from '../../../../src/source/pgdump/script-scanner.ts'

/** Pieces of a script that comes in chunks of so many bytes: kind and text; rows with their number. */
function piecesOf(script: string | Buffer, chunkBytes = 1 << 20, hasStandardStrings = true): readonly string[] {
  const bytes = Buffer.from(script)
  const scanner = new ScriptScanner()
  scanner.hasStandardStrings = hasStandardStrings
  const found: string[] = []
  for (let at = 0, isEnded = false; ; ) {
    const piece = scanner.next()
    if (piece === null) {
      if (isEnded) return found
      isEnded = at >= bytes.length
      if (isEnded) scanner.end()
      else scanner.push(Buffer.from(bytes.subarray(at, at + chunkBytes)))
      at += chunkBytes
      continue
    }
    const text = bytes.toString('utf8', piece.start, piece.end)
    found.push(piece.kind === 'rows' ? `rows ${piece.rows}: ${text}` : `${piece.kind}: ${text}`)
    if (piece.kind === 'statement' && /from stdin$/i.test(text)) scanner.beginCopy()
  }
}

const SCRIPT = `-- a comment; with a semicolon
\\connect "a;b"
select 'it''s; -- no comment', "na""me;", E'\\\\';
select $$ ; $x$ ; $$, $x$ ; $$ ; $x$, a$b$c, $1;
/* outer /* inner ; */ still ; */ select 1;
create function f() returns int language sql begin atomic select 1; select case when true then 2 end; end;
create rule r as on delete to t do instead (select 1; select 2);
COPY t (a, b) FROM stdin;
1\tone\\
goes on
2\t\\\\
\\\\.\t\\.
\\.
;;
select 'ü';
\\echo done`

const PIECES = [
  'comment: -- a comment; with a semicolon',
  'meta: \\connect "a;b"',
  `statement: select 'it''s; -- no comment', "na""me;", E'\\\\'`,
  'statement: select $$ ; $x$ ; $$, $x$ ; $$ ; $x$, a$b$c, $1',
  'statement: /* outer /* inner ; */ still ; */ select 1',
  'statement: create function f() returns int language sql begin atomic select 1; select case when true then 2 end; end',
  'statement: create rule r as on delete to t do instead (select 1; select 2)',
  'statement: COPY t (a, b) FROM stdin',
  'rows 3: 1\tone\\\ngoes on\n2\t\\\\\n\\\\.\t\\.\n',
  "statement: select 'ü'",
  'meta: \\echo done',
]

test('takes a script apart where psql does, in chunks cut anywhere', () => {
  assert.deepEqual(piecesOf(SCRIPT), PIECES)
  for (const chunkBytes of [1, 2, 3, 5, 64]) assert.deepEqual(piecesOf(SCRIPT, chunkBytes), PIECES, `chunks of ${chunkBytes}`)
})

test('lines may end with carriage returns', () => {
  // A newline that is escaped has no carriage return before it that belongs to the line.
  const plain = (text: string): string => text.replace('one\\\\\ngoes on', 'one').replace('one\\\ngoes on', 'one')
  for (const chunkBytes of [1, 4, 1000])
    assert.deepEqual(
      piecesOf(plain(SCRIPT).replaceAll('\n', '\r\n'), chunkBytes),
      PIECES.map(piece => (piece.startsWith('rows') ? plain(piece).replaceAll('\n', '\r\n') : piece)),
    )
})

test('backslashes are escapes in plain strings only where the script said so', () => {
  assert.deepEqual(piecesOf("select 'a\\'; select 2;"), ["statement: select 'a\\'", 'statement: select 2'])
  assert.deepEqual(piecesOf("select 'a\\';', 2;", 1, false), ["statement: select 'a\\';', 2"])
})

test('rows are counted by their ends, whatever they hold', () => {
  const row = fc
    .string({ unit: fc.constantFrom('a', '\\\\', '\\n', '\t', '\\.', 'ü'), maxLength: 6 })
    .filter(text => !text.startsWith('\\.'))
  fc.assert(
    fc.property(fc.array(row, { maxLength: 8 }), fc.integer({ min: 1, max: 9 }), (rows, chunkBytes) => {
      const text = rows.map(line => `${line}\n`).join('')
      assert.deepEqual(piecesOf(`copy t from stdin;\n${text}\\.\nselect 1;`, chunkBytes), [
        'statement: copy t from stdin',
        `rows ${rows.length}: ${text}`,
        'statement: select 1',
      ])
    }),
  )
})

test('a script that ends within something says where that began', () => {
  for (const [script, at] of [
    ["select 1; select 'x", 10],
    ['select 1; select "x', 10],
    ['select 1; select $a$ x $b$', 10],
    ['select 1; select /* x', 10],
    ['select 1; select 2', 10],
  ] as const)
    assert.throws(
      () => piecesOf(script),
      (error: unknown) => error instanceof ScriptError && error.at === at,
      script,
    )
  assert.throws(
    () => piecesOf('copy t from stdin;\n1\n2\n'),
    (error: unknown) => error instanceof ScriptError && error.rows === 2 && error.at === 23,
  )
  assert.throws(
    () => piecesOf('copy t from stdin;\n1\n\\.x\n'),
    (error: unknown) => error instanceof ScriptError && error.rows === 1,
  )
})
