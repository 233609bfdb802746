import { nearestWord } from './nearest-word.ts'

/** `; did you mean X?`, or nothing when no known word is near. */
export function didYouMean(name: string, known: readonly string[]): string {
  const near = nearestWord(name, known)
  return near === null ? '' : `; did you mean ${near}?`
}
