import { InvalidArgumentError } from 'commander'
import type { FlagType } from './command-shape.ts'

/** Stands for no limit: commander takes null for a value that is missing. */
export const ALL = 'all'

/** How the text after a flag is read. `previous` is what the same flag gave before. Throws InvalidArgumentError. */
export type ParseValue = (text: string, previous: unknown) => unknown

export const PARSERS: Readonly<Partial<Record<FlagType, ParseValue>>> = {
  text: notEmpty,
  'optional text': notEmpty,
  list: (text, previous) => [...earlier(previous), text],
  pairs: (text, previous) => [...earlier(previous), pair(text)],
  count,
  'count or all': text => (text === ALL ? ALL : count(text)),
  time,
}

function earlier(previous: unknown): readonly unknown[] {
  return Array.isArray(previous) ? previous : []
}

function notEmpty(text: string): string {
  if (text === '') throw new InvalidArgumentError('Expected a text, got nothing.')
  return text
}

function pair(text: string): string {
  if (!/^[^=]+=/.test(text)) throw new InvalidArgumentError('Expected NAME=VALUE.')
  return text
}

function count(text: string): number {
  const number = /^[0-9_]+$/.test(text) ? Number(text.replaceAll('_', '')) : Number.NaN
  if (!Number.isSafeInteger(number) || number < 1) throw new InvalidArgumentError('Expected an integer of 1 or more.')
  return number
}

function time(text: string): string {
  if (!/^([01][0-9]|2[0-3]):[0-5][0-9]$/.test(text)) throw new InvalidArgumentError('Expected a time as HH:MM, 00:00 to 23:59.')
  return text
}
