/** docs/mapping.md as a list of sections, each with its fenced blocks in order. The word after the language says what a block is. */
export interface Block {
  /** `legacy`, `target`, `manifest`, `result`, `error`, or the name of a file. */
  readonly kind: string
  /** What stands behind the kind: flags of the command. */
  readonly flags: readonly string[]
  readonly lines: readonly string[]
}

export interface Section {
  readonly title: string
  readonly blocks: readonly Block[]
}

const FENCE = /^```[a-z]+ (?<kind>\S+)(?<flags>.*)\n(?<body>(?:.*\n)*?)```$/
const WRONG = /^- Wrong: ``(.*?)`` in place of ``(.*?)``\. (.*)$/
const BLOCKS = new RegExp(`${FENCE.source}|(?<wrong>${WRONG.source})`, 'gm')

export function readSections(page: string): readonly Section[] {
  return page
    .split(/^## /m)
    .slice(1)
    .map(text => ({
      title: text.slice(0, text.indexOf('\n')),
      blocks: [...text.matchAll(BLOCKS)].map(({ groups = {} }) => blockOf(groups)),
    }))
}

function blockOf({ kind = 'error', flags = '', body, wrong = '' }: Readonly<Record<string, string | undefined>>): Block {
  return { kind, flags: flags.split(' ').filter(flag => flag !== ''), lines: (body ?? wrong).trimEnd().split('\n') }
}

const HEAD = ['migration', 'sources', 'services']

/** A part of a manifest, with the head of the page's first manifest where the part does not say it. */
export function wholeManifest(first: string, part: string): string {
  const known = new Map([...topKeys(first)].filter(([key]) => HEAD.includes(key)))
  for (const [key, text] of topKeys(part)) known.set(key, text)
  return [...known.values()].join('')
}

function topKeys(text: string): Map<string, string> {
  const parts = `${text.trimEnd()}\n`.split(/^(?=[a-z])/m)
  return new Map(parts.map(part => [part.slice(0, part.indexOf(':')), part]))
}

export interface WrongUse {
  readonly manifest: string
  readonly expected: string
}

/** A line that says what stands wrongly in place of what, and what Rehouse says. Throws where the right text is not in the manifest. */
export function wrongUse(manifest: string, { lines }: Block): WrongUse {
  const [, wrong = '', right = '', expected = ''] = lines[0]?.match(WRONG) ?? []
  if (right === '' || !manifest.includes(right)) throw new Error(`expected this in the manifest of the section: ${right}`)
  return { manifest: manifest.replace(right, () => wrong), expected }
}
