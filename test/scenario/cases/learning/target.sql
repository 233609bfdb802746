-- Alpha2: people are known by the subject of OpenID Connect. All times are instants; row security is forced where a pupil's own rows are.
create table legacy_user_map (legacy_id uuid primary key, sub text not null unique);
create table courses (id uuid primary key, title text not null, subject text, grade_level text, term text, teacher_id text not null, created_at timestamptz not null, updated_at timestamptz not null);
create table course_memberships (
  course_id uuid not null references courses, student_id text not null, role text not null default 'student', created_at timestamptz not null, primary key (course_id, student_id)
);
create table units (id uuid primary key, title text not null, summary text, author_id text not null, created_at timestamptz not null, updated_at timestamptz not null);
create table unit_sections (
  id uuid primary key, unit_id uuid not null references units, title text not null, position int not null check (position > 0), created_at timestamptz not null, updated_at timestamptz not null,
  unique (unit_id, position) deferrable
);
create table course_modules (
  id uuid primary key, course_id uuid not null references courses, unit_id uuid not null references units, position int not null check (position > 0), created_at timestamptz not null,
  unique (course_id, position) deferrable, unique (course_id, unit_id)
);
create table module_section_releases (
  course_module_id uuid not null references course_modules, section_id uuid not null references unit_sections, visible boolean not null, released_at timestamptz, released_by text not null,
  primary key (course_module_id, section_id), check (visible = (released_at is not null))
);
create table unit_materials (
  id uuid primary key, unit_id uuid not null references units, section_id uuid not null references unit_sections, title text not null, body_md text not null, position int not null check (position > 0),
  kind text not null check (kind in ('markdown', 'file')), storage_key text unique, filename_original text, mime_type text, size_bytes bigint, sha256 text check (sha256 ~ '^[0-9a-f]{64}$'), alt_text text,
  unique (section_id, position) deferrable,
  check (case kind when 'markdown' then num_nonnulls(storage_key, filename_original, mime_type, size_bytes, sha256) = 0
    else num_nulls(storage_key, filename_original, mime_type, size_bytes, sha256) = 0 end)
);
create table unit_tasks (
  id uuid primary key, unit_id uuid not null references units, section_id uuid not null references unit_sections, instruction_md text not null check (instruction_md ~ '[^[:space:]]'),
  criteria text[] not null check (cardinality(criteria) <= 10 and '' <> all (criteria)), hints_md text, due_at timestamptz, max_attempts int check (max_attempts > 0), position int not null check (position > 0),
  created_at timestamptz not null, updated_at timestamptz not null, unique (section_id, position) deferrable
);
create table learning_submissions (
  id uuid primary key, course_id uuid not null references courses, task_id uuid not null references unit_tasks on delete cascade, student_sub text not null, kind text not null check (kind in ('text', 'image', 'file')),
  text_body text, storage_key text, mime_type text, size_bytes bigint check (size_bytes between 1 and 10485760), sha256 text check (sha256 ~ '^[0-9a-f]{64}$'), attempt_nr int not null,
  analysis_status text not null, analysis_json jsonb, feedback_md text, created_at timestamptz not null, completed_at timestamptz,
  unique (course_id, task_id, student_sub, attempt_nr),
  check (case kind when 'text' then text_body is not null and num_nonnulls(storage_key, mime_type, size_bytes, sha256) = 0
    when 'image' then mime_type in ('image/jpeg', 'image/png') and num_nulls(storage_key, size_bytes, sha256) = 0
    else mime_type = 'application/pdf' and num_nulls(storage_key, size_bytes, sha256) = 0 end)
);

-- Who may see a row: the pupil whose it is. Nobody else, not even the tables' owner.
alter table legacy_user_map enable row level security;
alter table legacy_user_map force row level security;
create policy nobody on legacy_user_map using (false);
alter table course_memberships enable row level security;
alter table course_memberships force row level security;
create policy own on course_memberships using (student_id = coalesce(current_setting('app.current_sub', true), ''));
alter table learning_submissions enable row level security;
alter table learning_submissions force row level security;
create policy own on learning_submissions using (student_sub = coalesce(current_setting('app.current_sub', true), ''));
