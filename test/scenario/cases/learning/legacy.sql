-- A learning platform on Supabase after some years: 60 people, 24 courses, 16 units of 64 sections, 128 tasks, 600 submissions, and every wart of the case. All of it made up.
create schema auth;
create schema storage;
create function key_of(kind text, i int) returns uuid language sql immutable as $$ select md5(kind || ' ' || i)::uuid $$;
create function at(i int) returns timestamptz language sql immutable as $$ select timestamptz '2023-03-04 05:06:07.123456+00' + i * interval '3601.000001 seconds' $$;

create table auth.users (id uuid primary key, email text, encrypted_password text, raw_user_meta_data jsonb, created_at timestamptz not null, deleted_at timestamptz);
create table public.profiles (id uuid primary key references auth.users, role text, full_name text, email text, created_at timestamptz, updated_at timestamptz);
create table public.course (id uuid primary key, name text, creator_id uuid, created_at timestamptz not null, updated_at timestamptz not null);
create table public.course_student (course_id uuid not null, student_id uuid not null, enrolled_at timestamptz not null, primary key (course_id, student_id));
create table public.course_teacher (course_id uuid not null, teacher_id uuid not null, primary key (course_id, teacher_id));
create table public.learning_unit (id uuid primary key, title text, creator_id uuid, created_at timestamptz not null, updated_at timestamptz not null);
create table public.course_learning_unit_assignment (course_id uuid not null, unit_id uuid not null, assigned_at timestamptz not null, primary key (course_id, unit_id));
create table public.unit_section (
  id uuid primary key, unit_id uuid not null, title text, order_in_unit int not null default 0, materials jsonb, created_at timestamptz not null, updated_at timestamptz not null
);
create table public.course_unit_section_status (
  course_id uuid not null, section_id uuid not null, is_published boolean, published_at timestamptz, primary key (course_id, section_id)
);
create table public.task_base (
  id uuid primary key, section_id uuid, instruction text, task_type text, assessment_criteria jsonb, solution_hints text, order_in_section int,
  created_at timestamptz not null, updated_at timestamptz not null
);
create table public.regular_tasks (task_id uuid primary key, order_in_section int, max_attempts int, grading_criteria text[]);
create table public.mastery_tasks (task_id uuid primary key, difficulty int);
create table public.submission (
  id uuid primary key, student_id uuid not null, task_id uuid not null, submitted_at timestamptz not null, submission_data jsonb, ai_feedback jsonb,
  feed_back_text text, feed_forward_text text, teacher_override_feedback text, attempt_number int not null, feedback_status text,
  unique (student_id, task_id, attempt_number)
);
create table storage.buckets (id text primary key);
create table storage.objects (id uuid primary key, bucket_id text, name text, version text, metadata jsonb, created_at timestamptz);

-- 15, 30, 45 and 60 are deleted. Some were made at the same instant.
insert into auth.users
select key_of('user', i), 'person' || i || '@example.org', 'hash ' || i, jsonb_build_object('name', 'Person ' || i), at(i % 7), case when i % 15 = 0 then at(i) end
from generate_series(1, 60) i;
insert into public.profiles
select id, case when i <= 24 then 'teacher' else 'student' end, 'Person ' || i, email, created_at, created_at
from generate_series(1, 60) i join auth.users on id = key_of('user', i);

-- Course 23 has no creator; 25 and 26 stand in no list of courses.
insert into public.course
select key_of('course', i), case i % 8 when 0 then null when 1 then '' when 2 then E' \t ' else '  Course ' || i || ' ' end,
  case when i <> 23 then key_of('user', i) end, at(i % 9), at(i + 50)
from generate_series(1, 24) i;
insert into public.course_student
select key_of('course', c), key_of('user', s), at(c + s) from generate_series(1, 25) c, generate_series(25, 60) s where (c + s) % 5 = 0 or c = 2;
insert into public.course_teacher select key_of('course', c), key_of('user', c) from generate_series(1, 24) c;

insert into public.learning_unit
select key_of('unit', u), case u % 6 when 0 then null when 1 then '' else 'Unit ' || u end, key_of('user', u), at(u), at(u + 1) from generate_series(1, 16) u;
insert into public.course_learning_unit_assignment
select key_of('course', c), key_of('unit', 1 + (c + d) % 16), at(c % 2) from generate_series(1, 25) c, unnest(array[0, 3, 7, 8]) d;
insert into public.course_learning_unit_assignment values (key_of('course', 1), key_of('unit', 99), at(1));

