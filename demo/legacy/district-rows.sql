-- The rows of one synthetic district. Every value is a function of the district's code and the row's number: the same on every machine.
-- Settings: demo.code, demo.students (how many), demo.broken (every how-manieth student is broken; 0 = none).
create function pg_temp.r(i bigint, what text) returns double precision immutable language sql
  return ('x' || substr(md5(current_setting('demo.code') || ' ' || what || ' ' || i), 1, 8))::bit(32)::bigint / 4294967296.0;
create function pg_temp.pick(i bigint, what text, choices text[]) returns text immutable language sql
  return choices[1 + floor(pg_temp.r(i, what) * cardinality(choices))::int];
create function pg_temp.students() returns int stable language sql return current_setting('demo.students')::int;
create function pg_temp.part(share double precision, least_rows int) returns int stable language sql
  return greatest(least_rows, floor(pg_temp.students() * share)::int);
-- Local time, in steps of 1/300 s as SQL Server's datetime counts; now and then none, a time the clocks skipped, or one they showed twice.
create function pg_temp.modified(i bigint, what text) returns timestamp immutable language sql return
  case
    when i % 7 = 0 then null
    when i % 97 = 0 then timestamp '2024-03-10 02:30:00.123'
    when i % 89 = 0 then timestamp '2023-11-05 01:30:00.457'
    else timestamp '2011-01-03 08:00' + floor(pg_temp.r(i, what || ' modified') * 5000 * 86400 * 300) / 300 * interval '1 second'
  end;
create function pg_temp.broken(i bigint) returns int stable language sql return
  case when current_setting('demo.broken')::int > 0 and i % current_setting('demo.broken')::int = 17 % current_setting('demo.broken')::int
    then 1 + (i / current_setting('demo.broken')::int) % 5 else 0 end;

insert into dbo."School" ("Name", "IsActive", "ModifiedDate", "Ip", "ModifiedBy")
select pg_temp.pick(i, 'school', '{Lincoln,Washington,"St. Mary''s",Riverside,"Martin Luther King, Jr.",Élan,Oak Grove,Franklin}') || ' '
    || case when i % 3 = 0 then 'High' when i % 3 = 1 then 'Elementary' else 'Middle' end || ' School No. ' || i,
  case when i % 5 = 0 then false when i % 2 = 0 then true end, pg_temp.modified(i, 'school'), '10.0.0.' || i, 'import'
from generate_series(1, pg_temp.part(0.003, 3)) i;

insert into dbo."SchoolYear" ("Year", "StartDate", "EndDate")
select y, make_date(y, 8, 20), make_date(y + 1, 6, 12) from generate_series(2019, 2025) y;

insert into dbo."Grade" ("Name", "StateGradeNumber")
select case when g = 0 then 'Kindergarten' else 'Grade ' || g end, case when g = 12 then null else g::text end from generate_series(0, 12) g;

insert into dbo."LookupValue" ("LookupType", "LookupValue", "SortOrder")
select t, v, case when place < 5 then place end
from (values ('Ethnicity', '{Asian,Black,Hispanic,Native,White,"Two or more"}'::text[]), ('Gender', '{Female,Male,Non-binary," Undisclosed "}')) as kinds (t, choices),
  unnest(choices) with ordinality as one (v, place)
order by t, place;

insert into dbo."ProgramCode" ("Code", "Title") values
  ('AVID', 'Advancement Via Individual Determination'), ('IB', 'International Baccalaureate'), ('CTE', 'Career & Technical “Education”'), ('504', 'Section 504 plan'), ('ESY', 'Extended School Year 🌞');

insert into dbo."Staff" ("FirstName", "LastName", "Email", "SupervisorId", "IsActive", "PasswordHash", "ModifiedDate", "Ip", "ModifiedBy", "ModifiedBy_Old")
select pg_temp.pick(i, 'staff first', '{Ana,Bo,Chidi,Dolores,Émile,Fatima,Grace,Hiro}'), pg_temp.pick(i, 'staff last', '{O''Brien,Nguyễn,Smith-Jones,de la Cruz,Ünal,Adeyemi}'),
  -- The first five work for every district; one in eleven never got an address.
  case when i <= 5 then 'consultant' || i || '@example.org' when i % 11 = 0 then case when i % 2 = 0 then '' end else 'Staff.' || i || '@Example.org' end,
  -- Most supervisors come after those they supervise; some chains go round in a circle.
  case when i > 1 then nullif(1 + (i * 7) % n, i) end,
  case when i % 9 = 0 then false when i % 2 = 0 then true end, md5('staff ' || i), pg_temp.modified(i, 'staff'), '10.0.1.' || i % 250, 'admin', 'admin'
