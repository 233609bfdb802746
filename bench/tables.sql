-- The target a careful owner would have, without keys and indexes (keys.sql).
create table students (
  id uuid not null,
  tenant_id uuid not null,
  legacy_id integer not null,
  first_name text not null,
  last_name text not null
);
create table assessments (
  id uuid not null,
  tenant_id uuid not null,
  legacy_id integer not null,
  name text not null
);
create table assessment_results (
  id uuid not null,
  tenant_id uuid not null,
  legacy_id integer not null,
  student_id uuid not null,
  assessment_id uuid not null,
  score numeric(6,2),
  taken_at timestamptz,
  status text not null,
  comment text,
  updated_at timestamptz not null,
  is_retake boolean not null
);

alter table students enable row level security;
alter table students force row level security;
create policy tenant_isolation on students using (tenant_id = nullif(current_setting('app.current_tenant', true), '')::uuid);
alter table assessments enable row level security;
alter table assessments force row level security;
create policy tenant_isolation on assessments using (tenant_id = nullif(current_setting('app.current_tenant', true), '')::uuid);
alter table assessment_results enable row level security;
alter table assessment_results force row level security;
create policy tenant_isolation on assessment_results using (tenant_id = nullif(current_setting('app.current_tenant', true), '')::uuid);
