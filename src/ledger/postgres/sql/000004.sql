-- The ledger of Rehouse, version 4: related rows an entity accounts for.

alter table rehouse.batch_count add column owned boolean not null default false, add column source_count bigint;
comment on column rehouse.batch_count.owned is 'Rows the entity accounts for besides those it is made of.';
comment on column rehouse.batch_count.source_count is 'Of owned rows, with the last batch: what the source itself counted in the same snapshot.';

create table rehouse.owned_row (
  tenant integer not null,
  entity smallint not null,
  key text collate "C" not null,
  relation text collate "C" not null,
  kept integer not null,
  excluded integer not null,
  quarantined integer not null,
  batch bigint not null,
  primary key (tenant, entity, key, relation)
);
comment on table rehouse.owned_row is 'What became of the owned rows of each loaded row that has some: so that they are counted with it when it is taken back.';
comment on column rehouse.owned_row.key is 'Of the row they belong to.';

create or replace view rehouse.batch_state as
select b.id, b.run, e.name as entity, t.code as tenant, b.kind, 'complete' as status, b.up_to_key as last_legacy_key,
  b.recorded_at - b.seconds * interval '1 second' as started, b.recorded_at as completed,
  c.read, c.written, c.skipped, c.quarantined, b.seconds, pg_catalog.encode(b.digest, 'hex') as checksum, b.mapping_hash, b.operator
from rehouse.batch b
join rehouse.entity e on e.number = b.entity
left join rehouse.tenant t on t.number = b.tenant
cross join lateral (
  select pg_catalog.sum(c.read) as read, pg_catalog.sum(c.loaded + c.updated) as written,
    pg_catalog.sum(c.unchanged + c.merged + c.skipped + c.excluded) as skipped, pg_catalog.sum(c.quarantined) as quarantined
  from rehouse.batch_count c where c.batch = b.id and not c.owned
) c
union all
select null, k.run, e.name, t.code, null, case k.state when 'pending' then 'pending' when 'failed' then 'failed' when 'stopped' then 'failed' else 'running' end,
  k.position, k.claimed_at, null, null, null, null, null, null, null, r.mapping_hash, r.operator
from rehouse.task k
join rehouse.run r on r.id = k.run
join rehouse.entity e on e.number = k.entity
left join rehouse.tenant t on t.number = k.tenant
where k.state <> 'settled';
