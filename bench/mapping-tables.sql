-- Where `npm run bench mapping` would write: four columns of each type, so that a construct can be there four times.
create table owners (id uuid primary key, tenant_id uuid not null, name text);
create table things (
  id uuid primary key, tenant_id uuid not null, legacy_id int,
  c1 text, c2 text, c3 text, c4 text, c5 text, c6 text, c7 text, c8 text,
  n1 bigint, n2 bigint, n3 bigint, n4 bigint,
  d1 numeric(7,2), d2 numeric(7,2), d3 numeric(7,2), d4 numeric(7,2),
  t1 timestamptz, t2 timestamptz, t3 timestamptz, t4 timestamptz,
  j1 jsonb, j2 jsonb, j3 jsonb, j4 jsonb,
  owner_id uuid
);
create table parts (id uuid primary key, tenant_id uuid not null, thing_id uuid, label text, value int, title text);
