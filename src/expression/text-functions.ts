import type { FunctionName } from './expression-node.ts'

/** The functions on text. Lengths and sets of characters go by code points; upper and lower case by Unicode’s full mapping, of no particular language. */

export function trimStart(text: string, characters: string): string {
  if (characters === ' ') {
    let start = 0
    while (start < text.length && text.charCodeAt(start) === BLANK) start++
    return start === 0 ? text : text.slice(start)
  }
  const set = new Set(characters)
  let start = 0
  for (const character of text) {
    if (!set.has(character)) break
    start += character.length
  }
  return text.slice(start)
}

export function trimEnd(text: string, characters: string): string {
  if (characters === ' ') {
    let end = text.length
    while (end > 0 && text.charCodeAt(end - 1) === BLANK) end--
    return end === text.length ? text : text.slice(0, end)
  }
  const set = new Set(characters)
  let end = text.length
  while (end > 0) {
    const last = lastCharacter(text, end)
    if (!set.has(last)) break
    end -= last.length
  }
  return text.slice(0, end)
}

export function trimBoth(text: string, characters: string): string {
  return trimStart(trimEnd(text, characters), characters)
}

/** Characters as PostgreSQL counts them in UTF-8: code points. */
export function lengthOf(text: string): number {
  let length = text.length
  for (let i = 0; i < text.length; i++) {
    if ((text.charCodeAt(i) & 0xfc00) === HIGH_SURROGATE) length--
  }
  return length
}

const BLANK = 0x20
const HIGH_SURROGATE = 0xd800
const LOW_SURROGATE = 0xdc00

function lastCharacter(text: string, end: number): string {
  const isPair = end > 1 && (text.charCodeAt(end - 1) & 0xfc00) === LOW_SURROGATE && (text.charCodeAt(end - 2) & 0xfc00) === HIGH_SURROGATE
  return text.slice(isPair ? end - 2 : end - 1, end)
}

export const TRIMS: Readonly<Partial<Record<FunctionName, (text: string, characters: string) => string>>> = {
  btrim: trimBoth,
  ltrim: trimStart,
  rtrim: trimEnd,
}
