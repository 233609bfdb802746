-- The ledger of Rehouse, version 1: what was done, batch by batch, in the database the rows went to.
-- breaking
-- Read docs/ledger.md for the states and for questions to ask with psql.

create table rehouse.schema_version (
  version integer primary key,
  breaking boolean not null,
  applied_at timestamptz not null default pg_catalog.clock_timestamp()
);
comment on table rehouse.schema_version is 'Numbered SQL files applied to this schema. A program older than a breaking one refuses to run.';

create table rehouse.meta (
  only_row boolean primary key default true check (only_row),
  ledger uuid not null default pg_catalog.gen_random_uuid(),
  migration text not null,
  salt_fingerprint text not null check (salt_fingerprint ~ '^[0-9a-f]{16}$'),
  next_tenant integer not null default 1,
  next_entity integer not null default 1,
  created_at timestamptz not null default pg_catalog.clock_timestamp()
);
comment on table rehouse.meta is 'Whose ledger this is: one row.';
comment on column rehouse.meta.salt_fingerprint is 'Tells whether the salt is the one the identifiers were made with; the salt itself is not in the database.';
comment on column rehouse.meta.next_tenant is 'The next number to allot. Numbers are never given twice, because identifiers carry them.';

create table rehouse.tenant (
  number integer primary key check (number between 1 and 65535),
  code text not null unique,
  id uuid not null unique,
  name text not null,
  zone text,
  columns json not null,
  created_at timestamptz not null default pg_catalog.clock_timestamp()
);
comment on table rehouse.tenant is 'Tenants and their numbers. Number 0 elsewhere means rows shared by all tenants; it has no row here.';

create table rehouse.entity (
  number smallint primary key check (number between 1 and 1023),
  name text not null unique,
  service text not null,
  head_table text not null,
  created_at timestamptz not null default pg_catalog.clock_timestamp()
);
comment on table rehouse.entity is 'Entities and their numbers. head_table is where the identifier is found.';

create table rehouse.run (
  id text primary key,
  status text not null check (status in ('running', 'clean', 'findings', 'stopped', 'interrupted', 'failed')),
  migration text not null,
  mapping_hash text not null,
  program_version text not null,
  operator text not null,
  host text not null,
  pid integer not null,
  started_at timestamptz not null,
  finished_at timestamptz,
  selection json not null,
  summary json
);
comment on table rehouse.run is 'One row per run of the tool. status running without a holder means that it was cut off: resume it.';

create table rehouse.task (
  id bigint generated always as identity primary key,
  run text not null references rehouse.run,
  entity smallint not null,
  tenant integer not null check (tenant between 0 and 65535),
  phase text not null,
  service text not null,
  state text not null default 'pending' check (state in ('pending', 'running', 'loaded', 'settled', 'failed', 'stopped')),
  fence bigint not null default 0,
  backend integer,
  backend_started timestamptz,
  position text[],
  pass integer not null default 1,
  snapshot text,
  marker text,
  consistency text check (consistency in ('snapshot', 'frozen', 'mixed')),
  source_count bigint,
  failure_code text,
  failure_message text,
  created_at timestamptz not null default pg_catalog.clock_timestamp(),
  claimed_at timestamptz,
  finished_at timestamptz,
  unique (run, entity, tenant)
);
create index task_of_entity_and_tenant on rehouse.task (entity, tenant) where state in ('running', 'loaded');
comment on table rehouse.task is 'An entity of a tenant in a run: pending, running, loaded (all rows read), settled (references checked), failed, stopped.';
comment on column rehouse.task.fence is 'Raised by whoever takes the task over. A batch of an older fence is refused.';
comment on column rehouse.task.backend is 'Backend process that writes for the task; ended by whoever takes the task over.';
comment on column rehouse.task.position is 'Key of the last source row done; null = none yet.';
comment on column rehouse.task.pass is '1 = first reading; each catch-up reading counts one more.';
comment on column rehouse.task.source_count is 'Rows the source itself counted in the same snapshot.';

create sequence rehouse.batch_number as bigint;

