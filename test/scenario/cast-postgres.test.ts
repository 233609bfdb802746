import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { TupleCursor } from '../../src/base/tuple-cursor.ts'
import { TupleWriter } from '../../src/base/tuple-writer.ts'
import { BUILTIN_NAMES, builtinType, packNumericModifier } from '../../src/cast/builtin-types.ts'
import { fieldDecoder, fieldEncoder } from '../../src/cast/field-codec.ts'
import { float4Text, float8Text } from '../../src/cast/float-text.ts'
import { jsonbFormOf } from '../../src/cast/jsonb-form.ts'
import { jsonScalar } from '../../src/cast/jsonb-text.ts'
import { parseTypeName } from '../../src/cast/type-name.ts'
import { hasValueText, valueText } from '../../src/cast/value-text.ts'
import { zoneTable } from '../../src/cast/zone-table.ts'
import { Session } from '../../src/postgres/session.ts'
import { newDatabase, type TestLike, type Version } from '../support/postgres.ts'
import { castField } from '../support/random-fields.ts'
import { ownTypesSql, type PairType, pairTypes } from '../support/type-pair-types.ts'

/** What is computed without a server, held to what a server computes. */

async function withServer(t: TestLike, version: Version, work: (session: Session) => Promise<void>): Promise<void> {
  const { url } = await newDatabase(t, { version })
  const session = await Session.open({ url, applicationName: 'rehouse casts', side: 'source', settings: { search_path: 'public' } })
  try {
    await work(session)
  } finally {
    await session.close()
  }
}

async function typesOf(session: Session): Promise<readonly PairType[]> {
  await session.script(ownTypesSql(1))
  const { rows } = await session.query(`select typname, oid from pg_catalog.pg_type where typnamespace = 'public'::regnamespace`)
  const oids = new Map(rows.map(([name, oid]) => [name, Number(oid)]))
  const version = await session.query(`select current_setting('server_version_num')`)
  return pairTypes({ oid: name => oids.get(name) ?? 0 }, Number(version.rows[0]?.[0]))
}

/** Three columns of a query: bytes, text and JSON text. */
async function* rowsOf(session: Session, query: string): AsyncGenerator<readonly (Buffer | null)[]> {
  const cursor = new TupleCursor(3)
  for await (const chunk of session.copyOut(`copy (${query}) to stdout (format binary)`)) {
    cursor.push(chunk)
    while (cursor.next()) {
      yield [0, 1, 2].map(i => {
        const [start, length] = [cursor.start[i] as number, cursor.length[i] as number]
        return length < 0 ? null : Buffer.from(cursor.data.subarray(start, start + length))
      })
    }
  }
}

for (const version of ['18', '15'] as const) {
  test(`text, JSON and carriers of every type’s edge values are those of PostgreSQL ${version}`, async t => {
    await withServer(t, version, async session => {
      let count = 0
      for (const { sql, type, values } of await typesOf(session)) {
        await session.script(`drop table if exists v; create table v (n serial, x ${sql})`)
        for (const value of values) await session.query(`insert into v (x) values (cast($1::text as ${sql}))`, [value])
        // The output function, not the cast to text, which is another for bool and inet.
        for await (const [field, text, json] of rowsOf(session, `select x, format('%s', x), to_jsonb(x)::text from v order by n`)) {
          if (!field) continue
          if (hasValueText(type)) assert.equal(valueText(type)(field, 0, field.length), String(text), sql)
          const value = fieldDecoder(type)(field, 0, field.length)
          const out = new TupleWriter(16)
          assert.notEqual(value, null)
          if (value !== null) fieldEncoder(type)(value, out)
          assert.deepEqual(Buffer.from(out.bytes().subarray(4)), field, sql)
          if (hasValueText(type)) assert.equal(jsonScalar(type)(value), String(json), sql)
          count++
        }
      }
      assert.ok(count > 450, `expected over 450 values, got ${count}`)
    })
  })
}

