/** The constructs `npm run bench mapping` prices. Each is a manifest: the bare entity and, beside its id, one construct once or several times. */
export interface Construct {
  readonly name: string
  /** How many times the construct stands in the manifest. More than one where one would drown in the noise. */
  readonly times: number
  readonly manifest: Readonly<Record<string, unknown>>
}

type Fields = Readonly<Record<string, unknown>>

const FOUR = [1, 2, 3, 4] as const
/** What a second table needs to be found again. */
const OWN = { ref: 'thing', from: 'id' }
const EIGHT = [1, 2, 3, 4, 5, 6, 7, 8] as const

/** An entity that maps nothing but its key: what is subtracted from every other. */
export const BARE: Construct = { name: 'bare', times: 1, manifest: things({}) }
/** What every other is divided by. */
export const PLAIN: Construct = { name: 'plain column', times: EIGHT.length, manifest: things(columns('c', EIGHT, 'name')) }
/** Every thing with its two details in a list, and both relations read as two plain entities. */
export const WITH_MANY: Construct = { name: 'with many, two each, collected', times: 1, manifest: things({ j1: collected() }, details()) }
export const BOTH_PLAIN: Construct = { name: 'both relations as plain entities', times: 1, manifest: bothPlain() }

/** Everything but `BARE` and `BOTH_PLAIN`. */
export const CONSTRUCTS: readonly Construct[] = [
  PLAIN,
  { name: 'widening cast', times: 4, manifest: things(columns('n', FOUR, 'code')) },
  { name: 'cast with declared loss', times: 4, manifest: things(columns('d', FOUR, { from: 'amount', on_loss: { allow: true } })) },
  { name: 'local time to timestamptz', times: 4, manifest: things(columns('t', FOUR, 'at')) },
  { name: 'constant', times: 4, manifest: things(columns('c', FOUR, { value: 'same' })) },
  { name: 'expression, two functions', times: 4, manifest: things(columns('c', FOUR, 'upper(trim(name))')) },
  {
    name: 'cleanse, two steps',
    times: 4,
    manifest: things(columns('c', FOUR, { from: 'name', cleanse: 'tidy' }), {}, { cleanse: { tidy: ['trim', 'collapse'] } }),
  },
  { name: 'if_null and map', times: 4, manifest: things(columns('c', FOUR, mapped())) },
  { name: 'json of three', times: 4, manifest: things(columns('j', FOUR, { json: { name: 'name', kind: 'kind', code: 'code' } })) },
  {
    name: 'rest of four',
    times: 1,
    manifest: entity({
      from: 'public.odd',
      into: into({ legacy_id: 'id', j1: { rest: true, types: { q1: 'integer', q2: 'integer', q3: 'text', q4: 'text' } } }),
    }),
  },
  { name: 'ref', times: 1, manifest: things({ owner_id: { ref: 'owner', from: 'owner_id' } }, {}, {}, { owner: owner() }) },
  {
    name: 'rule that does not hold',
    times: 4,
    manifest: things({}, { rules: FOUR.map(i => ({ when: `code = -${i}`, exclude: `never_${i}` })) }),
  },
  { name: 'shapes, two', times: 1, manifest: entity({ from: 'public.thing', into: { 'public.things': shapes() } }) },
  {
    name: 'second table',
    times: 1,
    manifest: entity({
      from: 'public.thing',
      into: { ...into({ legacy_id: 'id' }), 'public.parts': { columns: { thing_id: OWN, label: 'name' } } },
    }),
  },
  {
    name: 'each, two groups',
    times: 1,
    manifest: entity({ from: 'public.thing', into: { ...into({ legacy_id: 'id' }), 'public.parts': groups() } }),
  },
  {
    name: 'from.each, two elements',
    times: 1,
    manifest: entity({
      from: { table: 'public.thing', each: 'parts', as: 'part' },
      key: ['id', 'part.key'],
      into: into({ legacy_id: 'id', c1: 'part.title' }),
    }),
  },
  {
    name: 'with one of a thousand',
    times: 1,
    manifest: things({ c1: 'owned.name' }, { with: { owned: { from: 'public.owner', match: { id: 'owner_id' } } } }),
  },
  WITH_MANY,
  { name: 'with many, two each, counted', times: 1, manifest: things({ n1: 'count(detail)' }, details()) },
  { name: 'number', times: 1, manifest: things({ n1: 'place' }, { number: { place: { within: 'owner_id', order: 'name' } } }) },
  {
    name: 'view',
    times: 1,
    manifest: things(
      { c1: 'name' },
      { from: 'view/named', key: 'id' },
      { views: { named: { key: 'id', sql: 'select id, name from public.thing' } } },
    ),
  },
  { name: 'fn', times: 4, manifest: things(columns('c', FOUR, { fn: 'functions/same.ts#same', uses: ['name'] })) },
  { name: 'id: v5', times: 1, manifest: things({ id: { id: 'v5' } }) },
]

function things(more: Fields, parts: Fields = {}, top: Fields = {}, entities: Fields = {}): Fields {
  return {
    ...top,
    entities: { ...entities, thing: { service: 'bench', from: 'public.thing', ...parts, into: into({ legacy_id: 'id', ...more }) } },
  }
}

function entity(parts: Fields): Fields {
  return { entities: { thing: { service: 'bench', ...parts } } }
}

function into(named: Fields): Fields {
  return { 'public.things': { columns: named } }
}

function columns(prefix: string, numbers: readonly number[], value: unknown): Fields {
  return Object.fromEntries(numbers.map(i => [`${prefix}${i}`, value]))
}

function owner(): Fields {
  return { service: 'bench', from: 'public.owner', into: { 'public.owners': { columns: { name: 'name' } } } }
}

function mapped(): Fields {
  return { from: 'kind', if_null: { value: 'none' }, map: { red: 'r', green: 'g', blue: 'b', none: '-' } }
}

function details(): Fields {
  return { with: { detail: { from: 'public.detail', match: { thing_id: 'id' }, many: true, order: 'id' } } }
}

function collected(): Fields {
  return { collect: 'detail', into: 'object', key: 'label', value: 'value' }
}

function bothPlain(): Fields {
  const detail = { service: 'bench', from: 'public.detail', into: { 'public.parts': { columns: { label: 'label', value: 'value' } } } }
  return things({}, {}, {}, { detail })
}

function shapes(): readonly Fields[] {
  return [
    { when: 'code < 5000', columns: { legacy_id: 'id', c1: { value: 'low' } } },
    { columns: { legacy_id: 'id', c1: { value: 'high' } } },
  ]
}

function groups(): Fields {
  const each = [
    { slot: "'name'", title: 'name' },
    { slot: "'kind'", title: 'kind' },
  ]
  return { each, as: 'g', key: 'g.slot', columns: { thing_id: OWN, label: 'g.slot', title: 'g.title' } }
}