create table rehouse.batch (
  id bigint primary key,
  kind text not null check (kind in ('load', 'settle', 'correct')),
  task bigint not null references rehouse.task,
  fence bigint not null,
  run text not null,
  entity smallint not null,
  tenant integer not null,
  pass integer not null,
  after_key text[],
  up_to_key text[],
  snapshot text not null,
  mapped integer not null,
  unmapped integer not null,
  digest bytea not null check (pg_catalog.octet_length(digest) = 32),
  bytes bigint not null,
  written jsonb not null,
  seconds double precision not null,
  mapping_hash text not null,
  program_version text not null,
  operator text not null,
  xid xid8 not null default pg_catalog.pg_current_xact_id(),
  recorded_at timestamptz not null default pg_catalog.clock_timestamp()
);
create index batch_of_task on rehouse.batch (task, pass);
comment on table rehouse.batch is 'One row per committed transaction that wrote rows. It is here if and only if the rows are.';
comment on column rehouse.batch.kind is 'load: rows read and written. settle: references checked afterwards. correct: rows taken back.';
comment on column rehouse.batch.after_key is 'The batch holds the source rows after this key, up to and with up_to_key.';
comment on column rehouse.batch.digest is 'SHA-256 of the rows as sent (COPY tuples, in order).';
comment on column rehouse.batch.written is 'Rows written per target table; negative where a correction removed some.';
comment on column rehouse.batch.xid is 'Transaction that committed the batch; compare with xmin of the rows.';

create table rehouse.batch_count (
  batch bigint not null references rehouse.batch,
  relation text not null,
  read bigint not null,
  loaded bigint not null,
  updated bigint not null,
  unchanged bigint not null,
  merged bigint not null,
  skipped bigint not null,
  excluded bigint not null,
  quarantined bigint not null,
  parts_quarantined bigint not null,
  loaded_earlier_in_run bigint not null,
  primary key (batch, relation),
  constraint every_row_has_one_outcome check (read = loaded + updated + unchanged + merged + skipped + excluded + quarantined)
);
comment on table rehouse.batch_count is 'What became of the rows read, per batch and source relation. Settling and correcting batches read nothing and move rows from one outcome to another: signed counts.';
comment on column rehouse.batch_count.loaded_earlier_in_run is 'Of the unchanged rows, those that an earlier pass of the same run loaded.';

create table rehouse.outcome_count (
  batch bigint not null references rehouse.batch,
  kind text not null check (kind in ('value', 'exclude', 'quarantine', 'note', 'loss', 'zone_gap', 'zone_overlap', 'lacking')),
  column_name text not null,
  code text not null,
  count bigint not null,
  primary key (batch, kind, column_name, code)
);
comment on table rehouse.outcome_count is 'Declared outcomes taken, by target column and code.';

create table rehouse.id_map_integer (
  tenant integer not null,
  entity smallint not null,
  key bigint not null,
  id uuid not null,
  hash bigint not null,
  batch bigint not null,
  primary key (tenant, entity, key)
);
comment on table rehouse.id_map_integer is 'Legacy integer key to identifier, per tenant and entity. See the view rehouse.id_map. No foreign keys: this is the hot path.';
comment on column rehouse.id_map_integer.hash is '64 bits of the digest of the rows as loaded: tells a changed source row from an unchanged one.';

create table rehouse.id_map_text (
  tenant integer not null,
  entity smallint not null,
  key text collate "C" not null,
  id text collate "C" not null,
  hash bigint not null,
  batch bigint not null,
  primary key (tenant, entity, key)
);
create index id_map_text_by_id on rehouse.id_map_text (id);
comment on table rehouse.id_map_text is 'Legacy key of any other kind (canonical text) to identifier, per tenant and entity. See the view rehouse.id_map.';

create table rehouse.quarantine (
  tenant integer not null,
  entity smallint not null,
  key text collate "C" not null,
  part text collate "C" not null,
  ordinal integer not null,
  code text not null,
  column_name text,
  value_masked text,
  detail text,
  batch bigint not null,
  first_run text not null,
  last_run text not null,
  resolved_batch bigint,
  primary key (tenant, entity, key, part, ordinal)
);
create index quarantine_open on rehouse.quarantine (tenant, entity, last_run) where resolved_batch is null;
comment on table rehouse.quarantine is 'Rows refused with a reason. Values are masked. See the view rehouse.quarantined for the open ones.';
comment on column rehouse.quarantine.part is 'Empty: the whole row. Otherwise the target table whose part of the row was left out.';
comment on column rehouse.quarantine.ordinal is 'Counts the refused parts of one row in the same table from 0.';
comment on column rehouse.quarantine.batch is 'Batch that last refused it.';
comment on column rehouse.quarantine.resolved_batch is 'Batch in which the row came to another end; null = still refused.';

create table rehouse.exclusion (
  tenant integer not null,
  entity smallint not null,
  key text collate "C" not null,
  code text not null,
  batch bigint not null,
  primary key (tenant, entity, key)
);
comment on table rehouse.exclusion is 'Rows the mapping leaves out on purpose, with the reason. A key that is in the id map or in quarantine is there, whatever stands here.';

