import fc from 'fast-check'
import { Bed, type Row } from '../../support/memory-migration.ts'
import { foreignKey, relation } from '../../support/survey.ts'

/** Small random migrations: how many tables there are, what tells their rows apart, who refers to whom, what the mapping does with them, and what the rows hold. */
export interface World {
  readonly tables: readonly Table[]
}

type KeyKind = (typeof KEY_KINDS)[number]
const KEY_KINDS = ['int', 'text', 'pair', 'content'] as const

export interface Table {
  readonly key: KeyKind
  /** Tables its columns `a` and `b` refer to, by number modulo as many as there are with a plain key; null = to none. */
  readonly refs: readonly [number | null, number | null]
  readonly missing: string
  readonly rules: readonly string[]
  readonly part: 'none' | 'plain' | 'when' | 'optional' | 'each'
  readonly with: 'none' | 'one' | 'many'
  readonly value: string
  readonly isNumbered: boolean
}

/** A row as it is made: what of it its table uses depends on the table. */
export interface Cells {
  readonly key: number
  readonly second: string | null
  readonly a: number | null
  readonly b: number | null
  readonly kind: string | null
  readonly amount: string | null
}

/** Rows of each table, by its number. */
export type Content = readonly (readonly Cells[])[]

const id = fc.integer({ min: 0, max: 7 })
const maybe = <T>(some: fc.Arbitrary<T>): fc.Arbitrary<T | null> => fc.option(some, { freq: 5 })
const ref = fc.option(fc.nat(3), { freq: 3 })

const cells: fc.Arbitrary<Cells> = fc.record({
  key: id,
  second: fc.constantFrom('u', '', 'a,b', 'é'),
  a: maybe(id),
  b: maybe(id),
  kind: maybe(fc.constantFrom('a', 'b', 'x', 'q', 'n', ' a ')),
  amount: maybe(fc.constantFrom('1.5', '2.25', '1.005', '-7')),
})

const table: fc.Arbitrary<Table> = fc.record({
  key: fc.constantFrom(...KEY_KINDS),
  refs: fc.tuple(ref, ref),
  missing: fc.constantFrom('', ', missing: { quarantine: gone }', ', missing: { exclude: gone }', ', missing: { value: null, note: gone }'),
  rules: fc.subarray([
    `{ when: "kind = 'x'", exclude: not_wanted }`,
    `{ when: "kind = 'q'", quarantine: doubtful }`,
    `{ when: "kind = 'n'", note: remarkable }`,
  ]),
  part: fc.constantFrom('none', 'plain', 'when', 'optional', 'each'),
  with: fc.constantFrom('none', 'one', 'many'),
  value: fc.constantFrom(
    'kind',
    'upper(trim(kind))',
    `{ from: kind, map: { a: "1", b: "2" }, else: { value: other, note: unmapped } }`,
    `{ from: kind, if_null: { quarantine: kind_missing } }`,
    `{ from: kind, if_null: { exclude: kind_missing } }`,
  ),
  isNumbered: fc.boolean(),
})

export const worlds: fc.Arbitrary<World> = fc
  .array(table, { minLength: 2, maxLength: 4 })
  .map(tables => ({ tables: tables.map((one, i) => ({ ...one, key: i === 0 ? 'int' : one.key })) }))

export const contents: fc.Arbitrary<Content> = fc.array(fc.array(cells, { maxLength: 9 }), { minLength: 4, maxLength: 4 })

const name = (i: number): string => `t${i}`

/** Tables with one column as their key can be referred to. */
function parents({ tables }: World): readonly number[] {
  return tables.flatMap(({ key }, i) => (key === 'int' ? [i] : []))
}

function parentOf(world: World, ref: number | null): number | null {
  const all = parents(world)
  return ref === null ? null : (all[ref % all.length] ?? null)
}

/** A reference that waits for what comes later takes no replacement. */
function missingOf(world: World, i: number): string {
  const { missing, refs } = world.tables[i] as Table
  const waits = refs.some(ref => (parentOf(world, ref) ?? -1) >= i)
  return waits && /value|exclude/.test(missing) ? ', missing: { quarantine: gone }' : missing
}

function manifest(world: World): string {
  return `
migration: any
sources: { legacy: "postgres://reader@legacy/{tenant.code}" }
tenants: [{ code: ADAMS }, { code: BAKER }]
services: { app: { url: "postgres://writer@app/app", tenant_column: tenant_id } }
stop: { quarantined: 100%, errors: 100% }
phases: [{ all: [${world.tables.map((_, i) => name(i)).join(', ')}] }]
entities:
${world.tables.map((_, i) => entity(world, i)).join('\n')}`
}

const KEYS: Readonly<Record<KeyKind, string>> = { int: 'id', text: 'code', pair: '[id, second]', content: '{ content: true }' }

function entity(world: World, i: number): string {
  const one = world.tables[i] as Table
  const missing = missingOf(world, i)
  const refs = (['a', 'b'] as const).flatMap((column, r) => {
    const parent = parentOf(world, one.refs[r] ?? null)
    return parent === null ? [] : [`${column}_id: { ref: ${name(parent)}, from: ${column}${missing} }`]
  })
  const related =
    one.with === 'none'
      ? ''
      : `    with: { kin: { from: public.kin, match: { owner: id }${one.with === 'many' ? ', many: true, order: [word]' : ''} } }\n`
  const kin = one.with === 'one' ? ['word: kin.word'] : one.with === 'many' ? ['words: { collect: kin, into: array, value: word }'] : []
  const number = one.isNumbered ? '    number: { nth: { within: [kind], order: [amount, id] } }\n' : ''
  const columns = ['legacy: id', `kind: ${one.value}`, 'amount: amount', ...(one.isNumbered ? ['nth: nth'] : []), ...refs, ...kin]
  return `  ${name(i)}:
    service: app
    from: public.${name(i)}
    key: ${KEYS[one.key]}
${related}${number}    rules: [${one.rules.join(', ')}]
    into:
      core.${name(i)}: { columns: { ${columns.join(', ')} } }
${partOf(one, i)}`
}

