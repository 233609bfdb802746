import { type Rows, sql, type TestDatabase } from '../support/postgres.ts'

/** One table of the music shop on both sides, as SQL that shares nothing with Rehouse. */
export interface Relation {
  readonly entity: string
  readonly source: string
  readonly table: string
  /** Column by column: the target's, and what the source's must come to as the target shows it. `$zone` is the tenant's time zone. */
  readonly columns: Readonly<Record<string, string>>
  /** Reference of the target → entity, and the source's column with the legacy key. */
  readonly references: Readonly<Record<string, readonly [entity: string, column: string]>>
  /** SQL on each side that puts the rows into the same order. */
  readonly order: readonly [source: string, target: string]
}

const byKey = (column: string): readonly [string, string] => [column, 'legacy_id']
const PLACE = (prefix = ''): Record<string, string> =>
  Object.fromEntries(['address', 'city', 'state', 'country', 'postal_code'].map(name => [name, `${prefix}${name}`]))

export const CHINOOK: readonly Relation[] = [
  {
    entity: 'artist',
    source: 'artist',
    table: 'shop.artists',
    columns: { legacy_id: 'artist_id', name: 'name' },
    references: {},
    order: byKey('artist_id'),
  },
  {
    entity: 'genre',
    source: 'genre',
    table: 'shop.genres',
    columns: { legacy_id: 'genre_id', name: 'name' },
    references: {},
    order: byKey('genre_id'),
  },
  {
    entity: 'media_type',
    source: 'media_type',
    table: 'shop.media_types',
    columns: { legacy_id: 'media_type_id', name: 'name' },
    references: {},
    order: byKey('media_type_id'),
  },
  {
    entity: 'album',
    source: 'album',
    table: 'shop.albums',
    columns: { legacy_id: 'album_id', title: 'title' },
    references: { artist_id: ['artist', 'artist_id'] },
    order: byKey('album_id'),
  },
  {
    entity: 'track',
    source: 'track',
    table: 'shop.tracks',
    columns: {
      legacy_id: 'track_id',
      name: 'name',
      composer: 'composer',
      duration_ms: 'milliseconds',
      bytes: 'bytes',
      unit_price: 'unit_price::numeric(12,4)',
    },
    references: { album_id: ['album', 'album_id'], media_type_id: ['media_type', 'media_type_id'], genre_id: ['genre', 'genre_id'] },
    order: byKey('track_id'),
  },
  {
    entity: 'playlist',
    source: 'playlist',
    table: 'shop.playlists',
    columns: { legacy_id: 'playlist_id', name: 'name' },
    references: {},
    order: byKey('playlist_id'),
  },
  {
    entity: 'playlist_track',
    source: 'playlist_track',
    table: 'shop.playlist_tracks',
    columns: { legacy_playlist: 'playlist_id', legacy_track: 'track_id' },
    references: { playlist_id: ['playlist', 'playlist_id'], track_id: ['track', 'track_id'] },
    order: ['playlist_id, track_id', 'legacy_playlist, legacy_track'],
  },
  {
    entity: 'employee',
    source: 'employee',
    table: 'shop.employees',
    columns: {
      legacy_id: 'employee_id',
      last_name: 'last_name',
      first_name: 'first_name',
      title: 'title',
      birth_date: 'birth_date::date',
      hired_at: "hire_date at time zone '$zone'",
      place: `jsonb_build_object('address', address, 'city', city, 'state', state, 'country', country, 'postal_code', postal_code)`,
      phone: 'phone',
      fax: 'fax',
      email: 'email',
    },
    references: { reports_to: ['employee', 'reports_to'] },
    order: byKey('employee_id'),
  },
  {
    entity: 'customer',
    source: 'customer',
    table: 'shop.customers',
    columns: {
      legacy_id: 'customer_id',
      first_name: 'first_name',
      last_name: 'last_name',
      company: 'company',
      ...PLACE(),
      phone: 'phone',
      fax: 'fax',
      email: 'email',
    },
    references: { support_rep_id: ['employee', 'support_rep_id'] },
    order: byKey('customer_id'),
  },
  {
    entity: 'invoice',
    source: 'invoice',
    table: 'shop.invoices',
    columns: { legacy_id: 'invoice_id', invoiced_at: "invoice_date at time zone '$zone'", ...PLACE('billing_'), total: 'total' },
    references: { customer_id: ['customer', 'customer_id'] },
    order: byKey('invoice_id'),
  },
  {
    entity: 'invoice_line',
    source: 'invoice_line',
    table: 'shop.invoice_lines',
    columns: { legacy_id: 'invoice_line_id', unit_price: 'unit_price', quantity: 'quantity' },
    references: { invoice_id: ['invoice', 'invoice_id'], track_id: ['track', 'track_id'] },
    order: byKey('invoice_line_id'),
  },
]

const digest = (expression: string, order: string): string =>
  `md5(string_agg(coalesce((${expression})::text, '<null>'), E'\\n' order by ${order}))`

/** The number of rows and a digest per column, by each side's own SQL. References are followed back to legacy keys through the id map. */
export async function compareColumns(
  relation: Relation,
  of: { readonly source: string; readonly target: TestDatabase; readonly tenant: { readonly id: string; readonly zone: string } },
): Promise<{ readonly rows: string; readonly expected: Rows; readonly actual: Rows }> {
  const { columns, references, order, source, table, entity } = relation
  const wanted = [...Object.values(columns), ...Object.values(references).map(([, column]) => column)]
  const expected = await sql(
    of.source,
    `select count(*), ${wanted.map(expression => digest(expression, order[0])).join(', ')} from ${source}`.replaceAll(
      '$zone',
      of.tenant.zone,
    ),
  )
  const ordered = order[1]
    .split(', ')
    .map(column => `t.${column}`)
    .join(', ')
  const names = Object.keys(references)
  const joins = names.map(
    (name, i) =>
      `left join rehouse.id_map m${i} on m${i}.entity_type = '${references[name]?.[0]}' and m${i}.tenant_id = t.tenant_id and m${i}.id = t.${name}::text`,
  )
  const followed = names.map((name, i) => `case when t.${name} is not null then coalesce(m${i}.legacy_id, 'lost') end`)
  const actual = await of.target.sql(
    `select count(own.id), ${[...Object.keys(columns).map(name => `t.${name}`), ...followed].map(expression => digest(expression, ordered)).join(', ')}
     from ${table} t left join rehouse.id_map own on own.entity_type = '${entity}' and own.tenant_id = t.tenant_id and own.id = t.id::text
     ${joins.join(' ')} where t.tenant_id = $1`,
    of.tenant.id,
  )
  return { rows: expected[0]?.[0] ?? '', expected, actual }
}

/** References whose row belongs to another tenant, by identifier alone. */
export async function crossTenantReferences({ references, table }: Relation, target: TestDatabase): Promise<number> {
  let count = 0
  for (const [name, [entity]] of Object.entries(references)) {
    const parent = CHINOOK.find(relation => relation.entity === entity)?.table
    const [row] = await target.sql(`select count(*) from ${table} c join ${parent} p on p.id = c.${name} where p.tenant_id <> c.tenant_id`)
    count += Number(row?.[0])
  }
  return count
}
