-- The unified schema of the case, correct: it accepts a plain insert, the hierarchy stands the right way up, and moving or deleting a parent works.
create table chunks (
  chunk_id uuid primary key default gen_random_uuid(),
  contents text not null check (btrim(contents, E' \t\n\r') <> ''),
  parent uuid references chunks on delete cascade deferrable,
  page uuid references chunks on delete cascade,
  is_page boolean not null default false,
  is_tag boolean not null default false,
  is_template boolean not null default false,
  is_slot boolean not null default false,
  ref text,
  tags jsonb not null default '[]',
  metadata jsonb not null default '{}',
  created_time timestamptz not null default now(),
  last_updated timestamptz not null default now(),
  check (parent <> chunk_id)
);
create table chunk_tags (
  id uuid primary key default gen_random_uuid(),
  source_chunk_id uuid not null references chunks on delete cascade,
  tag_chunk_id uuid not null references chunks on delete cascade,
  legacy_id uuid,
  created_time timestamptz not null default now(),
  unique (source_chunk_id, tag_chunk_id)
);
create table chunk_hierarchy (
  id uuid primary key default gen_random_uuid(),
  ancestor_id uuid not null references chunks on delete cascade,
  descendant_id uuid not null references chunks on delete cascade,
  depth int not null,
  path_ids uuid[] not null,
  unique (ancestor_id, descendant_id)
);
create table chunk_embeddings (id uuid primary key, chunk_id uuid not null references chunks on delete cascade, vector text not null, created_time timestamptz not null);
create table graph_nodes (id uuid primary key, chunk_id uuid references chunks on delete set null, entity_name text not null, entity_type text, properties jsonb);
create table graph_edges (
  id uuid primary key,
  source_node_id uuid not null references graph_nodes on delete cascade,
  target_node_id uuid not null references graph_nodes on delete cascade,
  relationship_type text not null,
  properties jsonb
);
create table chunk_search_cache (query text primary key, chunk_ids uuid[] not null, cached_at timestamptz not null default now());
create materialized view tag_statistics as
  select tag_chunk_id, count(*) as usage_count, max(created_time) as last_used, min(created_time) as first_used from chunk_tags group by tag_chunk_id;

create function touch_chunk() returns trigger language plpgsql as $$ begin new.last_updated := clock_timestamp(); return new; end $$;
create trigger touch before update on chunks for each row execute function touch_chunk();

create function keep_tags() returns trigger language plpgsql as $$
declare of uuid := case when tg_op = 'DELETE' then old.source_chunk_id else new.source_chunk_id end;
begin
  update chunks set tags = (select coalesce(jsonb_agg(tag_chunk_id order by created_time, tag_chunk_id), '[]') from chunk_tags where source_chunk_id = of) where chunk_id = of;
  return null;
end $$;
create trigger keep_tags after insert or delete on chunk_tags for each row execute function keep_tags();

-- All pairs of a subtree anew: what leads into it from above goes, what its new place gives comes.
create function place_subtree(top uuid) returns void language sql as $$
  delete from chunk_hierarchy h using chunk_hierarchy below
  where below.ancestor_id = top and h.descendant_id = below.descendant_id
    and not exists (select from chunk_hierarchy inner_pair where inner_pair.ancestor_id = top and inner_pair.descendant_id = h.ancestor_id);
  insert into chunk_hierarchy (ancestor_id, descendant_id, depth, path_ids)
  select up.ancestor_id, down.descendant_id, up.depth + 1 + down.depth, up.path_ids || down.path_ids
  from chunks c join chunk_hierarchy up on up.descendant_id = c.parent join chunk_hierarchy down on down.ancestor_id = c.chunk_id
  where c.chunk_id = top on conflict do nothing;
$$;
create function keep_hierarchy() returns trigger language plpgsql as $$ begin
  if tg_op = 'INSERT' then insert into chunk_hierarchy (ancestor_id, descendant_id, depth, path_ids) values (new.chunk_id, new.chunk_id, 0, array[new.chunk_id]) on conflict do nothing; end if;
  perform place_subtree(new.chunk_id);
  return null;
end $$;
create trigger keep_hierarchy after insert or update of parent on chunks for each row execute function keep_hierarchy();
