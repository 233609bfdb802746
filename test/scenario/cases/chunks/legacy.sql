-- A text store after some years: 60 texts (five without chunks), 935 chunks in trees of 17, and every wart of the case. Identifiers are hashes, so a child often stands before its parent.
create schema content_db;
create schema vector_db;
create schema graph_db;

create table content_db.texts (
  id uuid primary key,
  content text,
  title text,
  status text not null default 'processing',
  created_at timestamptz not null,
  updated_at timestamptz not null
);
create table content_db.chunks (
  id uuid primary key,
  text_id uuid references content_db.texts on delete cascade,
  content text,
  is_template boolean,
  is_slot boolean,
  parent_chunk_id uuid,
  template_chunk_id uuid,
  slot_value text,
  indent_level int,
  sequence_number int,
  metadata jsonb,
  created_at timestamptz not null,
  updated_at timestamptz not null
);
-- Whoever loaded the old data had switched the other foreign keys off.
create table content_db.chunk_tags (
  id uuid primary key,
  chunk_id uuid not null,
  tag_chunk_id uuid not null,
  created_at timestamptz not null,
  unique (chunk_id, tag_chunk_id)
);
create table content_db.template_slots (
  id uuid primary key,
  template_chunk_id uuid,
  slot_chunk_id uuid,
  slot_order int,
  created_at timestamptz not null
);
create table vector_db.embeddings (id uuid primary key, chunk_id uuid, vector text not null, created_at timestamptz not null);
create table graph_db.graph_nodes (id uuid primary key, chunk_id uuid, entity_name text not null, entity_type text, properties jsonb);
create table graph_db.graph_edges (id uuid primary key, source_node_id uuid not null, target_node_id uuid not null, relationship_type text not null, properties jsonb);

create function text_of(t int) returns uuid language sql immutable as $$ select md5('text ' || t)::uuid $$;
create function chunk_of(t int, s int) returns uuid language sql immutable as $$ select md5('chunk ' || t || ' ' || s)::uuid $$;
create function at(i int) returns timestamptz language sql immutable as $$ select timestamptz '2019-03-04 05:06:07.123456+00' + i * interval '3601.000001 seconds' $$;

insert into content_db.texts
select text_of(t), case t % 10 when 3 then null when 4 then '' when 5 then E' \t\n' else '  Text ' || t || ' ' end,
  case when t % 7 <> 0 then 'Title ' || t end, (array['processing', 'ready', 'failed'])[1 + t % 3], at(t), at(t + t % 2)
from generate_series(0, 59) t;

-- In each of 55 texts 17 chunks: a binary tree below the first; 3 and 4 are slots of template 2; 16 is used as a tag.
insert into content_db.chunks
select chunk_of(t, s), text_of(t),
  case when s = 3 then '#name' when s = 5 and t % 5 = 0 then null when s = 5 and t % 5 = 1 then '' when s = 5 then '   ' when s = 16 then 'tag ' || t else 'chunk ' || t || '.' || s end,
  case when s = 2 then true when s < 10 then false end, case when s in (3, 4) then true when s < 10 then false end,
  case when s > 1 then chunk_of(t, s / 2) end, case when s in (3, 4, 6) then chunk_of(t, 2) end,
  case when s = 3 then '' when s = 4 then 'value ' || t end, floor(log(2, s))::int, case when s <> 9 then 17 - s end,
  case s % 4 when 0 then '{"precise": 12345678901234567890.1200, "nested": {"a": [1, null, "é"]}}'::jsonb when 1 then '{}' when 2 then null else 'null' end,
  at(t * 20 + s), at(t * 20 + s + 1)
from generate_series(0, 54) t, generate_series(1, 17) s;

-- Its own parent, with a child; two that are each other's parents; one whose parent is gone; a slot's twin of a text.
update content_db.chunks set parent_chunk_id = id where id = chunk_of(8, 8);
update content_db.chunks set parent_chunk_id = chunk_of(1, 9) where id = chunk_of(1, 4);
update content_db.chunks set parent_chunk_id = chunk_of(1, 4) where id = chunk_of(1, 9);
update content_db.chunks set parent_chunk_id = md5('gone')::uuid where id = chunk_of(2, 17);
-- The same identifier as a text: only one of them can have it in one table.
insert into content_db.chunks (id, text_id, content, created_at, updated_at) values (text_of(57), text_of(57), 'clash', at(1), at(1));
-- A chunk of no text.
insert into content_db.chunks (id, content, is_template, created_at, updated_at) values (md5('alone')::uuid, 'alone', false, at(2), at(2));

insert into content_db.chunk_tags
select md5('tagging ' || t || ' ' || s || ' ' || g)::uuid, chunk_of(t, s), chunk_of((t + g) % 7, 16), at(t + s / 4)
from generate_series(0, 54) t, generate_series(1, 15) s, generate_series(0, 2) g where (t + s) % 4 > g;
insert into content_db.chunk_tags values (md5('tagging gone')::uuid, chunk_of(3, 1), md5('gone')::uuid, at(1));

insert into content_db.template_slots
select md5('slot ' || t || ' ' || s)::uuid, chunk_of(t, 2), chunk_of(t, s), case when t % 6 <> 0 then 5 - s end, at(t)
from generate_series(0, 54) t, generate_series(3, 4) s;
insert into content_db.template_slots values (md5('slot gone')::uuid, md5('gone')::uuid, chunk_of(4, 3), 1, at(1)), (md5('slot null')::uuid, null, chunk_of(5, 3), 1, at(1));

insert into vector_db.embeddings
select md5('embedding ' || t || ' ' || s || ' ' || g)::uuid, chunk_of(t, s), '[0.1,' || t || ',-0.25,' || s || 'e-7]', at(t + s)
from generate_series(0, 54) t, generate_series(1, 17) s, generate_series(0, 1) g where g = 0 or s = 2;

insert into graph_db.graph_nodes
select md5('node ' || t || ' ' || s)::uuid, case when s <> 3 then chunk_of(t, s) end, 'Entity ' || t, case when s <> 2 then 'thing' end,
  jsonb_build_object('weight', t / 3.0) from generate_series(0, 54) t, generate_series(1, 3) s;
insert into graph_db.graph_nodes values (md5('node gone')::uuid, md5('gone')::uuid, 'Lost', null, null);
insert into graph_db.graph_edges
select md5('edge ' || t || ' ' || s)::uuid, md5('node ' || t || ' ' || s)::uuid, md5('node ' || (t * 3 + 1) % 55 || ' ' || 1 + s % 3)::uuid, 'near', null
from generate_series(0, 54) t, generate_series(1, 3) s;

-- For the old API's clients.
create view public.texts as select * from content_db.texts;
create view public.chunks as select * from content_db.chunks;
drop function at, chunk_of, text_of;
