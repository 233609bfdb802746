-- Assessments and their results. Students, sections and staff live in other services: their ids have no foreign key here.
create schema assessment;

create type assessment.result_status as enum ('not_started', 'in_progress', 'complete');

create table assessment.assessments (
  id uuid primary key,
  tenant_id uuid not null,
  legacy_id integer not null,
  name text not null,
  subject text check (subject in ('mathematics', 'language', 'science')),
  max_score numeric(6,2),
  updated_at timestamptz,
  unique (tenant_id, id),
  unique (tenant_id, legacy_id)
);

create table assessment.results (
  id uuid primary key,
  tenant_id uuid not null,
  legacy_id integer not null,
  assessment_id uuid not null,
  student_id uuid not null,
  section_id uuid,
  recorder_id uuid,
  score numeric(6,2),
  status assessment.result_status not null,
  tested_on date,
  remark text,
  updated_at timestamptz,
  changed_at timestamptz,
  constraint score_range check (score between 0 and 100),
  unique (tenant_id, legacy_id),
  foreign key (tenant_id, assessment_id) references assessment.assessments (tenant_id, id)
);
create index on assessment.results (tenant_id, student_id);
create index on assessment.results (tenant_id, assessment_id);

-- Fires on changes only; the migration says `triggers: fire` for this service.
create function assessment.stamp_change() returns trigger language plpgsql as $$
begin
  new.changed_at := now();
  return new;
end $$;
create trigger stamp_change before update on assessment.results for each row execute function assessment.stamp_change();

do $$
declare name text;
begin
  foreach name in array array['assessments', 'results'] loop
    execute format('alter table assessment.%I enable row level security', name);
    execute format('alter table assessment.%I force row level security', name);
    execute format('create policy tenant_isolation on assessment.%I using (tenant_id = nullif(current_setting(''app.current_tenant'', true), '''')::uuid)
      with check (tenant_id = nullif(current_setting(''app.current_tenant'', true), '''')::uuid)', name);
  end loop;
end $$;