test('the built-in types have the OIDs and the names PostgreSQL gives them', async t => {
  await withServer(t, '18', async session => {
    const { rows } = await session.query(
      `select typname, oid, pg_catalog.format_type(oid, -1) from pg_catalog.pg_type where typname = any($1::text[]) and typnamespace = 'pg_catalog'::regnamespace`,
      [BUILTIN_NAMES.flatMap(name => [name, `_${name}`])],
    )
    assert.equal(rows.length, 2 * BUILTIN_NAMES.length)
    for (const [name, oid, text] of rows) {
      const type = builtinType(String(name))
      assert.deepEqual([type.oid, type.text], [Number(oid), text], String(name))
    }
  })
})

test('a type name a person writes means what it means to PostgreSQL', async t => {
  const names = [
    'numeric(10,2)',
    'numeric(4,-2)',
    'decimal(7)',
    'varchar(40)',
    'char',
    'character(3)',
    'bit',
    'bit(5)',
    'varbit(9)',
    'timestamp(0)',
    'timestamp(3) with time zone',
    'time(2)',
    'timetz',
    'interval(3)',
    'float',
    'real',
    'int',
    'date',
    '"char"',
    'text[]',
    'numeric(5,1)[]',
    'jsonb',
    'uuid',
  ]
  await withServer(t, '18', async session => {
    for (const name of names) {
      await session.script(`drop table if exists v; create table v (x ${name})`)
      const { rows } = await session.query(
        `select t.typname, a.atttypmod, pg_catalog.format_type(a.atttypid, a.atttypmod), a.atttypid from pg_catalog.pg_attribute a join pg_catalog.pg_type t on t.oid = a.atttypid where a.attrelid = 'public.v'::regclass and attnum = 1`,
      )
      const type = parseTypeName(name)
      assert.deepEqual([type.name, String(type.modifier), type.text, String(type.oid)], rows[0], name)
    }
  })
})

/** Zones with odd mean times, half hours, days left out, rules that end and rules that go on. */
const ZONES = [
  'America/New_York',
  'America/Chicago',
  'America/St_Johns',
  'America/Juneau',
  'America/Boa_Vista',
  'Europe/Amsterdam',
  'Europe/London',
  'Europe/Dublin',
  'Africa/Monrovia',
  'Africa/Tunis',
  'Asia/Kathmandu',
  'Asia/Kolkata',
  'Asia/Manila',
  'Asia/Jerusalem',
  'Australia/Lord_Howe',
  'Pacific/Apia',
  'Antarctica/Troll',
  'UTC',
]

/** Whole seconds since 2000: over the centuries, and close to changes of the offset. */
function momentsOf(zone: string): readonly number[] {
  const table = zoneTable(zone)
  const moments: number[] = []
  for (let day = -60_000; day < 60_000; day += 3) {
    const [from, to] = [day * 86_400, (day + 3) * 86_400]
    const isChange = table.offsetAt(from) !== table.offsetAt(to)
    if (!isChange && day % 500 !== 0) continue
    const at = isChange ? lastBefore(table, from, to) : from
    for (const near of [-7201, -3601, -1800, -1, 0, 1, 1800, 3599, 3600, 7200])
      moments.push(at + near, at + near + table.offsetAt(from), at + near + table.offsetAt(to))
  }
  return moments
}

function lastBefore(table: ReturnType<typeof zoneTable>, from: number, to: number): number {
  let [low, high] = [from, to]
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2)
    if (table.offsetAt(middle) === table.offsetAt(from)) low = middle
    else high = middle
  }
  return high
}

test('local times become the instants PostgreSQL makes of them, and back, in every zone asked, around every change of its offset from 1835 to 2164', async t => {
  await withServer(t, '18', async session => {
    let count = 0
    for (const zone of ZONES) {
      const moments = momentsOf(zone)
      const { rows } = await session.query(
        `with m as (select n, timestamp '2000-01-01' + v::bigint * interval '1 second' as x from unnest($1::text[]) with ordinality t(v, n))
         select extract(epoch from (x at time zone $2) - timestamptz '2000-01-01 00:00+00')::bigint, extract(epoch from ((x at time zone 'UTC') at time zone $2) - timestamp '2000-01-01')::bigint from m order by n`,
        [moments.map(String), zone],
      )
      for (const [i, moment] of moments.entries()) {
        const field = Buffer.alloc(8)
        field.writeBigInt64BE(BigInt(moment) * 1_000_000n)
        const there = castField(builtinType('timestamp'), builtinType('timestamptz'), field, { zone }).field
        const back = castField(builtinType('timestamptz'), builtinType('timestamp'), field, { zone }).field
        const got = [there, back].map(bytes => String((bytes?.readBigInt64BE() ?? 0n) / 1_000_000n))
        assert.deepEqual(got, rows[i], `${zone}, ${moment} seconds after 2000`)
        count++
      }
    }
    assert.ok(count > 50_000, `expected over 50000 times, got ${count}`)
  })
})

