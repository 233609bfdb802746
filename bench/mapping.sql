-- What `npm run bench mapping` reads: bench.rows things, two details each, and small relations beside them. The same content every time.
create table owner (id int primary key, name text not null);
insert into owner select i, 'Owner ' || i from generate_series(1, 1000) i;

create table thing (
  id int primary key,
  name text not null,
  kind text,
  code int not null,
  amount numeric(8,4) not null,
  at timestamp not null,
  owner_id int not null,
  parts jsonb not null
);
insert into thing
select i, 'Thing no. ' || i, case when i % 10 <> 0 then (array['red', 'green', 'blue'])[1 + i % 3] end, i % 9973, (i % 69991) / 7.0,
  timestamp '2012-01-01' + (i * 101::bigint % 400000000) * interval '1.003 second', 1 + i % 1000,
  jsonb_build_array(jsonb_build_object('key', 'a', 'title', 'Part ' || i), jsonb_build_object('key', 'b', 'title', 'Part'))
from generate_series(1, current_setting('bench.rows')::int) i;

create table detail (
  id int primary key,
  thing_id int not null,
  label text not null,
  value int not null
);
insert into detail select 2 * i - p, i, (array['size', 'weight'])[1 + p], i % 997 from generate_series(1, current_setting('bench.rows')::int) i, generate_series(0, 1) p;
create index on detail (thing_id, id);

create table odd (id int primary key, q1 int, q2 int, q3 text, q4 text);
insert into odd select i, i % 5, i % 7, 'answer ' || i % 11, case when i % 2 = 0 then 'yes' end from generate_series(1, current_setting('bench.rows')::int) i;
