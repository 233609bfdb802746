/** The two services as a careful owner would have them: tenant in every key, row-level security forced, checks, indexes, a trigger. */

const isolate = (tables: readonly string[]): string =>
  tables
    .map(
      table => `alter table ${table} enable row level security; alter table ${table} force row level security;
        create policy tenant_only on ${table} using (tenant_id = nullif(current_setting('app.tenant', true), '')::uuid);`,
    )
    .join('\n')

export const PEOPLE_SQL = `
create schema people;
create table people.countries (id uuid primary key, code text not null unique, name text not null check (name <> ''));
create materialized view people.country_letters as select left(code, 1) as letter, count(*) as countries from people.countries group by 1;
create table people.persons (
  id uuid primary key, tenant_id uuid not null, legacy_id int not null, manager_id uuid, country_id uuid references people.countries, name text not null, email text, hired_at timestamptz,
  unique (tenant_id, id), unique (tenant_id, legacy_id),
  constraint persons_email unique (tenant_id, email),
  constraint persons_manager foreign key (tenant_id, manager_id) references people.persons (tenant_id, id)
);
create index persons_name on people.persons (tenant_id, lower(name));
create table people.person_details (
  id uuid primary key, tenant_id uuid not null, person_id uuid not null, age int,
  constraint age_is_human check (age between 0 and 150),
  foreign key (tenant_id, person_id) references people.persons (tenant_id, id)
);
create index details_person on people.person_details (tenant_id, person_id);
create table people.teams (id uuid primary key, tenant_id uuid not null, legacy_id int not null, lead_id uuid, name text not null, unique (tenant_id, id));
create table people.members (id uuid primary key, tenant_id uuid not null, legacy_id int not null, team_id uuid, name text not null, unique (tenant_id, id),
  constraint members_team foreign key (tenant_id, team_id) references people.teams (tenant_id, id));
alter table people.teams add constraint teams_lead foreign key (tenant_id, lead_id) references people.members (tenant_id, id);
create table people.accounts (id uuid primary key, tenant_id uuid not null, legacy_id bigint not null, person_id uuid, holder_id uuid, balance numeric(12,2) not null,
  unique (tenant_id, id), unique (tenant_id, legacy_id), check (balance <> 103.50),
  foreign key (tenant_id, person_id) references people.persons (tenant_id, id), foreign key (tenant_id, holder_id) references people.persons (tenant_id, id));
create table people.enrolments (id uuid primary key, tenant_id uuid not null, person_id uuid not null, term text not null, slot smallint not null, mark int,
  unique (tenant_id, person_id, term, slot), foreign key (tenant_id, person_id) references people.persons (tenant_id, id));
create table people.history (id bigint generated always as identity primary key, tenant_id uuid, what text);
create function people.remember() returns trigger language plpgsql as
  $$ begin insert into people.history (tenant_id, what) values (new.tenant_id, tg_op); return new; end $$;
create trigger remember after insert or update on people.persons for each row execute function people.remember();
${isolate(['people.persons', 'people.person_details', 'people.teams', 'people.members', 'people.accounts', 'people.enrolments'])}
`

export const FACTS_SQL = `
create schema facts;
create table facts.tags (id uuid primary key, tenant_id uuid not null, name text not null, weight int, unique (tenant_id, id), unique (tenant_id, name));
create table facts.taggings (id uuid primary key, tenant_id uuid not null, tag_id uuid not null, person_id uuid, remark text,
  foreign key (tenant_id, tag_id) references facts.tags (tenant_id, id));
create index taggings_tag on facts.taggings (tenant_id, tag_id);
create table facts.documents (id uuid primary key, tenant_id uuid not null, account_id uuid, title text, constraint title_is_known check (title <> 'T44'));
create table facts.readings (id uuid primary key, tenant_id uuid not null, legacy_id int not null, person_id uuid not null, account_id uuid, value numeric(10,2), at timestamptz,
  unique (tenant_id, legacy_id), constraint reading_once unique (tenant_id, person_id, value), constraint value_is_small check (value < 129));
create index readings_person on facts.readings (tenant_id, person_id, at);
create index readings_high on facts.readings (tenant_id, value desc) where value > 100;
${isolate(['facts.tags', 'facts.taggings', 'facts.documents', 'facts.readings'])}
`
