import { arrayOf, builtinType, packNumericModifier } from '../../src/cast/builtin-types.ts'
import type { SqlType } from '../../src/model/sql-type.ts'
import { EDGE_VALUES } from './edge-values.ts'

/** The types the type pair test goes through: every built-in one, its modifiers that matter, and types of a database’s own. */
export interface PairType {
  /** As SQL writes it, qualified. */
  readonly sql: string
  readonly type: SqlType
  /** Literals of it. */
  readonly values: readonly string[]
}

/** Makes the types of our own. `padding`: types made first, so that OIDs differ between servers. */
export function ownTypesSql(padding: number): string {
  const pad = Array.from({ length: padding }, (_, i) => `create type public.pad${i} as enum ('x');`).join(' ')
  return `${pad}
    create extension citext schema public; create extension hstore schema public;
    create type public.mood as enum ('sad', 'ok', 'häppy');
    create type public.mood_more as enum ('ok', 'sad', 'häppy', 'new');
    create type public.mood_less as enum ('ok');
    create domain public.score as numeric(6,2) check (value <> 43);
    create domain public.code as varchar(4);
    create domain public.feeling as public.mood;
    create type public.place as (name text, mood public.mood, at timestamp, score public.score, tags text[]);
    create type public.floats as range (subtype = float8);`
}

export interface OwnOids {
  oid(name: string): number
}

const OWN_VALUES: Readonly<Record<string, readonly string[]>> = {
  mood: ['sad', 'ok', 'häppy'],
  mood_more: ['ok', 'new'],
  mood_less: ['ok'],
  score: ['1.50', '-9999.99', 'NaN', '0'],
  code: ['', 'abcd', 'äöü'],
  feeling: ['sad'],
  place: ['(,,,,)', '("a ""b\\\\",sad,2024-03-10 02:30,1.5,"{x,NULL,""y z""}")'],
  floats: ['[1.5,2.5)', 'empty', '(,1e300]', '[-0,0]'],
  citext: ['', 'ABC', 'äÖ'],
  hstore: ['', 'a=>1, b=>NULL, "c d"=>"x\\"y"'],
}

/** All of them, with the OIDs of one server. `version` decides what values there are. */
export function pairTypes(own: OwnOids, version: number): readonly PairType[] {
  return [...builtins(version), ...modified(), ...owns(own), ...arrays(own)]
}

function builtins(version: number): readonly PairType[] {
  return Object.entries(EDGE_VALUES).map(([name, values]) => ({
    sql: `pg_catalog.${name === 'char' ? '"char"' : name}`,
    type: builtinType(name),
    values: name === 'interval' && version >= 170_000 ? [...values, 'infinity', '-infinity'] : values,
  }))
}

function modified(): readonly PairType[] {
  const of = (sql: string, type: SqlType, values: readonly string[]): PairType => ({ sql, type, values })
  const numeric = (precision: number, scale: number, values: readonly string[]): PairType =>
    of(`numeric(${precision},${scale})`, builtinType('numeric', packNumericModifier(precision, scale)), values)
  return [
    numeric(10, 2, ['0', '1.50', '-1.5', '99999999.99', '0.005', 'NaN']),
    numeric(12, 4, ['0', '1.5000', '1.2345', '1.2350', '-0.00005', '99999999.9999', 'NaN']),
    numeric(4, -2, ['0', '100', '999900', 'NaN']),
    numeric(3, 5, ['0', '0.00999', '-0.00001']),
    numeric(38, 10, ['1234567890123456789012345678.0123456789', '-0.0000000001']),
    of('varchar(5)', builtinType('varchar', 9), ['', 'abc', 'ab   ', 'äöü€😀']),
    of('varchar(40)', builtinType('varchar', 44), ['', 'abc   ', 'x'.repeat(40)]),
    of('character(5)', builtinType('bpchar', 9), ['', 'ab', 'äöü€😀']),
    of('character(3)', builtinType('bpchar', 7), ['', 'a', 'äö']),
    of('character(80)', builtinType('bpchar', 84), ['', 'x']),
    of('timestamp(0)', builtinType('timestamp', 0), ['2024-05-05 12:34:56', '1999-01-01', 'infinity']),
    of('timestamptz(3)', builtinType('timestamptz', 3), ['2024-05-05 12:34:56.789+00', '-infinity', '1850-01-01 00:00:00.001+00']),
    of('time(0)', builtinType('time', 0), ['12:34:56', '24:00:00']),
    of('timetz(2)', builtinType('timetz', 2), ['12:34:56.78+02']),
    of('interval(0)', builtinType('interval', 0x7fff_0000), ['1 day 12:34:56', '-00:00:01']),
    of('interval year to month', builtinType('interval', (6 << 16) | 0xffff), ['1 year 2 mons', '-1 mon']),
    of('interval day to hour', builtinType('interval', (((1 << 3) | (1 << 10)) << 16) | 0xffff), ['1 day 03:00', '-05:00']),
    of('bit(1)', builtinType('bit', 1), ['0', '1']),
    of('bit(3)', builtinType('bit', 3), ['101']),
    of('varbit(8)', builtinType('varbit', 8), ['', '101', '11111111']),
  ]
}

