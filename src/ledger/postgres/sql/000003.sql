-- The ledger of Rehouse, version 3: rows that are other rows.

create table rehouse.merged (
  tenant integer not null,
  entity smallint not null,
  key text collate "C" not null,
  id text collate "C" not null,
  batch bigint not null,
  primary key (tenant, entity, key)
);
create index merged_by_id on rehouse.merged (id);
comment on table rehouse.merged is 'Legacy keys whose row is another row (same_as): the identifier they lead to is that row’s. They have no row of their own in the target. Part of the view rehouse.id_map.';
comment on column rehouse.merged.key is 'Canonical text, as in id_map_text.';

create or replace view rehouse.id_map as
select e.name as entity_type, t.id as tenant_id, m.key::text as legacy_id, m.id::text as id, b.recorded_at as created_at
from rehouse.id_map_integer m
join rehouse.entity e on e.number = m.entity
left join rehouse.tenant t on t.number = m.tenant
left join rehouse.batch b on b.id = m.batch
union all
select e.name, t.id, m.key, m.id, b.recorded_at
from rehouse.id_map_text m
join rehouse.entity e on e.number = m.entity
left join rehouse.tenant t on t.number = m.tenant
left join rehouse.batch b on b.id = m.batch
union all
select e.name, t.id, m.key, m.id, b.recorded_at
from rehouse.merged m
join rehouse.entity e on e.number = m.entity
left join rehouse.tenant t on t.number = m.tenant
left join rehouse.batch b on b.id = m.batch;
comment on view rehouse.id_map is 'Legacy key and new identifier of every loaded row, and of every row that is another row: that one’s. tenant_id null = shared by all tenants.';
