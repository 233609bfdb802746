import type { TupleWriter } from '../../base/tuple-writer.ts'
import { builtinType } from '../../cast/builtin-types.ts'
import { type CastContext, DONE } from '../../cast/cast.ts'
import { fieldParser } from '../../cast/field-parser.ts'
import { findCast } from '../../cast/find-cast.ts'
import { familyOf } from '../../cast/sql-family.ts'
import { bug } from '../../errors.ts'
import type { SqlType } from '../../model/sql-type.ts'
import { type BytesWriter, plainWriter } from './plain-writers.ts'

/** A local time without an offset has no instant here: the file does not say whose it is. */
const NO_ZONE: CastContext = { zone: null, gap: 'quarantine', overlap: 'quarantine', zoneHit: () => undefined }
const TEXT = builtinType('text')
/** Version of a server that takes everything the newest does. */
const NEWEST = 180_000

/** Writes the bytes of a field as a value of a type, without any loss. False, with nothing written: they are not of the type, or it cannot hold all of them. */
export function bytesWriter(type: SqlType): BytesWriter {
  const plain = type.modifier === -1 ? plainWriter(type.name) : null
  if (type.name === 'text' && plain !== null) return plain
  const general = generalWriter(type)
  if (plain === null) return general
  return (data, start, end, out) => plain(data, start, end, out) || general(data, start, end, out)
}

/** As the type's input function reads text. */
function generalWriter(type: SqlType): BytesWriter {
  const family = familyOf(type)
  if (family === 'text' || family === 'bpchar' || family === 'char') return castWriter(type)
  const parse = fieldParser(type, NO_ZONE)
  if (parse === null) return castWriter(type)
  return (data, start, end, out) => kept(out, () => parse(data.toString('utf8', start, end), out) === DONE)
}

function castWriter(type: SqlType): BytesWriter {
  const rule = findCast({ source: TEXT, target: type, sourceVersion: NEWEST, targetVersion: NEWEST })
  if (rule === null) throw bug(`expected a type that text leads to, got ${type.text}`)
  const cast = rule.compile(NO_ZONE)
  return (data, start, end, out) => kept(out, () => cast(data, start, end - start, out) === DONE)
}

function kept(out: TupleWriter, write: () => boolean): boolean {
  const mark = out.at
  if (write()) return true
  out.at = mark
  return false
}

/** Whether text leads to the type. */
export function isReadable(type: SqlType): boolean {
  return findCast({ source: TEXT, target: type, sourceVersion: NEWEST, targetVersion: NEWEST }) !== null
}
