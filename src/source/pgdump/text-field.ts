import { type CastContext, REFUSED } from '../../cast/cast.ts'
import { fieldParser } from '../../cast/field-parser.ts'
import { infinityOf } from '../../cast/parse-date-time.ts'
import { baseOf, elementOf, familyOf } from '../../cast/sql-family.ts'
import { textForm, textLimit } from '../../cast/text-form.ts'
import type { SqlType } from '../../model/sql-type.ts'
import { boolField, byteaField, copyText, limitedText, uuidField } from './byte-fields.ts'
import { arrayField, multirangeField, rangeField, recordField } from './container-fields.ts'
import type { TextField } from './field-reader.ts'
import { geometryField } from './geometry-fields.ts'
import { floatField, integerField, numericField } from './number-fields.ts'
import { charField, hstoreField, isOpaqueRead, opaqueField } from './opaque-fields.ts'
import { dateField, timestampField } from './time-fields.ts'

/** A dump belongs to no tenant’s zone: an instant without an offset is refused. */
const NO_ZONE: CastContext = { zone: null, gap: 'quarantine', overlap: 'quarantine', zoneHit: () => undefined }

/** Whether text of the type is read here. Money depends on the locale of the server, `reg…` on its objects; others have no form we know. */
export function isReadFromText(type: SqlType): boolean {
  const base = baseOf(type)
  if (base.kind === 'array' || base.kind === 'range' || base.kind === 'multirange') return isReadFromText(elementOf(base))
  if (base.kind === 'composite') return (base.fields ?? []).every(field => isReadFromText(field.type))
  const family = familyOf(base)
  if (family === 'opaque') return isOpaqueRead(base.name)
  return family !== 'money' && family !== 'object' && family !== 'unknown'
}

/** For types that `isReadFromText`. Throws RangeError for others. */
export function textField(type: SqlType): TextField {
  const base = baseOf(type)
  switch (base.kind) {
    case 'array':
      return arrayField(elementOf(base), textField(elementOf(base)))
    case 'composite':
      return recordField((base.fields ?? []).map(field => ({ oid: field.type.oid, read: textField(field.type) })))
    case 'range':
      return rangeOf(base)
    case 'multirange':
      return multirangeField(rangeOf(base))
    default:
      return scalarField(base)
  }
}

const DISCRETE = new Set(['int4', 'int8', 'date'])

function rangeOf(type: SqlType): TextField {
  const element = elementOf(type)
  return rangeField(textField(element), { isDiscrete: type.schema === 'pg_catalog' && DISCRETE.has(element.name) })
}

function scalarField(type: SqlType): TextField {
  switch (familyOf(type)) {
    case 'text':
    case 'bpchar':
      return characterField(type)
    case 'char':
      return charField
    case 'hstore':
      return hstoreField
    case 'geometry':
      return geometryField(type.name)
    case 'opaque':
      return opaqueField(type.name)
    default:
      return fastField(type, parsedField(type))
  }
}

function fastField(type: SqlType, slow: TextField): TextField {
  switch (familyOf(type)) {
    case 'bool':
      return boolField(slow)
    case 'int':
      return integerField(type.name, slow)
    case 'float':
      return floatField(type.name, slow)
    case 'numeric':
      return numericField(type, slow)
    case 'uuid':
      return uuidField(slow)
    case 'bytea':
      return byteaField(slow)
    case 'date':
      return dateField(slow)
    case 'timestamp':
    case 'timestamptz':
      return timestampField(type, slow)
    default:
      return slow
  }
}

function characterField(type: SqlType): TextField {
  const form = textForm(type)
  const slow: TextField = (data, start, end, out) => form(data, start, end - start, out) !== REFUSED
  if (type.name === 'bpchar' || type.name === 'name') return slow
  const limit = textLimit(type)
  return limit === null ? copyText : limitedText(limit, slow)
}

function parsedField(type: SqlType): TextField {
  const parse = fieldParser(type, NO_ZONE)
  if (parse === null) throw new RangeError(`expected a type that is read from text, got ${type.text}`)
  const isInterval = familyOf(type) === 'interval'
  const isDated = DATED.has(familyOf(type))
  return (data, start, end, out) => {
    const written = data.toString('utf8', start, end)
    const text = isDated ? written.replace(SLASHES, '$1-$2-$3') : written
    const infinity = isInterval ? infinityOf(text) : 0
    if (infinity !== 0) return out.field(infinity > 0 ? LONGEST : SHORTEST, 0, LONGEST.length)
    return parse(text, out) !== REFUSED
  }
}

const DATED = new Set(['date', 'timestamp', 'timestamptz'])
/** Year first: every DateStyle reads it so. */
const SLASHES = /^\s*(\d{4,7})\/(\d{1,2})\/(\d{1,2})(?=\s|T|$)/

/** Infinite intervals (PostgreSQL 17): all parts at their limit. */
const LONGEST = Buffer.from('7fffffffffffffff7fffffff7fffffff', 'hex')
const SHORTEST = Buffer.from('80000000000000008000000080000000', 'hex')
