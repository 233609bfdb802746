-- A legacy database with everything that makes first drafts fail.
create schema "Sales Data";
create schema "order";
create type mood as enum ('sad', 'it''s ok', 'Happy');
create domain "Post Code" as varchar(10) not null check (value <> '');
create extension citext;

create table "User" (
  "ID" serial primary key, "Name" text not null default 'nobody', "Order" integer default (7), "select" boolean default true, "PasswordHash" text not null default 'x',
  "PasswordChangedDate" date, api_token text, "Größe" numeric(5,2) default 1.5, mood mood default 'Happy', moods mood[], tags text[] default '{}', "Manager" integer references "User",
  "Name2" text generated always as ("Name" || '!') stored, tenant_id integer, id integer, legacy_id text, xmin_ text,
  doc jsonb default '{"a": 1}', created timestamp default now(), seen timestamptz default current_timestamp, guid uuid default gen_random_uuid(), amount money, mail citext unique,
  "null" text, "true" text, "with "" quote" text, "dot.ted" text, "a,b" text, "tab	bed" text, check ("Order" > 0), check ("Größe" between 0 and 100), unique ("Name", "Order")
);
comment on table "User" is 'People who''re
 users';
comment on column "User"."Order" is $$a $do$ b$$;
insert into "User" ("ID", "Name", "Order", "Manager", mood, moods, tags, doc, amount, mail, "null", "with "" quote", "dot.ted", "a,b", tenant_id, id, legacy_id, "Größe", created) values
  (1, 'root', 1, 3, 'sad', '{sad,Happy}', '{a,NULL,"b c"}', '{"n": 12345678901234567890.10}', '12.34', 'A@x', 'n', 'q', 'd', 'c', 5, 6, 'seven', 1.25, '0001-01-01'),
  (2, 'É "quoted" \ back', 2, 1, 'it''s ok', null, '{}', null, null, 'b@x', null, null, null, null, null, null, null, null, 'infinity'),
  (3, '', 3, 3, null, '{}', null, '[]', '-0.01', null, null, null, null, null, null, null, null, 99.99, now());

create table country (code char(2) primary key, name text not null);
insert into country values ('de', 'Germany'), ('x ', 'Blank');
create table "Sales Data"."Order Details" (
  order_no integer, line_no smallint, country_code char(2) references country on delete set null, qty numeric not null check (qty > 0), "Post" "Post Code",
  note varchar(5), period int4range, at_ip inet, primary key (order_no, line_no)
);
insert into "Sales Data"."Order Details" values (1, 1, 'de', 1.50, 'A1', 'n', '[1,5)', '10.0.0.1/8'), (1, 2, 'x', 2, 'B2', null, 'empty', null), (-5, 3, null, 1e30, 'C', null, null, null);
create table "order"."order" (
  id bigint primary key, detail_order integer, detail_line smallint, owner_id integer, owner_type text,
  foreign key (detail_order, detail_line) references "Sales Data"."Order Details" (order_no, line_no) on delete cascade
);
insert into "order"."order" values (9223372036854775807, 1, 1, 1, 'User'), (-9223372036854775808, 1, null, 2, 'x'), (0, null, null, null, null);
-- the same name once more, and names that differ in case alone
create table "Order" (k uuid primary key, v real, w float8);
insert into "Order" values ('00000000-0000-0000-0000-000000000001', 'NaN', '-Infinity'), ('ffffffff-ffff-ffff-ffff-ffffffffffff', 1.1, 0.1);
create table twin (id integer primary key, a text);
create table "Twin" (id integer primary key, "A" text, a text);
insert into twin values (1, 'lower');
insert into "Twin" values (1, 'upper', 'lower');
-- no key, and doubles in it
create table log (at timestamptz, what text, n integer);
insert into log values ('2024-02-29 12:00:00.123456+02', 'twice', 1), ('2024-02-29 12:00:00.123456+02', 'twice', 1), (null, null, null), (null, null, null), ('infinity', 'once', -1);
-- a key that may be NULL, a unique key over NOT NULL columns, a partial one
create table half (a integer unique, b integer);
insert into half values (null, 1), (null, 1), (1, 1);
create table soft (code text not null unique, other text, deleted boolean not null);
create unique index on soft (other) where not deleted;
create index on soft (lower(other));
create index on soft (deleted, other);
insert into soft values ('A', 'x', true), ('a', 'x', false);
-- references to another unique key, to a part of a key, from a key
create table soft_child (id integer primary key references "User", soft_code text references soft (code), mail citext references "User" (mail));
insert into soft_child values (1, 'A', 'a@X'), (2, 'a', null);
-- a circle whose columns may not be NULL
create table hen (id integer primary key, egg_id integer not null);
create table egg (id integer primary key, hen_id integer not null references hen deferrable initially deferred);
alter table hen add foreign key (egg_id) references egg deferrable initially deferred;
begin;
insert into hen values (1, 20), (2, 10);
insert into egg values (10, 1), (20, 2);
commit;
create table part (y integer, v text, primary key (y, v)) partition by range (y);
create table part_1 partition of part for values from (1) to (100);
insert into part values (1, 'a'), (99, '');
create table empty_columns ();
create table user_tokens (id integer primary key, value text);
insert into user_tokens values (1, 'secret!');
create table very_long_name_very_long_name_very_long_name_very_long_name_ab (id integer primary key, very_long_column_very_long_column_very_long_column_very_long_c integer references "User", "Very_long_Column_very_long_Column_very_long_Column_very_long_X" text);
insert into very_long_name_very_long_name_very_long_name_very_long_name_ab values (1, 2, 'v');
create table "таблица" ("ключ" integer primary key, "значение" text, "数" integer references "таблица");
insert into "таблица" values (1, 'да', 2), (2, 'нет', null);
create table "???" (id integer primary key, "!!!" text, "123" text);
insert into "???" values (1, 'x', 'y');
create table shapes (id integer primary key, p point, b bit(3), x xml, t tsvector, o oid, r regclass, addr macaddr, d interval, tr tsrange, c "char", nm name);
insert into shapes values (1, '(1,2)', '101', '<a/>', 'a:1', 4294967295, 'shapes', '08:00:2b:01:02:03', '1 mon -2 days', '[2020-01-01,)', 'x', 'n');
create view v as select * from twin;
create materialized view mv as select * from twin;
create function f() returns integer language sql as 'select 1';
create function touch() returns trigger language plpgsql as 'begin return new; end';
create trigger touched before update on twin for each row execute function touch();
create sequence lonely;
