import type { SqlType } from '../model/sql-type.ts'
import { bitCheck } from './bit-casts.ts'
import { type CastContext, DONE, LOSSY, REFUSED } from './cast.ts'
import type { TextCast } from './cast-rule.ts'
import { enumWriter } from './enum-casts.ts'
import { readDecimalAsFloat } from './float-value.ts'
import { writeWhole } from './integer-casts.ts'
import { parseJson } from './json-parser.ts'
import { jsonbFormOf } from './jsonb-form.ts'
import { numericFit } from './numeric-fit.ts'
import { NumericValue } from './numeric-value.ts'
import { writeInet, writeMac } from './parse-network.ts'
import { type ScalarParser, writeBits, writeBool, writeBytea, writeLsn, writeUuid } from './parse-scalar.ts'
import { familyOf } from './sql-family.ts'
import { temporalParser } from './temporal-parser.ts'
import { writeVersioned } from './write-field.ts'

/**
 * Writes text as a value of a type, the way the type’s input function reads it and its modifier stores it. REFUSED: not of the type, or beyond it.
 * Null: text does not lead to this type. The zone of `context` gives text without an offset its instant.
 */
export function fieldParser(target: SqlType, context: CastContext): TextCast | null {
  switch (familyOf(target)) {
    case 'bool':
      return strict(writeBool)
    case 'int':
    case 'oid':
      return integerParser(target.name)
    case 'float':
      return readDecimalAsFloat(target.name)
    case 'numeric':
      return numericParser(target)
    case 'uuid':
      return strict(writeUuid)
    case 'bytea':
      return strict(writeBytea)
    case 'json':
      return jsonParser
    case 'jsonb':
      return jsonbParser
    case 'bits':
      return bitsParser(target)
    case 'inet':
      return strict((text, out) => writeInet(text, target.name === 'cidr' ? 'cidr' : 'inet', out))
    case 'macaddr':
      return strict((text, out) => writeMac(text, 6, out))
    case 'macaddr8':
      return strict((text, out) => writeMac(text, 8, out))
    case 'pg_lsn':
      return strict(writeLsn)
    case 'enum':
      return enumWriter(target)
    default:
      return temporalParser(target, context)
  }
}

function strict(parse: ScalarParser): TextCast {
  return (text, out) => (parse(text, out) ? DONE : REFUSED)
}

const WHOLE = /^\s*[+-]?\d+\s*$/
const SAFE_LENGTH = 15

function integerParser(name: string): TextCast {
  const value = new NumericValue()
  return (text, out) => {
    if (!WHOLE.test(text)) return REFUSED
    if (text.length <= SAFE_LENGTH) return writeWhole(Number(text), name, out)
    if (!value.parse(text) || value.wholeDigits > 19) return REFUSED
    const whole = value.wholeBigint
    if (name !== 'int8') return writeWhole(Number(whole), name, out)
    if (BigInt.asIntN(64, whole) !== whole) return REFUSED
    out.int64(whole)
    return DONE
  }
}

function numericParser(target: SqlType): TextCast {
  const value = new NumericValue()
  const fit = numericFit(target)
  return (text, out) => {
    if (!value.parse(text)) return REFUSED
    const result = fit === null ? DONE : fit.apply(value)
    if (result !== REFUSED) value.write(out)
    return result
  }
}

const jsonParser: TextCast = (text, out) => {
  if (!parseJson(text)) return REFUSED
  out.text(text)
  return DONE
}

const jsonbParser: TextCast = (text, out) => {
  const form = jsonbFormOf(text)
  if (!form) return REFUSED
  writeVersioned(form.text, out)
  return form.hasLostKeys ? LOSSY : DONE
}

function bitsParser(target: SqlType): TextCast {
  const isTaken = bitCheck(target)
  return (text, out) => {
    const mark = out.at
    // The field begins with its count of bits.
    return writeBits(text, out) && isTaken(out.buf.readInt32BE(mark + 4)) ? DONE : REFUSED
  }
}
