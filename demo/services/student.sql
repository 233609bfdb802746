-- Students and what belongs to them. Schools, years, grades and staff live in another service: their ids have no foreign key here.
create schema student;

create table student.students (
  id uuid primary key,
  tenant_id uuid not null,
  legacy_id integer not null,
  first_name text not null check (first_name <> ''),
  middle_name text,
  last_name text not null check (last_name <> ''),
  birth_date date not null,
  student_number text,
  graduation_year smallint check (graduation_year between 1990 and 2100),
  comment text,
  program_id uuid,
  status text not null check (status in ('active', 'archived')),
  archived_at timestamptz,
  created_at timestamptz not null,
  updated_at timestamptz,
  check (archived_at is null or status = 'archived'),
  unique (tenant_id, id),
  unique (tenant_id, legacy_id)
);
create unique index students_number on student.students (tenant_id, student_number);
create index students_name on student.students (tenant_id, last_name, first_name);
comment on column student.students.legacy_id is 'The integer key in the legacy database of the tenant; unique only with tenant_id.';

create table student.demographics (
  id uuid primary key,
  tenant_id uuid not null,
  student_id uuid not null,
  ethnicity_id uuid,
  gender_id uuid,
  is_gifted boolean not null,
  profile jsonb not null,
  unique (tenant_id, student_id),
  foreign key (tenant_id, student_id) references student.students (tenant_id, id) on delete cascade
);

create table student.contacts (
  id uuid primary key,
  tenant_id uuid not null,
  student_id uuid not null,
  role text not null check (role in ('guardian1', 'guardian2')),
  name text not null,
  phone text,
  email text,
  unique (tenant_id, student_id, role),
  foreign key (tenant_id, student_id) references student.students (tenant_id, id) on delete cascade
);

create table student.addresses (
  id uuid primary key,
  tenant_id uuid not null,
  student_id uuid not null,
  line1 text,
  line2 text,
  city text,
  region text,
  postal_code text,
  foreign key (tenant_id, student_id) references student.students (tenant_id, id) on delete cascade
);
create index on student.addresses (tenant_id, student_id);

create table student.audit_entries (
  id uuid primary key default gen_random_uuid(),
  tenant_id uuid not null,
  student_id uuid not null,
  action text not null,
  at timestamptz not null,
  actor text,
  ip inet,
  foreign key (tenant_id, student_id) references student.students (tenant_id, id) on delete cascade
);
create index on student.audit_entries (tenant_id, student_id, at);

-- The service writes its own audit trail. The migration brings the legacy one and therefore says `triggers: disable`.
create function student.audit_new_student() returns trigger language plpgsql as $$
begin
  insert into student.audit_entries (tenant_id, student_id, action, at) values (new.tenant_id, new.id, 'created', now());
  return null;
end $$;
create trigger audit_new_student after insert on student.students for each row execute function student.audit_new_student();

create table student.enrolments (
  id uuid primary key,
  tenant_id uuid not null,
  student_id uuid not null,
  school_id uuid not null,
  school_year_id uuid not null,
  grade_id uuid not null,
  starts_on date,
  ends_on date,
  check (starts_on <= ends_on),
  unique (tenant_id, student_id, school_id, school_year_id, grade_id),
  foreign key (tenant_id, student_id) references student.students (tenant_id, id) on delete cascade
);

create table student.documents (
  id uuid primary key,
  tenant_id uuid not null,
  student_id uuid not null,
  title text not null,
  content bytea,
  updated_at timestamptz,
  foreign key (tenant_id, student_id) references student.students (tenant_id, id)
);
create index on student.documents (tenant_id, student_id);

create table student.sections (
  id uuid primary key,
  tenant_id uuid not null,
  legacy_id integer not null,
  name text not null,
  school_id uuid not null,
  school_year_id uuid not null,
  teacher_id uuid,
  updated_at timestamptz,
  unique (tenant_id, id),
  unique (tenant_id, legacy_id)
);

create table student.rosters (
  id uuid primary key,
  tenant_id uuid not null,
  student_id uuid not null,
  section_id uuid not null,
  unique (tenant_id, student_id, section_id),
  foreign key (tenant_id, student_id) references student.students (tenant_id, id) on delete cascade,
  foreign key (tenant_id, section_id) references student.sections (tenant_id, id)
);
create index on student.rosters (tenant_id, section_id);

create table student.import_lines (
  id uuid primary key,
  tenant_id uuid not null,
  at timestamptz,
  who text,
  line text
);

do $$
declare name text;
begin
  foreach name in array array['students', 'demographics', 'contacts', 'addresses', 'audit_entries', 'enrolments', 'documents', 'sections', 'rosters', 'import_lines'] loop
    execute format('alter table student.%I enable row level security', name);
    execute format('alter table student.%I force row level security', name);
    execute format('create policy tenant_isolation on student.%I using (tenant_id = nullif(current_setting(''app.current_tenant'', true), '''')::uuid)
      with check (tenant_id = nullif(current_setting(''app.current_tenant'', true), '''')::uuid)', name);
  end loop;
end $$;
