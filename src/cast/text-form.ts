import { isUtf8 } from 'node:buffer'
import type { TupleWriter } from '../base/tuple-writer.ts'
import type { SqlType } from '../model/sql-type.ts'
import { type CastResult, DONE, LOSSY, REFUSED } from './cast.ts'

/** Text as text, varchar(n), character(n), name and citext store it. Lengths are characters (code points) but for name, which has 63 bytes. */

const BLANK = 0x20
const NAME_BYTES = 63

/** Characters of UTF-8 bytes: all but the continuation bytes. */
export function countCharacters(data: Uint8Array, start: number, end: number): number {
  let count = 0
  for (let i = start; i < end; i++) if (((data[i] as number) & 0xc0) !== 0x80) count++
  return count
}

/** Where the character after the first `count` begins. */
function endOf(data: Uint8Array, start: number, end: number, count: number): number {
  let left = count
  for (let i = start; i < end; i++) {
    if (((data[i] as number) & 0xc0) === 0x80) continue
    if (left-- === 0) return i
  }
  return end
}

function isBlank(data: Uint8Array, start: number, end: number): boolean {
  for (let i = start; i < end; i++) if (data[i] !== BLANK) return false
  return true
}

/** Whether PostgreSQL can hold these bytes as text: UTF-8 without NUL. */
export function isStorableText(data: Buffer, start: number, length: number): boolean {
  const end = start + length
  let isAscii = true
  for (let i = start; i < end; i++) {
    const byte = data[i] as number
    if (byte === 0) return false
    if (byte > 127) isAscii = false
  }
  return isAscii || isUtf8(data.subarray(start, end))
}

/** Writes text bytes the way the target type stores them. */
export type TextForm = (data: Buffer, start: number, length: number, out: TupleWriter) => CastResult

export function textForm(target: SqlType): TextForm {
  if (target.name === 'name') return nameForm
  if (target.name === 'bpchar') return target.modifier < 4 ? anyForm : paddedForm(target.modifier - 4)
  return target.name === 'varchar' && target.modifier >= 4 ? limitedForm(target.modifier - 4) : anyForm
}

/** The longest text the type takes, in characters; null = any. */
export function textLimit(type: SqlType): number | null {
  if (type.name === 'name') return NAME_BYTES
  return (type.name === 'varchar' || type.name === 'bpchar') && type.modifier >= 4 ? type.modifier - 4 : null
}

const anyForm: TextForm = (data, start, length, out) => {
  out.field(data, start, length)
  return DONE
}

/** Blanks beyond the limit are cut, as COPY does; any other character beyond it is refused. */
function limitedForm(limit: number): TextForm {
  return (data, start, length, out) => {
    const end = start + length
    const cut = length <= limit ? end : endOf(data, start, end, limit)
    if (cut < end && !isBlank(data, cut, end)) return REFUSED
    out.field(data, start, cut - start)
    return cut < end ? LOSSY : DONE
  }
}

/** Blanks at the end mean nothing in character(n): a text that ends in them loses them. */
function paddedForm(limit: number): TextForm {
  return (data, start, length, out) => {
    const end = start + length
    const characters = countCharacters(data, start, end)
    const cut = characters <= limit ? end : endOf(data, start, end, limit)
    if (cut < end && !isBlank(data, cut, end)) return REFUSED
    const isLost = length > 0 && data[end - 1] === BLANK
    writePadded(data, { start, end: cut, blanks: Math.max(0, limit - characters) }, out)
    return isLost ? LOSSY : DONE
  }
}

function writePadded(data: Buffer, part: { start: number; end: number; blanks: number }, out: TupleWriter): void {
  const bytes = part.end - part.start
  out.ensure(4 + bytes + part.blanks)
  out.buf.writeInt32BE(bytes + part.blanks, out.at)
  data.copy(out.buf, out.at + 4, part.start, part.end)
  out.buf.fill(BLANK, out.at + 4 + bytes, out.at + 4 + bytes + part.blanks)
  out.at += 4 + bytes + part.blanks
}

/** What does not fit in 63 bytes is cut between characters, as the server does. */
const nameForm: TextForm = (data, start, length, out) => {
  let bytes = Math.min(length, NAME_BYTES)
  if (bytes < length) while (bytes > 0 && ((data[start + bytes] as number) & 0xc0) === 0x80) bytes--
  out.field(data, start, bytes)
  return bytes < length ? LOSSY : DONE
}
