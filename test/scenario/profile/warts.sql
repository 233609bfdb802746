-- A database with every wart `profile` looks for, each once. 200 people; whatever is planted is counted in profile-warts.test.ts.
create table school (id integer primary key, title text not null);
insert into school select 1000 + 37 * g, 'School ' || chr(64 + g) from generate_series(1, 20) g;
create table student (
  id integer primary key,
  first_name text not null,
  email varchar(100) unique,
  contact text,
  account text,
  birth timestamp,
  enrolled timestamp not null,
  entered text,
  room text,
  level text,
  colour text,
  remark_code varchar(30),
  town_part text,
  junk text,
  weight numeric(12,2),
  pupils_before numeric(10,2),
  school integer,
  school_id integer,
  password_hash text,
  blob_of_login text,
  never text,
  is_on text
);
insert into student
select g, 'Name' || g,
  case when g = 199 then 'PERSON7@example.org' else 'person' || g || '@example.org' end,
  '+49 30 ' || 1000000 + g,
  case when g = 1 then 'DE89370400440532013000' else 'GB82WEST12345698765432' end,
  case g when 3 then timestamp '0001-01-01' when 4 then timestamp '9999-12-31' when 5 then timestamp '1800-05-05' when 6 then timestamp '2999-01-01'
    when 7 then null else timestamp '2005-01-01' + g * interval '1 day' end,
  timestamp '2015-08-01' + g * interval '1 day',
  case when g = 9 then '2023-02-30' else to_char(date '2020-01-01' + g, 'YYYY-MM-DD') end,
  g::text,
  case when g in (10, 11) then 'K' else (g % 12)::text end,
  case when g = 20 then 'red ' when g = 21 then 'RED' when g % 2 = 0 then 'red' else 'blue' end,
  case when g in (30, 31) then '' when g = 32 then '   ' else 'R-' || g end,
  case when g = 40 then 'MÃ¼nchen' when g = 41 then 'donâ€™t' else 'Ost' || g end,
  case when g = 50 then 'bell' || chr(7) else 'plain ' || g end,
  case when g = 60 then 9999999 else 40 + g % 20 + 0.25 end,
  g % 30,
  1000 + 37 * (1 + g % 20),
  case when g in (70, 71, 72) then 5 else 1000 + 37 * (1 + g % 20) end,
  md5(g::text),
  '$2b$10$' || md5(g::text) || 'abcdefghijklmnopqrstu',
  null,
  case when g % 2 = 0 then 'Y' else 'N' end
from generate_series(1, 200) g;
create table grade (id integer primary key, student_id integer, points integer);
insert into grade select g, case when g in (5, 6) then 9000 + g else g end, g % 15 from generate_series(1, 100) g;
alter table grade add constraint grade_student foreign key (student_id) references student (id) not valid;
create table note (id integer primary key, owner_type text not null, owner_id integer not null);
insert into note select g, case when g % 2 = 0 then 'Student' else 'school' end, case when g % 2 = 0 then g else 1000 + 37 * (1 + g % 20) end from generate_series(1, 40) g;
insert into note values (41, 'Student', 7777);
create table diary (at timestamp, said text);
insert into diary select timestamp '2020-01-01 12:34:56' + (g % 9) * interval '1 hour', 'x' || g % 9 from generate_series(1, 30) g;
create table hen (id integer primary key, egg_id integer);
create table egg (id integer primary key, hen_id integer references hen);
alter table hen add foreign key (egg_id) references egg;
create table pass (code text, owner integer);
insert into pass select case when g = 50 then 'P-1' else 'P-' || g end, g from generate_series(1, 50) g;
create table ftp_account (id integer primary key, host text);
-- False friends: numbered from 1 on like half the tables there are.
create table chair (id integer primary key, legs integer not null, rank integer not null);
insert into chair select g, 1 + g % 4, g from generate_series(1, 60) g;
create table shelf (id integer primary key, boards integer not null);
insert into shelf select g, 1 + g % 5 from generate_series(1, 60) g;
