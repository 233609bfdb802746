import type { SqlType } from '../model/sql-type.ts'
import { baseOf, familyOf } from './sql-family.ts'

const EMAIL = /^\s*([^\s@])[^\s@]*@([^\s@]+\.[^\s@.]+)\s*$/
const SHOWN = new Set(['bool', 'enum'])

/**
 * What may be shown of a value in lists, reports and logs, from its text (`valueText`): never the value itself, which may be personal data.
 * Truth values and enum labels are shown; of an e-mail address the first character and the domain; of everything else its kind and size.
 */
export function maskValue(type: SqlType, text: string): string {
  const base = baseOf(type)
  const family = familyOf(base)
  if (SHOWN.has(family)) return text
  if (family === 'text' || family === 'bpchar' || family === 'char') return maskText(text)
  if (family === 'int' || family === 'oid') return `${base.text} of ${count(text.replace('-', '').length, 'digit')}`
  if (family === 'numeric' || family === 'money') return maskNumber(base.text, text)
  if (family === 'float') return /^-?[\d.e+-]+$/.test(text) ? base.text : `${base.text} ${text}`
  if (family === 'json' || family === 'jsonb') return `${base.text} of ${count(text.length, 'character')}`
  if (family === 'bytea') return `bytea of ${count((text.length - 2) / 2, 'byte')}`
  return isInfinity(text) ? `${base.text} ${text}` : base.text
}

function maskText(text: string): string {
  const email = EMAIL.exec(text)
  if (email) return `${email[1]}***@${email[2]}`
  const characters = [...text].length
  const nul = text.includes('\0') ? ' with a NUL' : ''
  return characters === 0 ? 'empty text' : `text of ${count(characters, 'character')}${nul}`
}

function maskNumber(name: string, text: string): string {
  const match = /^-?(\d+)(?:\.(\d+))?$/.exec(text)
  if (!match) return `${name} ${text}`
  return `${name} of ${(match[1] as string).length}.${(match[2] ?? '').length} digits`
}

function isInfinity(text: string): boolean {
  return text === 'infinity' || text === '-infinity'
}

function count(size: number, unit: string): string {
  return `${size} ${unit}${size === 1 ? '' : 's'}`
}