const RUNS = 2000

test('random numbers are rounded as PostgreSQL rounds them', async t => {
  await withServer(t, '18', async session => {
    const numbers = fc
      .sample(fc.tuple(fc.bigInt({ min: -(10n ** 30n), max: 10n ** 30n }), fc.integer({ min: 0, max: 25 })), RUNS)
      .map(([digits, scale]) => `${digits}e-${scale}`)
    for (const [precision, scale] of [
      [10, 2],
      [30, 0],
      [38, 18],
      [12, -3],
      [5, 7],
    ] as const) {
      const type = builtinType('numeric', packNumericModifier(precision, scale))
      const limit = `power(10::numeric, ${precision - scale}) - 0.5 * power(10::numeric, ${-scale})`
      const { rows } = await session.query(
        `select case when abs(v::numeric) < ${limit} then v::numeric(${precision}, ${scale})::text end from unnest($1::text[]) with ordinality t(v, n) order by n`,
        [numbers],
      )
      for (const [i, number] of numbers.entries()) {
        const { field } = castField(builtinType('text'), type, Buffer.from(number))
        assert.equal(field && valueText(type)(field, 0, field.length), rows[i]?.[0], `${number} as ${type.text}`)
      }
    }
  })
})

test('random floats are printed as PostgreSQL prints them, powers of two included', async t => {
  await withServer(t, '18', async session => {
    const singles = [
      ...fc.sample(fc.float({ noNaN: true }), RUNS),
      ...fc.sample(fc.integer({ min: -(2 ** 27), max: 2 ** 27 }), RUNS).map(value => Math.fround(value / 8)),
      ...Array.from({ length: 270 }, (_, i) => 2 ** (i - 148)).filter(value => Number.isFinite(Math.fround(value))),
    ]
    const doubles = [
      ...fc.sample(fc.double({ noNaN: true }), RUNS),
      ...Array.from({ length: 2000 }, (_, i) => 2 ** (i - 1000)),
      ...Array.from({ length: 400 }, (_, i) => 2 ** (49 + (i % 5)) + Math.floor(i / 5) / 8),
    ]
    for (const [name, values, toText] of [
      ['float4', singles, float4Text],
      ['float8', doubles, float8Text],
    ] as const) {
      const bytes = values.map(value => {
        const field = Buffer.alloc(name === 'float4' ? 4 : 8)
        if (name === 'float4') field.writeFloatBE(value)
        else field.writeDoubleBE(value)
        return field
      })
      const out = new TupleWriter()
      for (const field of bytes) {
        out.fieldCount(1)
        out.field(field, 0, field.length)
      }
      await session.script(`create temp table ${name}_values (x ${name}, n serial)`)
      await session.copyIn(`copy ${name}_values (x) from stdin (format binary)`, [out.bytes()])
      const { rows } = await session.query(`select x::text from ${name}_values order by n`)
      for (const [i, value] of values.entries()) assert.equal(toText(value), rows[i]?.[0])
    }
  })
})

