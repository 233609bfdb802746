-- One legacy database with bench.rows assessment results, 50 000 students and 200 assessments. The same content every time.
create table student (
  id int primary key,
  first_name varchar(50) not null,
  last_name varchar(50) not null
);
insert into student select i, 'First ' || i, 'Last ' || i % 997 from generate_series(1, 50000) i;

create table assessment (
  id int primary key,
  name varchar(100) not null
);
insert into assessment select i, 'Benchmark ' || i from generate_series(1, 200) i;

create table assessment_result (
  id int,
  student_id int not null,
  assessment_id int not null,
  score numeric(6,2),
  taken_at timestamp,
  status varchar(12) not null,
  comment text,
  updated_at timestamp not null,
  is_retake boolean not null
);
insert into assessment_result
select i, 1 + (i * 7919::bigint) % 50000, 1 + i % 200, case when i % 20 <> 0 then (i % 10001) / 100.0 end,
  case when i % 25 <> 0 then timestamp '2010-01-04 08:00' + (i * 37::bigint % 460000000) * interval '1 second' end,
  (array['complete', 'in progress', 'not started'])[1 + i % 3], case when i % 4 = 0 then 'a remark of ordinary length, no. ' || i end,
  timestamp '2012-01-01' + (i * 101::bigint % 400000000) * interval '1.003 second', i % 9 = 0
from generate_series(1, current_setting('bench.rows')::int) i;
alter table assessment_result add primary key (id);
