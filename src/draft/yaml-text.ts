/** Words YAML readers of any age take for something else than text. */
const OTHER_THAN_TEXT = /^(?:true|false|null|yes|no|on|off|y|n)$/i
const PLAIN = /^[A-Za-z_][A-Za-z0-9_.]*$/

/** A text as YAML: as it is where that is plain, else in double quotes. */
export function yamlText(text: string): string {
  return PLAIN.test(text) && !OTHER_THAN_TEXT.test(text) ? text : quoted(text)
}

function quoted(text: string): string {
  // What JSON leaves as it is and YAML does not take.
  return JSON.stringify(text).replace(
    /[\u007f-\u009f\u2028\u2029\ufeff]/g,
    character => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}

/** In brackets on one line: `[a, b]`; one alone without brackets. */
export function yamlList(texts: readonly string[]): string {
  return texts.length === 1 ? yamlText(texts[0] ?? '') : `[${texts.map(yamlText).join(', ')}]`
}