function ownBase(own: OwnOids, name: string): SqlType {
  const base = { schema: 'public', name, modifier: -1, text: name, oid: own.oid(name) }
  const field = (fieldName: string, type: SqlType): { name: string; type: SqlType } => ({ name: fieldName, type })
  switch (name) {
    case 'mood':
      return { ...base, kind: 'enum', labels: ['sad', 'ok', 'häppy'] }
    case 'mood_more':
      return { ...base, kind: 'enum', labels: ['ok', 'sad', 'häppy', 'new'] }
    case 'mood_less':
      return { ...base, kind: 'enum', labels: ['ok'] }
    case 'score':
      return { ...base, kind: 'domain', element: builtinType('numeric', packNumericModifier(6, 2)) }
    case 'code':
      return { ...base, kind: 'domain', element: builtinType('varchar', 8) }
    case 'feeling':
      return { ...base, kind: 'domain', element: ownBase(own, 'mood') }
    case 'floats':
      return { ...base, kind: 'range', element: builtinType('float8') }
    case 'place':
      return {
        ...base,
        kind: 'composite',
        fields: [
          field('name', builtinType('text')),
          field('mood', ownBase(own, 'mood')),
          field('at', builtinType('timestamp')),
          field('score', ownBase(own, 'score')),
          field('tags', arrayOf(builtinType('text'))),
        ],
      }
    default:
      return { ...base, kind: 'base' }
  }
}

function owns(own: OwnOids): readonly PairType[] {
  return Object.entries(OWN_VALUES).map(([name, values]) => ({ sql: `public.${name}`, type: ownBase(own, name), values }))
}

function arrays(own: OwnOids): readonly PairType[] {
  const of = (sql: string, element: SqlType, values: readonly string[]): PairType => ({ sql, type: arrayOf(element), values })
  return [
    of('int4[]', builtinType('int4'), ['{}', '{1,NULL,-3}', '{{1,2},{3,4}}', '[0:1]={7,8}']),
    of('int8[]', builtinType('int8'), ['{}', '{1,NULL,-3}', '{9223372036854775807}']),
    of('int2[]', builtinType('int2'), ['{1,2}']),
    of('text[]', builtinType('text'), ['{}', '{"",NULL,"NULL","a b","q\\"\\\\",",{}"}', '[2:3][-1:-1]={{a},{b}}']),
    of('varchar(3)[]', builtinType('varchar', 7), ['{}', '{abc,"a  "}']),
    of('numeric[]', builtinType('numeric'), ['{1.50,NULL,NaN}', '{1.005}']),
    of('numeric(10,2)[]', builtinType('numeric', packNumericModifier(10, 2)), ['{1.50,NULL,NaN}']),
    of('timestamp[]', builtinType('timestamp'), ['{"2024-03-10 02:30","2024-11-03 01:30",infinity}']),
    of('timestamptz[]', builtinType('timestamptz'), ['{"2024-03-10 02:30+00",NULL}']),
    of('bool[]', builtinType('bool'), ['{t,f}']),
    of('jsonb[]', builtinType('jsonb'), ['{"{\\"a\\": 1}"}']),
    of('json[]', builtinType('json'), ['{"{\\"a\\":1}"}']),
    of('int4range[]', builtinType('int4range'), ['{"[1,2)",empty}']),
    of('public.mood[]', ownBase(own, 'mood'), ['{}', '{sad,NULL}']),
    of('public.mood_less[]', ownBase(own, 'mood_less'), ['{ok}']),
    of('public.score[]', ownBase(own, 'score'), ['{1.5,NULL}']),
    of('public.place[]', ownBase(own, 'place'), ['{"(a,sad,\\"2024-03-10 02:30:00\\",1.50,{x})",NULL}']),
  ]
}