create table rehouse.note (
  batch bigint not null,
  tenant integer not null,
  entity smallint not null,
  key text collate "C" not null,
  code text not null,
  column_name text
);
create index note_of_batch on rehouse.note (batch);
comment on table rehouse.note is 'Remarks on rows that were loaded.';

create table rehouse.schema_step (
  id bigint generated always as identity primary key,
  run text not null,
  kind text not null,
  table_schema text not null,
  table_name text not null,
  name text not null,
  apply_sql text not null,
  undo_sql text not null,
  applied_at timestamptz not null default pg_catalog.clock_timestamp(),
  undone_at timestamptz
);
create index schema_step_open on rehouse.schema_step (id) where undone_at is null;
comment on table rehouse.schema_step is 'Indexes, constraints and triggers taken away for a load. undone_at null = a debt: run undo_sql, last one first.';

create table rehouse.holder (
  backend integer primary key,
  run text not null,
  operator text not null,
  host text not null,
  pid integer not null,
  since timestamptz not null default pg_catalog.clock_timestamp()
);
comment on table rehouse.holder is 'Who asked for the database. Only the row whose backend holds the advisory lock counts; others are left-overs.';

create table rehouse.audit (
  id bigint primary key,
  at text not null,
  who text not null,
  action text not null,
  run text,
  detail json not null,
  previous bytea not null,
  hash bytea not null check (pg_catalog.octet_length(hash) = 32)
);
comment on table rehouse.audit is 'Who did what, chained: hash is an HMAC over the entry and the hash before it. A changed, missing or added entry breaks the chain.';

create table rehouse.audit_head (
  only_row boolean primary key default true check (only_row),
  id bigint not null,
  hash bytea not null
);
insert into rehouse.audit_head (id, hash) values (0, '\x');
comment on table rehouse.audit_head is 'The last entry of the audit chain. Locked by whoever adds one, so that the chain cannot fork.';

create function rehouse.integer_key(key text) returns bigint
language sql immutable parallel safe
return case when key ~ '^(0|-?[1-9][0-9]{0,18})$' and key::numeric between -9223372036854775808 and 9223372036854775807 then key::bigint end;
comment on function rehouse.integer_key is 'The key as it stands in id_map_integer; null when it cannot stand there.';

create view rehouse.id_map as
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
left join rehouse.batch b on b.id = m.batch;
comment on view rehouse.id_map is 'Legacy key and new identifier of every loaded row. tenant_id null = shared by all tenants.';

create view rehouse.quarantined as
select e.name as entity, t.code as tenant, q.key, q.code, q.column_name, q.value_masked, q.detail, q.part, q.batch, q.first_run, q.last_run, q.ordinal
from rehouse.quarantine q
join rehouse.entity e on e.number = q.entity
left join rehouse.tenant t on t.number = q.tenant
where q.resolved_batch is null;
comment on view rehouse.quarantined is 'Rows in quarantine now. tenant null = shared by all tenants; part empty = the whole row.';

create view rehouse.batch_state as
select b.id, b.run, e.name as entity, t.code as tenant, b.kind, 'complete' as status, b.up_to_key as last_legacy_key,
  b.recorded_at - b.seconds * interval '1 second' as started, b.recorded_at as completed,
  c.read, c.written, c.skipped, c.quarantined, b.seconds, pg_catalog.encode(b.digest, 'hex') as checksum, b.mapping_hash, b.operator
from rehouse.batch b
join rehouse.entity e on e.number = b.entity
left join rehouse.tenant t on t.number = b.tenant
cross join lateral (
  select pg_catalog.sum(c.read) as read, pg_catalog.sum(c.loaded + c.updated) as written,
    pg_catalog.sum(c.unchanged + c.merged + c.skipped + c.excluded) as skipped, pg_catalog.sum(c.quarantined) as quarantined
  from rehouse.batch_count c where c.batch = b.id
) c
union all
select null, k.run, e.name, t.code, null, case k.state when 'pending' then 'pending' when 'failed' then 'failed' when 'stopped' then 'failed' else 'running' end,
  k.position, k.claimed_at, null, null, null, null, null, null, null, r.mapping_hash, r.operator
from rehouse.task k
join rehouse.run r on r.id = k.run
join rehouse.entity e on e.number = k.entity
left join rehouse.tenant t on t.number = k.tenant
where k.state <> 'settled';
comment on view rehouse.batch_state is 'Every committed batch (complete), and one row without id for each task that has more to do: pending, running or failed.';