-- The order mixes counting from 0 and from 1, is not unique, and neither is the time.
insert into public.unit_section
select key_of('section', s), key_of('unit', 1 + s % 16), case s % 5 when 0 then null when 1 then '  ' else 'Section ' || s end, (s / 16) % 3, case s % 8
  when 1 then '[]'
  when 2 then '{"no": "list"}'
  when 3 then jsonb_build_array(
    jsonb_build_object('id', 'a', 'title', ' Read me ', 'type', 'markdown', 'content', '# Text ' || s),
    jsonb_build_object('id', 'b', 'title', '', 'type', 'link', 'content', 'https://example.org/' || s))
  when 4 then jsonb_build_array(
    jsonb_build_object('id', 'a', 'type', 'file', 'path', 'unit/Blatt ' || s || ' – Übung.pdf', 'filename', 'Übung.pdf', 'mime_type', 'application/pdf'),
    jsonb_build_object('id', 'b', 'title', 'Gone', 'type', 'file', 'path', 'unit/gone ' || s, 'filename', 'gone.pdf'))
  when 5 then jsonb_build_array(
    jsonb_build_object('id', 'a', 'title', 'Geometry', 'type', 'applet', 'content', 'https://example.org/applet'),
    jsonb_build_object('id', 'b', 'title', 'Film', 'type', 'video', 'content', 'x'),
    jsonb_build_object('id', 'c', 'title', 'Empty', 'type', 'markdown', 'content', null))
  when 6 then jsonb_build_array(
    jsonb_build_object('id', 'a', 'title', 'One', 'type', 'markdown', 'content', 'one'),
    jsonb_build_object('id', 'a', 'title', 'One again', 'type', 'markdown', 'content', 'two'),
    jsonb_build_object('title', 'Nobody', 'type', 'markdown', 'content', 'three'))
  when 7 then jsonb_build_array(jsonb_build_object('id', 7, 'type', 'file', 'path', 'loud/' || s, 'mime_type', 'image/png', 'title', 'Loud')) end,
  at(s % 4), at(s + 2)
from generate_series(1, 64) s;
-- Of a unit that is gone.
insert into public.unit_section values (key_of('section', 65), key_of('unit', 99), 'Lost', 0, '[{"id": "z", "title": "Lost", "type": "markdown", "content": "lost"}]', at(1), at(1));

insert into public.course_unit_section_status
select key_of('course', c), key_of('section', s), case (c + s) % 3 when 0 then true when 1 then false end, case when (c * s) % 11 > 0 then at(c + s) end
from generate_series(1, 24) c, generate_series(1, 64) s where (c + s) % 4 = 0 or s % 16 = c % 16;
insert into public.course_unit_section_status values (key_of('course', 3), key_of('section', 99), true, at(1));

insert into public.task_base
select key_of('task', t), case when t % 31 > 0 then key_of('section', 1 + t % 64) end, case when t % 29 = 0 then ' ' else 'Do ' || t end,
  case when t % 6 = 5 then 'mastery' else 'regular' end,
  case t % 4 when 0 then '["from json", " from json", 7, ""]' when 1 then '{"no": "list"}' when 2 then 'null' end::jsonb, case when t % 3 = 0 then 'Hint ' || t end,
  t % 2, at(t % 5), at(t + 1)
from generate_series(1, 128) t;
update public.task_base set section_id = key_of('section', 99) where id = key_of('task', 77);
insert into public.regular_tasks
select key_of('task', t), case when t % 7 > 0 then t % 3 end, t % 4 - 1, case t % 5
  when 1 then array[' clear ', 'clear', '', 'short']
  when 2 then (select array_agg('criterion ' || i) from generate_series(1, 12) i)
  when 3 then '{}' end
from generate_series(1, 128) t where t % 6 <> 5;
-- Nobody's.
insert into public.regular_tasks values (key_of('task', 901), 1, 1, null), (key_of('task', 902), 1, 1, null);
insert into public.mastery_tasks select key_of('task', t), t % 3 from generate_series(1, 128) t where t % 6 = 5;

insert into public.submission
select key_of('submission', n), key_of('user', 25 + n % 36), key_of('task', 1 + (n * 7) % 128), at(n % 90), case
    when n % 50 = 1 then '"just text"'
    when n % 50 = 2 then '5'
    when n % 50 = 3 then 'null'
    when n % 50 = 4 then null
    when n % 10 in (1, 2, 3, 4, 8) then jsonb_build_object('file_path', 'student_' || n % 36 || '/Lösung ' || n, 'file_type', 'x', 'original_filename', 'Lösung.pdf')
      || case when n % 10 = 2 then jsonb_build_object('text', 'see file') else '{}' end
    when n % 10 = 5 then '[]'
    when n % 10 = 6 then '{"text": null}'
    when n % 20 = 7 then jsonb_build_object('text', n::text)
    else jsonb_build_object('text', 'answer ' || n, 'digits', 1.10) end,
  case when n % 3 = 0 then jsonb_build_object('score', n * 1.10) end, case when n % 4 = 0 then 'good ' || n end, case when n % 6 = 0 then 'next ' || n when n % 6 = 1 then '  ' end,
  case when n % 9 = 0 then 'teacher says ' || n end, n, 'done'
from generate_series(1, 600) n;
insert into storage.buckets values ('section_materials'), ('submissions');
insert into storage.objects select key_of('object', o), 'submissions', 'o' || o, 'v', '{}', at(o) from generate_series(1, 3) o;