function partOf({ part, key }: Table, i: number): string {
  // A part is found again by its reference to its head, which takes the key.
  if (part === 'none' || key === 'content') return ''
  const owner = `owner_id: { ref: ${name(i)}, from: ${key === 'pair' ? '[id, second]' : key === 'text' ? 'code' : 'id'} }`
  const forms = {
    plain: `{ columns: { ${owner}, kind: kind } }`,
    when: `{ when: "kind = 'a'", columns: { ${owner}, kind: kind } }`,
    optional: `{ optional: true, columns: { ${owner}, kind: { from: kind, if_null: { quarantine: no_kind } } } }`,
    each: `{ each: [{ label: "'k'", text: kind }, { label: "'a'", text: "amount::text" }], as: it, key: it.label, when: it.text is not null, columns: { ${owner}, kind: it.text } }`,
  }
  return `      core.${name(i)}_part: ${forms[part]}`
}

const TENANTS = ['ADAMS', 'BAKER'] as const

export function bedOf(world: World, content: Content): Bed {
  const fresh = (rows: readonly Row[]): Record<string, readonly Row[]> => Object.fromEntries(TENANTS.map(code => [code, rows]))
  const sources = world.tables.map((one, i) => ({ relation: sourceOf(one, i), rows: fresh(rowsOf(one, content[i] ?? [])) }))
  const kin = { relation: relation('public.kin', ['id int4!', 'owner int4', 'word text']), rows: fresh(KIN) }
  const targets = world.tables.flatMap((one, i) => targetsOf(world, one, i))
  return new Bed({ manifest: manifest(world), sources: { legacy: [...sources, kin] }, targets: { app: targets } })
}

/** Every even row of a table has some. */
const KIN: readonly Row[] = [0, 2, 4, 6].flatMap((owner, i): Row[] => [[i, owner, `word ${owner}`]])

function sourceOf({ key }: Table, i: number): ReturnType<typeof relation> {
  const columns = ['id int4', 'second text', 'code text', 'a int4', 'b int4', 'kind text', 'amount numeric']
  const primary = key === 'int' ? 'id' : key === 'text' ? 'code' : null
  const all = columns.map(column => (column.startsWith(`${primary} `) ? `${column}!` : column))
  const made = relation(`public.${name(i)}`, all)
  const unique = made.uniqueKeys.map(one => ({ ...one, columns: [primary ?? ''] }))
  return { ...made, primaryKey: primary === null ? null : [primary], uniqueKeys: primary === null ? [] : unique }
}

/** Rows in the order of their key; where the key is declared no key comes twice. */
export function rowsOf({ key }: Table, content: readonly Cells[]): readonly Row[] {
  const all = content.map(({ key: id, second, a, b, kind, amount }): Row => [id, second, `c${id}${second ?? ''}`, a, b, kind, amount])
  const at = key === 'text' ? 2 : 0
  const isDeclared = key === 'int' || key === 'text'
  return isDeclared ? [...new Map(all.map(row => [row[at], row])).values()] : all
}

function targetsOf(world: World, one: Table, i: number): ReturnType<typeof relation>[] {
  const refs = (['a', 'b'] as const).flatMap((column, r) => {
    const parent = parentOf(world, one.refs[r] ?? null)
    return parent === null ? [] : [foreignKey(`${name(i)}_${column}`, [`${column}_id`], `core.${name(parent)} (id)`)]
  })
  const head = relation(
    `core.${name(i)}`,
    [
      'id uuid!',
      'tenant_id uuid!',
      'legacy int4',
      'kind text',
      'amount numeric',
      'nth int8',
      'a_id uuid',
      'b_id uuid',
      'word text',
      'words jsonb',
    ],
    { foreignKeys: refs },
  )
  if (one.part === 'none' || one.key === 'content') return [head]
  const owner = [foreignKey(`${name(i)}_part_owner`, ['owner_id'], `core.${name(i)} (id)`)]
  return [head, relation(`core.${name(i)}_part`, ['id uuid!', 'tenant_id uuid!', 'owner_id uuid!', 'kind text'], { foreignKeys: owner })]
}

export function setContent(bed: Bed, world: World, content: Content): void {
  for (const [i, one] of world.tables.entries())
    for (const tenant of TENANTS) bed.replaceRows({ source: 'legacy', tenant, table: name(i) }, rowsOf(one, content[i] ?? []))
}

/** What a migration leaves, in an order of its own. */
export async function leftBy(
  bed: Bed,
  world: World,
): Promise<{ readonly texts: readonly (readonly string[])[]; readonly quarantine: readonly string[] }> {
  const tables = world.tables.flatMap((one, i) => targetsOf(world, one, i).map(({ name: table }) => `core.${table}`))
  const texts = tables.map(table => [
    table,
    ...bed
      .rows('app', table)
      .map(row => row.map(value => (value === null ? 'NULL' : String(value))).join(' | '))
      .toSorted(),
  ])
  return { texts, quarantine: (await bed.quarantine()).toSorted() }
}
