import type { SqlType } from '../model/sql-type.ts'
import { arrayOf, BUILTIN_NAMES, builtinType, packNumericModifier } from './builtin-types.ts'
import type { CastRule } from './cast.ts'
import { findCast } from './find-cast.ts'
import { familyOf } from './sql-family.ts'

/** docs/engines/postgres.md: what leads to what, taken from the cast table itself. */

const NEWEST = 180_000
const OLDEST = 150_000

const HEAD = `# PostgreSQL: types and casts

Generated from the cast table (\`npm run docs\`). Servers 15 to 18, as source and as target. \`test/scenario/type-pairs.test.ts\` sends the edge values of every type through every
pair below, from 18 to 18, 15 to 18 and 18 to 15, has the target store them and compares with what the target's own cast gives.

- **never**: every value of the source type survives. **sometimes**: each value is checked; one that is not wholly kept is *lossy*, one that cannot be stored is *refused*: the mapping's
  \`on_loss\` decides, and it is counted. **always**: the types differ in what they can say.
- **bytes**: the field goes to the target as it came.
- A domain is the type under it; its checks are the server's. An array, a composite, a range goes where what it holds goes, and is as lossy. Composites need the same field names in the same order.
  A range leads only to a range whose bounds cannot move: whole numbers to whole numbers, otherwise the same subtype.
- Types that are not listed (of extensions other than citext, hstore, ltree and vector) go as bytes between servers of one major version, to the same type of the same schema and modifier, and nowhere else.
  \`regclass\` and its like go nowhere: they are numbers of objects of one database.
- Text of instants is in UTC.
- \`sqlserver.\` types are those SQL Server has and PostgreSQL has not in full: times of 100 ns. They are only ever sources.
`

const TAIL = `
## Where Rehouse differs from PostgreSQL's own casts

| pair | PostgreSQL | Rehouse |
|---|---|---|
| float4, float8 → numeric | keeps 6 and 15 digits | the shortest digits that read back as the same float |
| any → varchar(n), character(n) | an explicit cast cuts silently | refused, as COPY and INSERT do |
| any → bit(n), varbit(n) | an explicit cast cuts or fills | refused, as COPY and INSERT do |
| negative numbers → oid, oid ≥ 2^31 → int4 | the bits are read anew | refused |
| text → "char" | the first byte | refused, but for one ASCII character or none |
| timestamp, timestamptz → time | an infinity becomes NULL | refused |
| text → interval | a bare number is seconds | refused: a number does not say what it counts |
| text → cidr | \`10.1\` is 10.1.0.0/16 | refused |
| text → bit(n) | shorter text is filled with zeros by an explicit cast | refused |
| text → dates and times | month names, \`today\`, 03/04/05 | refused: ISO 8601 and PostgreSQL's own form only |
| times at the very end (294276-12-31 23:59:59.9999995) | rounds to a time past the end | refused |
| character(n) → bit, varbit | the padding is not a bit | padding left out |

## What the target stores

The field a cast writes is the field the target sends back after storing it, so a digest of what was sent is one of what is stored: numeric has the target's scale, character(n) its padding,
times the target's precision, jsonb its own form (keys by length, then by bytes; one blank after colon and comma; exponents written out). The exceptions are checks the server makes by itself:
a domain's constraints, and labels added to an enum after its catalogue was read.
`

interface Line {
  readonly targets: string[]
  readonly rule: CastRule
}

/** The whole document. */
export function renderTypePairsDoc(): string {
  const types = documentedTypes()
  const sections = [...new Set(types.map(type => familyOf(type)))].map(family =>
    section(
      types.filter(type => familyOf(type) === family),
      types,
    ),
  )
  return `${HEAD}${sections.filter(text => text !== '').join('')}${versionSection(types)}${TAIL}`
}

