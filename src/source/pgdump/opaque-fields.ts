import type { TupleWriter } from '../../base/tuple-writer.ts'
import { writeVersioned } from '../../cast/write-field.ts'
import type { TextField } from './field-reader.ts'

/** Types whose bytes nothing looks into later, but whose text PostgreSQL prints in one known form. */

type Reader = (text: string, out: TupleWriter) => boolean

const versioned: Reader = (text, out) => {
  writeVersioned(text, out)
  return true
}
const asText: Reader = (text, out) => {
  out.text(text)
  return true
}

const READERS: Readonly<Record<string, Reader>> = {
  xml: asText,
  refcursor: asText,
  jsonpath: versioned,
  ltree: versioned,
  lquery: versioned,
  ltxtquery: versioned,
  xid: writeUint32,
  cid: writeUint32,
  xid8: (text, out) => {
    if (!/^\d{1,20}$/.test(text) || BigInt(text) > 0xffff_ffff_ffff_ffffn) return false
    out.int64(BigInt.asIntN(64, BigInt(text)))
    return true
  },
  tid: writeTid,
  pg_snapshot: writeSnapshot,
  txid_snapshot: writeSnapshot,
  tsvector: writeTsvector,
  vector: writeVector,
}

export function isOpaqueRead(name: string): boolean {
  return Object.hasOwn(READERS, name)
}

/** Throws RangeError for a type that is not `isOpaqueRead`. */
export function opaqueField(name: string): TextField {
  const read = READERS[name]
  if (read === undefined) throw new RangeError(`expected a type that is read from text, got ${name}`)
  return (data, start, end, out) => read(data.toString('utf8', start, end), out)
}

function bytesField(bytes: Buffer, out: TupleWriter): true {
  return out.field(bytes, 0, bytes.length)
}

function writeUint32(text: string, out: TupleWriter): boolean {
  if (!/^\d{1,10}$/.test(text) || Number(text) > 0xffff_ffff) return false
  out.int32(Number(text) | 0)
  return true
}

function writeTid(text: string, out: TupleWriter): boolean {
  const match = /^\((\d{1,10}),(\d{1,5})\)$/.exec(text)
  if (match === null) return false
  const bytes = Buffer.alloc(6)
  const [block, offset] = [Number(match[1]), Number(match[2])]
  if (block > 0xffff_ffff || offset > 0xffff) return false
  bytes.writeUInt32BE(block)
  bytes.writeUInt16BE(offset, 4)
  return bytesField(bytes, out)
}

/** `xmin:xmax:xip,xip`. */
function writeSnapshot(text: string, out: TupleWriter): boolean {
  if (!/^\d{1,19}:\d{1,19}:(\d{1,19}(,\d{1,19})*)?$/.test(text)) return false
  const [least = '', most = '', open = ''] = text.split(':')
  const running = open === '' ? [] : open.split(',')
  const bytes = Buffer.alloc(20 + 8 * running.length)
  bytes.writeInt32BE(running.length)
  for (const [i, id] of [least, most, ...running].entries()) bytes.writeBigUInt64BE(BigInt(id), 4 + 8 * i)
  return bytesField(bytes, out)
}

const WEIGHTS = 'DCBA'
const LEXEME = /\s*'((?:[^'\\]|''|\\[\s\S])*)'(?::([0-9A-D,]+))?/gy
const POSITION = /^(\d{1,5})([A-D]?)$/

/** Lexemes in quotes with their positions, in the order of their bytes. */
function writeTsvector(text: string, out: TupleWriter): boolean {
  const lexemes: { readonly word: Buffer; readonly positions: readonly number[] }[] = []
  LEXEME.lastIndex = 0
  let end = 0
  for (let match = LEXEME.exec(text); match !== null; match = LEXEME.exec(text)) {
    end = LEXEME.lastIndex
    const positions = (match[2] ?? '').split(',').flatMap(part => positionOf(part))
    if (positions.some(position => position < 0)) return false
    lexemes.push({ word: Buffer.from((match[1] ?? '').replaceAll(/''|\\([\s\S])/g, (whole, letter) => letter ?? whole[0])), positions })
  }
  if (text.slice(end).trim() !== '') return false
  if (lexemes.some((lexeme, i) => i > 0 && (lexemes[i - 1]?.word.compare(lexeme.word) ?? 0) >= 0)) return false
  const count = Buffer.alloc(4)
  count.writeInt32BE(lexemes.length)
  return bytesField(Buffer.concat([count, ...lexemes.flatMap(({ word, positions }) => [word, Buffer.of(0), uint16s(positions)])]), out)
}

