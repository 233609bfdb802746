/** What a text is, as far as colour goes. Renderers name the meaning; only this file knows the codes. */
export type Tone = 'good' | 'bad' | 'warn' | 'dim' | 'strong'

export type Paint = (tone: Tone, text: string) => string

/** SGR parameters, on and off. */
const SGR: Readonly<Record<Tone, readonly [number, number]>> = {
  good: [32, 39],
  bad: [31, 39],
  warn: [33, 39],
  dim: [2, 22],
  strong: [1, 22],
}

export const plainPaint: Paint = (_tone, text) => text

export const colourPaint: Paint = (tone, text) => (text === '' ? '' : `\u001b[${SGR[tone][0]}m${text}\u001b[${SGR[tone][1]}m`)

/** What a renderer writes on. */
export interface Page {
  /** Columns; Infinity where lines are not to be cut (not a terminal). */
  readonly width: number
  readonly paint: Paint
}