/** Built-in types with the modifiers that make a difference, and an example of each kind of type there can be. */
function documentedTypes(): readonly SqlType[] {
  const own = (name: string, rest: Partial<SqlType>): SqlType => ({
    kind: 'base',
    schema: 'public',
    name,
    modifier: -1,
    text: name,
    oid: 1,
    ...rest,
  })
  const plain = BUILTIN_NAMES.map(name => builtinType(name)).filter(type => familyOf(type) !== 'object')
  return [
    ...plain,
    builtinType('numeric', packNumericModifier(10, 2)),
    builtinType('numeric', packNumericModifier(12, 4)),
    builtinType('varchar', 24),
    builtinType('bpchar', 12),
    builtinType('timestamp', 0),
    builtinType('timestamptz', 0),
    builtinType('time', 0),
    builtinType('timetz', 0),
    builtinType('interval', 0x7fff_0000),
    builtinType('bit', 8),
    builtinType('varbit', 8),
    own('citext', {}),
    own('hstore', {}),
    own('enum', { kind: 'enum', labels: ['a', 'b'], text: 'enum' }),
    own('enum with other labels', { kind: 'enum', labels: ['b'], text: 'enum with other labels' }),
    arrayOf(builtinType('text')),
    arrayOf(builtinType('int4')),
    ...['datetime2', 'time', 'datetimeoffset'].map(name =>
      own(name, { schema: 'sqlserver', modifier: 7, text: `sqlserver.${name}(7)`, oid: 0 }),
    ),
  ]
}

/** Sources that lead to the same targets by the same rule share a line. */
function section(sources: readonly SqlType[], types: readonly SqlType[]): string {
  const rows = new Map<string, string[]>()
  for (const source of sources) {
    for (const line of linesOf(source, types)) rows.set(row(line), [...(rows.get(row(line)) ?? []), source.text])
  }
  if (rows.size === 0) return ''
  const title = [...new Set(sources.map(source => source.text.replace(/\(.*?\)/, '')))].join(', ')
  const table = [...rows].map(([rest, names]) => `| ${names.join(', ')} | ${rest} |`)
  return `\n## ${title}\n\n| from | to | loss | what can happen |\n|---|---|---|---|\n${table.join('\n')}\n`
}

/** Targets with the same rule on one line. */
function linesOf(source: SqlType, types: readonly SqlType[]): readonly Line[] {
  const lines = new Map<string, Line>()
  for (const target of types) {
    const rule = findCast({ source, target, sourceVersion: NEWEST, targetVersion: NEWEST })
    if (!rule) continue
    const key = `${rule.loss} ${rule.isPassThrough} ${rule.sentence.replace(target.text, '…')}`
    const line = lines.get(key) ?? { targets: [], rule: { ...rule, sentence: rule.sentence } }
    line.targets.push(target.text)
    lines.set(key, line)
  }
  return [...lines.values()]
}

function row(line: Line): string {
  const { targets, rule } = line
  const sentence = targets.length > 1 ? rule.sentence.replace(targets[0] as string, 'the target') : rule.sentence
  const how = [rule.isPassThrough ? 'bytes' : '', rule.needsZone ? 'needs the tenant’s zone' : ''].filter(text => text !== '').join('; ')
  return `${targets.join(', ')} | ${rule.loss} | ${[how, sentence]
    .filter(text => text !== '')
    .join('. ')
    .replaceAll('|', '\\|')}`
}

/** Pairs that are another matter between an older and a newer server. */
function versionSection(types: readonly SqlType[]): string {
  const rows: string[] = []
  for (const [from, to, title] of [
    [NEWEST, OLDEST, '17 or 18 → 15 or 16'],
    [OLDEST, NEWEST, '15 or 16 → 17 or 18'],
  ] as const) {
    for (const source of types) {
      for (const target of types) {
        const same = findCast({ source, target, sourceVersion: NEWEST, targetVersion: NEWEST })
        const other = findCast({ source, target, sourceVersion: from, targetVersion: to })
        if (other?.sentence !== same?.sentence)
          rows.push(`| ${title} | ${source.text} | ${target.text} | ${other?.loss ?? 'none'} | ${other?.sentence ?? ''} |`)
      }
    }
  }
  return `\n## Between versions\n\n| servers | from | to | loss | what can happen |\n|---|---|---|---|---|\n${rows.join('\n')}\n`
}