from pg_temp.part(0.07, 12) n, generate_series(1, n) i;

insert into dbo."Student" ("FirstName", "MiddleName", "LastName", "DOB", "GradYear", "StudentIdentifier", "Comment", "EthnicityID", "GenderID", "ELL", "Gifted", "ProgramCode",
  "EntryDate", "IsActive", "Guardian1Name", "Guardian1Phone", "Guardian1Email", "Guardian2Name", "Guardian2Phone", "Guardian2Email",
  "Address1", "Address2", "City", "State", "Zip", "ModifiedDate", "Ip", "ModifiedBy", "ModifiedBy_Old")
select
  case when bad = 1 then '   ' else pg_temp.pick(i, 'first', '{Ada,Björn,Carmen,Dmitri,Emma," Farah ",Giulia,Hana,Ibrahim,José,Kai,Lena,Mei,Noah,Olu,Zoë}') end,
  case i % 6 when 0 then '' when 1 then null else pg_temp.pick(i, 'middle', '{A.,Lee,Marie,van der,"X Æ"}') end,
  case when bad = 2 then null when i > pg_temp.students() then 'Test' else pg_temp.pick(i, 'last', '{Almeida,Brown,"D''Angelo",Fitzgerald,Garcia,Ivanov,"Jean-Baptiste",Kim,Łukasz,Müller,"Null",O''Neill,Singh,王}') end,
  case when bad = 3 then null else date '2006-01-01' + floor(pg_temp.r(i, 'dob') * 4700)::int + case when i % 31 = 0 then interval '1 hour' when i % 47 = 0 then interval '3 ms' else interval '0' end end,
  2024 + floor(pg_temp.r(i, 'grad') * 13)::int,
  -- 5: two students with one number.
  case when bad = 5 then 'S-' || lpad('1', 6, '0') when i % 23 = 0 then null else 'S-' || lpad(i::text, 6, '0') end,
  case i % 12
    when 0 then 'Plays the 🎻; says "later".' when 1 then E'first line\nsecond line\ttabbed' when 2 then 'it''s fine; drop table "Student"; --' when 3 then 'C:\temp\new \N' when 4 then ''
    when 5 then repeat('A long remark. ', 40) end,
  case when i % 13 <> 0 then 1 + floor(pg_temp.r(i, 'ethnicity') * 6)::int end, case when i % 17 <> 0 then 7 + floor(pg_temp.r(i, 'gender') * 4)::int end,
  case i % 5 when 0 then true when 1 then false end, case i % 8 when 0 then true when 1 then false end,
  case when i % 4 = 0 then pg_temp.pick(i, 'program', '{AVID,IB,CTE,504,ESY}') end,
  -- 4: neither an entry date nor a time of change.
  case when bad <> 4 and (i % 5 <> 0 or i % 7 = 0) then date '2012-08-20' + floor(pg_temp.r(i, 'entry') * 4500)::int end,
  case when i % 8 = 0 then false when i % 3 = 0 then true end,
  case when i % 7 <> 0 then 'Guardian of ' || i end, case when i % 3 <> 0 then '555-' || lpad((i % 10000)::text, 4, '0') end, case when i % 2 = 0 then 'home' || i || '@example.net' end,
  case when i % 2 = 0 then 'Second guardian of ' || i end, null, case when i % 6 = 0 then 'second' || i || '@example.net' end,
  case when i % 5 <> 0 then i || ' Main St.' end, case when i % 9 = 0 then 'Apt. #' || i % 40 end, case when i % 5 <> 0 then 'Springfield' end, case when i % 5 <> 0 then 'XX' end,
  case when i % 5 <> 0 then lpad((i % 90000)::text, 5, '0') end,
  case when bad <> 4 then pg_temp.modified(i, 'student') end, case when i % 2 = 0 then '192.168.' || i % 200 || '.1' else 'fe80::' || to_hex(i) end, 'staff.' || i % 50, 'old.' || i % 50
-- The last two are test students somebody made in production.
from generate_series(1, pg_temp.students() + 2) i, pg_temp.broken(i) bad;