test('random documents become the jsonb text PostgreSQL prints', async t => {
  await withServer(t, '18', async session => {
    const number = fc.tuple(fc.integer(), fc.nat({ max: 999 }), fc.integer({ min: -30, max: 30 })).map(([a, b, c]) => `${a}.${b}e${c}`)
    const key = fc.string({ unit: 'grapheme', maxLength: 6 })
    const { document } = fc.letrec<{ document: string }>(tie => ({
      document: fc.oneof(
        { maxDepth: 4 },
        fc.oneof(
          number,
          key.map(text => JSON.stringify(text)),
          fc.constantFrom('true', 'false', 'null', ' [ ] ', '{}'),
        ),
        fc.array(tie('document'), { maxLength: 5 }).map(items => `[${items.join(' , ')}]`),
        fc
          .array(fc.tuple(key, tie('document')), { maxLength: 6 })
          .map(entries => `{${entries.map(([name, value]) => `${JSON.stringify(name)}:${value}`).join(',')}}`),
      ),
    }))
    const documents = fc.sample(document, RUNS).filter(text => !/\\u0000|\\ud[89a-f]/.test(text))
    assert.ok(documents.length > RUNS / 2)
    const { rows } = await session.query(`select v::jsonb::text from unnest($1::text[]) with ordinality t(v, n) order by n`, [documents])
    for (const [i, text] of documents.entries()) assert.equal(jsonbFormOf(text)?.text, rows[i]?.[0], text)
  })
})

