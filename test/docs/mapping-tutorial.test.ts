import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import { openBed, type TutorialBed } from './tutorial-bed.ts'
import { type Block, readSections, type Section, wholeManifest, wrongUse } from './tutorial-page.ts'

const SECTIONS = readSections(readFileSync(new URL('../../docs/mapping.md', import.meta.url), 'utf8'))
const AT_ONCE = 4
const FEWEST_RUN = 18
/** `students: legacy_id, name` */
const HEAD_LINE = /^[a-z]+: [a-z]/
const TABLES = textOf(SECTIONS.at(-1), 'tables')
const HEAD = textOf(SECTIONS[0], 'manifest')

describe('every example of docs/mapping.md makes the rows and messages it says, and a second run changes nothing', {
  concurrency: AT_ONCE,
}, () => {
  for (const section of SECTIONS.slice(0, -1))
    test(section.title, async t => {
      const bed = await openBed(t)
      await bed.target.script(`set search_path to app; ${TABLES}`)
      await runSection(section, bed)
    })
})

test('docs/mapping.md has an example of every part of the language, with rows and with an error', () => {
  const withBoth = SECTIONS.filter(({ blocks }) => ['result', 'error'].every(kind => blocks.some(block => block.kind === kind)))
  assert.ok(withBoth.length >= FEWEST_RUN, `expected ${FEWEST_RUN} sections with rows and an error, got ${withBoth.length}`)
})

async function runSection({ blocks }: Section, bed: TutorialBed): Promise<void> {
  let manifest = HEAD
  for (const block of blocks) {
    const text = `${block.lines.join('\n')}\n`
    if (block.kind === 'legacy') await bed.legacy.script(`set search_path to old; ${text}`)
    else if (block.kind === 'target') await bed.target.script(`set search_path to app; ${text}`)
    else if (block.kind === 'result') await runTwice(block, bed)
    else if (block.kind === 'error') {
      const { manifest: wrong, expected } = wrongUse(manifest, block)
      bed.write('rehouse.yaml', wrong)
      assert.equal(await bed.refusal(), expected)
      bed.write('rehouse.yaml', manifest)
    } else if (block.kind === 'manifest') {
      manifest = wholeManifest(HEAD, text)
      bed.write('rehouse.yaml', manifest)
    } else bed.write(block.kind, text)
  }
}

async function runTwice({ lines, flags }: Block, bed: TutorialBed): Promise<void> {
  const heads = lines.filter(line => HEAD_LINE.test(line))
  const result = await bed.migrate(flags)
  assert.deepEqual(await bed.told(result, heads), lines)
  const { read, unchanged, excluded, quarantined } = (await bed.migrate(flags)).totals
  assert.deepEqual([read, unchanged + excluded + quarantined], [result.totals.read, result.totals.read], 'a second run changes nothing')
}

function textOf(section: Section | undefined, kind: string): string {
  return section?.blocks.find(block => block.kind === kind)?.lines.join('\n') ?? assert.fail(`expected a block ${kind}`)
}