function positionOf(part: string): readonly number[] {
  if (part === '') return []
  const match = POSITION.exec(part)
  const position = Number(match?.[1])
  return match === null || position < 1 || position > 16_383 ? [-1] : [(WEIGHTS.indexOf(match[2] || 'D') << 14) | position]
}

function uint16s(values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(2 + 2 * values.length)
  bytes.writeUInt16BE(values.length)
  for (const [i, value] of values.entries()) bytes.writeUInt16BE(value, 2 + 2 * i)
  return bytes
}

/** pgvector: int16 dimensions, int16 unused, float4 each. */
function writeVector(text: string, out: TupleWriter): boolean {
  const match = /^\s*\[([^\]]*)\]\s*$/.exec(text)
  const parts = (match?.[1] ?? '').split(',').map(part => part.trim())
  if (match === null || parts.length > 16_000 || parts.some(part => !/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(part))) return false
  const bytes = Buffer.alloc(4 + 4 * parts.length)
  bytes.writeInt16BE(parts.length)
  for (const [i, part] of parts.entries()) bytes.writeFloatBE(Number(part), 4 + 4 * i)
  return bytesField(bytes, out)
}

/** "char": one byte; `\ooo` for those beyond ASCII. */
export const charField: TextField = (data, start, end, out) => {
  const text = data.toString('latin1', start, end)
  if (/^\\[0-3][0-7]{2}$/.test(text)) return out.field(Buffer.of(Number.parseInt(text.slice(1), 8)), 0, 1)
  return out.field(Buffer.of(start === end ? 0 : (data[start] as number)), 0, 1)
}

const PAIR = /\s*(?:"((?:[^"\\]|\\[\s\S])*)"|([^\s"=,>\\]+))\s*=>\s*(?:"((?:[^"\\]|\\[\s\S])*)"|([^\s"=,>\\]+))\s*(,|$)/gy

/** Pairs in the order hstore keeps them: by length of the key, then its bytes. A key that comes twice is refused: which value stays is the server’s secret. */
export const hstoreField: TextField = (data, start, end, out) => {
  const text = data.toString('utf8', start, end)
  const pairs: { readonly key: Buffer; readonly value: Buffer | null }[] = []
  PAIR.lastIndex = 0
  let at = 0
  while (at < text.length && text.slice(at).trim() !== '') {
    const match = PAIR.exec(text)
    if (match === null) return false
    at = PAIR.lastIndex
    const [, key, bareKey, value, bare] = match
    const isNull = value === undefined && bare?.toUpperCase() === 'NULL'
    pairs.push({ key: Buffer.from(unescaped(key) ?? bareKey ?? ''), value: isNull ? null : Buffer.from(unescaped(value) ?? bare ?? '') })
  }
  pairs.sort((a, b) => a.key.length - b.key.length || a.key.compare(b.key))
  if (pairs.some((pair, i) => i > 0 && pairs[i - 1]?.key.equals(pair.key))) return false
  return bytesField(Buffer.concat([int32(pairs.length), ...pairs.flatMap(({ key, value }) => [lengthed(key), lengthed(value)])]), out)
}

function unescaped(text: string | undefined): string | undefined {
  return text?.replaceAll(/\\([\s\S])/g, '$1')
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeInt32BE(value)
  return bytes
}

function lengthed(bytes: Buffer | null): Buffer {
  return bytes === null ? int32(-1) : Buffer.concat([int32(bytes.length), bytes])
}