/** Spellings a server’s input functions meet in the wild, good and bad. */
const SPELLINGS: Readonly<Record<string, readonly string[]>> = {
  bool: ['t', 'TRUE', ' yes ', 'y', 'on', 'of', 'off', 'o', '1', '0', 'n', 'tru', 'truee', '', '2', 'ye', 'FALSE'],
  int4: [
    ' 42 ',
    '+7',
    '-0',
    '007',
    '1e3',
    '1.0',
    '',
    '2147483648',
    '-2147483648',
    '0x1F',
    '1_000',
    '--1',
    '4 2',
    '\t5\n',
    '99999999999999999999',
  ],
  int8: ['9223372036854775807', '9223372036854775808', '-9223372036854775808', '00000000000000000000000001', '9223372036854775807 '],
  float8: ['1e3', '.5', '5.', ' 1 ', '-.5e-3', 'inf', '-Infinity', 'nan', '1e309', '1e-400', '0x10', '1,5', '', '+1'],
  float4: ['1e39', '1e-46', '16777217', '0.1', '3.4028236e38', '36968210', '7.038531e-26'],
  numeric: [
    '1e3',
    '.5',
    '5.',
    ' 1 ',
    '-.5e-3',
    'inf',
    'nan',
    '1e-5',
    '1,5',
    '',
    '+1',
    '00.10',
    '1e131071',
    '1e131072',
    '1e-16383',
    '1e-16384',
    '0e5',
  ],
  uuid: [
    '{A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11}',
    'a0eebc999c0b4ef8bb6d6bb9bd380a11',
    'a0ee-bc99-9c0b-4ef8-bb6d-6bb9-bd38-0a11',
    'a0eebc99-9c0b4ef8-bb6d6bb9-bd380a11',
    '{a0eebc999c0b4ef8bb6d6bb9bd380a11',
    'a0eebc999c0b4ef8bb6d6bb9bd380a1',
    ' a0eebc999c0b4ef8bb6d6bb9bd380a11',
    'a-0eebc999c0b4ef8bb6d6bb9bd380a11',
  ],
  date: [
    '2024-02-29',
    '2023-02-29',
    '20240229',
    '2024-2-9',
    '0001-01-01 BC',
    '0000-01-01',
    '2024-13-01',
    '10000-01-01',
    ' 2024-02-29 ',
    '2024-02-29 10:00',
    '2024-02-29T10:00:00Z',
    '29.02.2024',
    '02/03/2024',
    'today',
    'infinity',
    '4714-11-23 BC',
    '4714-11-24 BC',
    '5874898-01-01',
    '1900-02-29',
    '2000-02-29',
  ],
  time: ['1:02', '01:02:03.1234567', '24:00', '24:00:01', '23:60', '23:59:60', '01:02:03+02', '1', '01:02 PM', '00:00:59.9999999'],
  timetz: ['01:02+02', '01:02:03.5-05:30', '01:02', '01:02Z', '01:02:03+15:59:59', '24:00+00'],
  timestamp: [
    '2024-02-29 01:02',
    '2024-02-29T01:02:03.1234567',
    '2024-02-29',
    '20240229 01:02',
    '2024-02-29 24:00',
    '2024-02-29 01:02+05',
    '2024-02-29 01:02:03 BC',
    '0044-03-15 12:00 BC',
    'now',
    'epoch',
    '2024-02-29  01:02',
    '294276-12-31 23:59:59.9999999',
    '1999-12-31 23:59:59.9999999',
  ],
  timestamptz: [
    '2024-02-29 01:02Z',
    '2024-02-29 01:02 +0530',
    '2024-02-29T01:02:03.5-05',
    '2024-02-29 01:02:03+05:30:15',
    '2024-02-29 01:02',
    '0044-03-15 12:00+00 BC',
    '2024-02-29 01:02 UTC',
    '2024-02-29 01:02 EST',
    '2024-02-29 01:02+1',
    '2024-02-29 01:02+16',
  ],
  interval: [
    '1 day',
    '1 days',
    '2 weeks',
    '-1 mon',
    '1 year 2 months 3 days 04:05:06',
    'P1Y2M3DT4H5M6.5S',
    'P1W',
    'PT',
    'P',
    '-P1D',
    'PT-5M',
    '1:02',
    '-01:02:03',
    '1 day -02:03',
    '1.5 days',
    '1',
    '@ 1 day ago',
    '5 minutes',
    '3 hours 2 secs',
    '1 day 1 day',
    'abc',
    '',
  ],
  bytea: ['\\x00ff', '\\x00 ff', '\\x0', '\\xzz', 'abc', 'a\\\\b', '\\001\\377', '\\8', 'ä', ''],
  bit: ['101', 'B101', 'b1', '2', '', '1 0'],
  inet: [
    '1.2.3.4',
    '1.2.3.4/24',
    '1.2.3',
    '01.2.3.4',
    '256.1.1.1',
    '1.2.3.4/33',
    '::',
    '::1/128',
    'FE80::1',
    '1:2:3:4:5:6:7:8',
    '1:2:3:4:5:6:7',
    '::ffff:1.2.3.4',
    '1::2::3',
    '1.2.3.4/',
    '12345::',
    '::/129',
    '1:2:3:4:5:6:7::',
    ':1',
  ],
  cidr: ['10.0.0.0/8', '10.0.0.1/8', '10.0.0.0', '::/0', '2001:db8::1/32'],
  macaddr: [
    '08:00:2b:01:02:03',
    '08-00-2b-01-02-03',
    '08002b:010203',
    '08002b-010203',
    '0800.2b01.0203',
    '0800-2b01-0203',
    '08002b010203',
    '08:00:2b:01:02',
    '08:00:2b:01:02:03:04',
    'zz:00:2b:01:02:03',
  ],
  macaddr8: ['08:00:2b:01:02:03:04:05', '08:00:2b:01:02:03', '08002b0102030405', '0800.2b01.0203.0405', '08:00:2b:01:02:03:04'],
  pg_lsn: ['0/0', 'ffffffff/FFFFFFFF', '16/b374d848', '1', 'g/0', '123456789/0'],
  json: ['{}', ' [1,2]', '{"a":1,}', "'a'", 'NaN', '"\\ud800"', '1e5', 'tru'],
  jsonb: ['{"b":1,"a":[]}', '1e5', '"\\u0041"', '"\\u0000"', '-0.0', '{"a":1,"a":2}'],
}

test('text in other spellings is read as PostgreSQL reads it, or refused', async t => {
  await withServer(t, '18', async session => {
    await session.script(`create function public.read_as(v text, t text) returns text language plpgsql as $$
      declare r text; begin execute format('select %L::%s::text', v, t) into r; return r; exception when others then return null; end $$`)
    let read = 0
    for (const [name, texts] of Object.entries(SPELLINGS)) {
      const type = builtinType(name)
      const { rows } = await session.query('select public.read_as(v, $2) from unnest($1::text[]) with ordinality t(v, n) order by n', [
        texts,
        name === 'bit' ? 'varbit' : name,
      ])
      for (const [i, text] of texts.entries()) {
        const { field } = castField(builtinType('text'), type, Buffer.from(text), { zone: 'UTC' })
        if (!field) continue
        const shown = castField(type, builtinType('text'), field).field
        assert.equal(String(shown), rows[i]?.[0], `${JSON.stringify(text)} as ${name}`)
        read++
      }
    }
    assert.ok(read > 120, `expected most spellings to be read, got ${read}`)
  })
})
