/**
 * What the case asks for, as SQL over the legacy tables alone: it shares no code and no text with the mapping. Beside each, what the target holds. Times, documents and arrays are compared as
 * text, row by row, in an order both sides agree on.
 */
export interface Expectation {
  readonly table: string
  /** Over the legacy database. */
  readonly expected: string
  /** Over the target. */
  readonly actual: string
}

/** Chunks that cannot go over: their own parents, those whose parent is gone, one whose identifier a text has, and all below them. */
const REFUSED = `refused as (
  select id from content_db.chunks c where parent_chunk_id = id or id in (select id from content_db.texts)
    or (parent_chunk_id is not null and not exists (select from content_db.chunks p where p.id = c.parent_chunk_id))
  union
  select c.id from content_db.chunks c join refused r on c.parent_chunk_id = r.id)`

const KEPT = `with recursive ${REFUSED}, kept as (select * from content_db.chunks where id not in (select id from refused))`

const isBlank = (column: string): string => `coalesce(${column}, '') !~ '[^ \\t\\n\\r\\f\\v]'`

/** Members whose value is NULL are left out; a JSON null stays. */
const document = (...members: readonly (readonly [name: string, value: string])[]): string =>
  `(select jsonb_object_agg(name, value)::text from (values ${members.map(([name, value]) => `('${name}', ${value})`).join(', ')}) m (name, value) where value is not null)`

const said = (column: string): string => `case when ${isBlank(column)} then '(blank)' else ${column} end`
const blank = (column: string): string => `case when ${isBlank(column)} then to_jsonb(coalesce(${column}, '')) end`

const TAGS = `coalesce((select jsonb_agg(t.tag_chunk_id order by t.created_at, t.id) from content_db.chunk_tags t where t.chunk_id = c.id), '[]')::text`
const SLOTS = `(select coalesce(jsonb_agg(jsonb_build_object('id', s.id, 'slot_chunk_id', s.slot_chunk_id, 'slot_order', s.slot_order, 'created_at', s.created_at) order by s.slot_order nulls last, s.id), '[]')
  from content_db.template_slots s where s.template_chunk_id = c.id)`

const CHUNKS = `${KEPT}
  select id, ${said('content')}, null, null, true, false, false, false, null, '[]',
    ${document(['title', 'to_jsonb(title)'], ['status', 'to_jsonb(status)'], ['blank_content', blank('content')])}, created_at, updated_at
  from content_db.texts
  union all
  select id, ${said('content')}, parent_chunk_id, text_id, false, exists (select from content_db.chunk_tags t where t.tag_chunk_id = c.id),
    is_template is true, is_slot is true, null, ${TAGS},
    ${document(
      ['legacy', 'metadata'],
      ['text_id', 'to_jsonb(text_id)'],
      ['template_chunk_id', 'to_jsonb(template_chunk_id)'],
      ['slot_value', 'to_jsonb(slot_value)'],
      ['indent_level', 'to_jsonb(indent_level)'],
      ['sequence_number', 'to_jsonb(sequence_number)'],
      ['blank_content', blank('content')],
      ['slots', SLOTS],
    )}, created_at, updated_at
  from kept c order by 1`

/** From the top down, where the mapping goes from the bottom up. */
const HIERARCHY = `${KEPT}, down as (
    select id as ancestor, id as descendant, 0 as depth, array[id] as path from kept
    union all
    select d.ancestor, c.id, d.depth + 1, d.path || c.id from down d join kept c on c.parent_chunk_id = d.descendant where c.id <> all (d.path))
  select ancestor, descendant, depth, path::text from down
  union all select id, id, 0, array[id]::text from content_db.texts order by 1, 2`

export const EXPECTATIONS: readonly Expectation[] = [
  {
    table: 'chunks',
    expected: CHUNKS,
    actual: `select chunk_id, contents, parent, page, is_page, is_tag, is_template, is_slot, ref, tags::text, metadata::text, created_time, last_updated from chunks order by 1`,
  },
  {
    table: 'chunk_tags',
    expected: `${KEPT} select chunk_id, tag_chunk_id, id, created_at from content_db.chunk_tags
      where chunk_id in (select id from kept) and tag_chunk_id in (select id from kept) order by 3`,
    actual: 'select source_chunk_id, tag_chunk_id, id, created_time from chunk_tags order by 3',
  },
  {
    table: 'chunk_hierarchy',
    expected: HIERARCHY,
    actual: `select ancestor_id, descendant_id, depth, path_ids::text from chunk_hierarchy order by 1, 2`,
  },
  {
    table: 'chunk_embeddings',
    expected: `${KEPT} select id, chunk_id, vector, created_at from vector_db.embeddings where chunk_id in (select id from kept) order by 1`,
    actual: 'select id, chunk_id, vector, created_time from chunk_embeddings order by 1',
  },
  {
    table: 'graph_nodes',
    expected: `${KEPT} select n.id, k.id, entity_name, entity_type, properties::text from graph_db.graph_nodes n left join kept k on k.id = n.chunk_id order by 1`,
    actual: 'select id, chunk_id, entity_name, entity_type, properties::text from graph_nodes order by 1',
  },
  {
    table: 'graph_edges',
    expected: 'select id, source_node_id, target_node_id, relationship_type, properties::text from graph_db.graph_edges order by 1',
    actual: 'select id, source_node_id, target_node_id, relationship_type, properties::text from graph_edges order by 1',
  },
]

/** What is refused, of each entity, and how many of its reasons. */
export const REFUSALS = `${KEPT}
  select 'chunk', count(*) from refused
  union all select 'chunk_hierarchy', (select count(*) from content_db.chunks join content_db.texts using (id)) +
    (with recursive up as (select id as descendant, id as ancestor, parent_chunk_id as next, array[id] as path from content_db.chunks
       union all select u.descendant, c.id, c.parent_chunk_id, u.path || c.id from up u join content_db.chunks c on c.id = u.next where c.id <> all (u.path))
     select count(*) from up where (ancestor in (select id from refused) or descendant in (select id from refused)) and ancestor not in (select id from content_db.texts))
  union all select 'chunk_tag', count(*) from content_db.chunk_tags where chunk_id not in (select id from kept) or tag_chunk_id not in (select id from kept)
  union all select 'embedding', count(*) from vector_db.embeddings where chunk_id not in (select id from kept)
  order by 1`