insert into dbo."StudentSchool" ("StudentID", "SchoolID", "SchoolStartYear", "GradeId", "StartDate", "EndDate")
select s, 1 + floor(pg_temp.r(s * 10 + k, 'school of') * schools)::int, 2022 + least(k, 2), 1 + (s + k) % 13,
  case when s % 10 <> 0 then make_date(2022 + least(k, 2), 8, 20) + (s % 40)::int end, case when k < 2 then make_date(2023 + least(k, 2), 6, 12) end
from generate_series(1, pg_temp.students()) s, generate_series(case when s % 3 = 0 then 0 else 1 end, 2) k, pg_temp.part(0.003, 3) schools;

insert into dbo."Section" ("Name", "SchoolID", "SchoolYear", "TeacherId", "ModifiedDate")
select pg_temp.pick(i, 'section', '{Algebra,Biology,"Reading & Writing",Música,History}') || ' – ' || i, 1 + i % schools, 2019 + i % 7,
  case when i % 12 <> 0 then 1 + floor(pg_temp.r(i, 'teacher') * teachers)::int end, pg_temp.modified(i, 'section')
from pg_temp.part(0.003, 3) schools, pg_temp.part(0.07, 12) teachers, generate_series(1, pg_temp.part(0.08, 8)) i;

insert into dbo."StudentSection" ("StudentID", "SectionID")
select s, 1 + (floor(pg_temp.r(s, 'roster') * sections)::int + k) % sections
from pg_temp.part(0.08, 8) sections, generate_series(1, pg_temp.students()) s, generate_series(0, 3) k
union all
-- Students that were deleted; their places in the rosters were not.
select pg_temp.students() + 1000 + o, 1 + o % sections from pg_temp.part(0.08, 8) sections, generate_series(1, pg_temp.part(0.02, 2)) o;

insert into dbo."Document" ("DocumentGuid", "StudentID", "Title", "Content", "ModifiedDate")
select md5(current_setting('demo.code') || ' document ' || i)::uuid, 1 + (i * 19) % pg_temp.students(), 'Plan "' || i || '"', case when i % 4 <> 0 then decode(md5('content ' || i), 'hex') end,
  pg_temp.modified(i, 'document')
from generate_series(1, pg_temp.part(0.05, 5)) i;

insert into dbo."Assessment" ("Name", "Subject", "MaxScore", "ModifiedDate")
select 'Benchmark ' || i, (array['MATH', 'ELA', 'SCI', null])[1 + i % 4], case when i % 5 <> 0 then 100 end, pg_temp.modified(i, 'assessment') from generate_series(1, 24) i;

insert into dbo."AssessmentResult" ("StudentID", "AssessmentID", "SectionID", "RecorderId", "Score", "Status", "TestDate", "Remark", "ModifiedDate")
select 1 + i / 8, 1 + (i * 5 + i / 8) % 24, case when i % 6 <> 0 then 1 + floor(pg_temp.r(i, 'in section') * sections)::int + case when i % 150 = 1 then 100000 else 0 end end,
  case when i % 9 <> 0 then 1 + floor(pg_temp.r(i, 'recorder') * teachers)::int + case when i % 400 = 1 then 100000 else 0 end end,
  case when i % 14 <> 0 then round((pg_temp.r(i, 'score') * 100)::numeric, 2) end, case when i % 60 = 5 then 'X' else (array['N', 'P', 'C', 'C', 'C', 'C'])[1 + i % 6] end,
  date '2023-09-01' + (i % 600)::int, case when i % 50 = 0 then E'Fire drill 🔥\nrepeated' end, pg_temp.modified(i, 'result')
from pg_temp.part(0.08, 8) sections, pg_temp.part(0.07, 12) teachers, generate_series(0, pg_temp.students() * 8 - 1) i
order by i;

insert into dbo."ImportLog" ("At", "Who", "Line")
select timestamp '2020-02-01 03:00' + (i / 3) * interval '1 day', 'sis-import', 'imported file ' || i / 3 from generate_series(1, pg_temp.part(0.05, 6)) i;

insert into dbo."WebSessionLog" ("At", "SessionToken", "Url")
select timestamp '2024-01-01' + i * interval '1 minute', md5('session ' || i), '/home?from=' || i from generate_series(1, pg_temp.part(0.5, 20)) i;

insert into dbo."RolloverFtp" ("Host", "UserName", "Password") values ('ftp.example.org', 'rollover', 'synthetic-not-a-secret');
