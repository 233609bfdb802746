-- Identity and configuration: who works where, and the lists everything else points to.
create schema identity;
create schema configuration;

create table configuration.tenants (
  id uuid primary key,
  code text not null unique,
  name text not null,
  time_zone text not null
);
comment on table configuration.tenants is 'One row per school district; tenant_id everywhere refers to it.';

-- Shared by all tenants: no tenant_id, no row-level security.
create table configuration.shared_lookups (
  id uuid primary key,
  legacy_id integer not null unique,
  lookup_type text not null,
  value text not null check (value = btrim(value)),
  sort_order integer,
  unique (lookup_type, value)
);

create table configuration.tenant_lookups (
  id uuid primary key,
  tenant_id uuid not null references configuration.tenants (id),
  legacy_id integer not null,
  lookup_type text not null,
  value text not null check (value = btrim(value)),
  sort_order integer,
  unique (tenant_id, id),
  unique (tenant_id, legacy_id),
  unique (tenant_id, lookup_type, value)
);

create table configuration.school_years (
  id uuid primary key,
  tenant_id uuid not null references configuration.tenants (id),
  legacy_id integer not null,
  starts_on date not null,
  ends_on date not null,
  check (starts_on < ends_on),
  unique (tenant_id, id),
  unique (tenant_id, legacy_id)
);

create table configuration.grades (
  id uuid primary key,
  tenant_id uuid not null references configuration.tenants (id),
  legacy_id integer not null,
  name text not null,
  state_grade text,
  unique (tenant_id, id),
  unique (tenant_id, legacy_id)
);

create table configuration.schools (
  id uuid primary key,
  tenant_id uuid not null references configuration.tenants (id),
  legacy_id integer not null,
  name text not null check (name <> ''),
  is_archived boolean not null,
  updated_at timestamptz,
  updated_by text,
  updated_from inet,
  unique (tenant_id, id),
  unique (tenant_id, legacy_id)
);

create table configuration.programs (
  id uuid primary key,
  tenant_id uuid not null references configuration.tenants (id),
  code text not null,
  title text not null,
  unique (tenant_id, id),
  unique (tenant_id, code)
);

create type identity.staff_status as enum ('active', 'archived');

create table identity.people (
  id uuid primary key,
  tenant_id uuid not null references configuration.tenants (id),
  legacy_id integer not null,
  first_name text not null,
  last_name text not null,
  supervisor_id uuid,
  status identity.staff_status not null,
  updated_at timestamptz,
  unique (tenant_id, id),
  unique (tenant_id, legacy_id),
  foreign key (tenant_id, supervisor_id) references identity.people (tenant_id, id)
);
create index on identity.people (tenant_id, supervisor_id);

create table identity.users (
  id uuid primary key,
  tenant_id uuid not null,
  person_id uuid not null,
  email text not null check (email = lower(email) and email like '%_@_%'),
  unique (tenant_id, person_id),
  foreign key (tenant_id, person_id) references identity.people (tenant_id, id)
);
-- One person may work in several districts: an address is unique within one.
create unique index users_email on identity.users (tenant_id, email);

do $$
declare name text;
begin
  foreach name in array array['configuration.tenant_lookups', 'configuration.school_years', 'configuration.grades', 'configuration.schools', 'configuration.programs', 'identity.people', 'identity.users'] loop
    execute format('alter table %s enable row level security', name);
    execute format('alter table %s force row level security', name);
    -- After RESET the setting is '', which no uuid is: nullif makes it "no tenant", so that nothing is visible.
    execute format('create policy tenant_isolation on %s using (tenant_id = nullif(current_setting(''app.current_tenant'', true), '''')::uuid)
      with check (tenant_id = nullif(current_setting(''app.current_tenant'', true), '''')::uuid)', name);
  end loop;
end $$;
