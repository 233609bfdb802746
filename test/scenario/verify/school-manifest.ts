/** Two tenants, every kind of value a witness sums up, a part, a reference by an integer key, a composite key, a row the mapping refuses and one it leaves out. */
export const MANIFEST = `
migration: proof
sources: { legacy: "env:LEGACY_{tenant.code}" }
tenants:
  - { code: north, zone: Europe/Berlin }
  - { code: south, zone: America/Chicago }
time: { gap: shift_forward, overlap: later }
services:
  app: { url: env:APP, tenant_column: tenant_id }
stop: { quarantined: 100%, errors: 100% }
phases:
  - all: [pupil, mark]
entities:
  pupil:
    service: app
    from: public.pupil
    key: id
    rules:
      - { when: "name = 'refused'", quarantine: bad_name }
      - { when: "name = 'left out'", exclude: not_wanted }
    into:
      app.pupils:
        columns: { legacy_id: id, name: name, nick: nick, city: city, score: score, big: big, seen: seen, birth: birth, photo: photo, active: active, note: note, info: info }
      app.contacts:
        when: phone is not null
        columns: { pupil_id: { ref: pupil, from: id }, phone: phone }
      app.parents:
        each: [{ slot: "'mother'", name: mother }, { slot: "'father'", name: father }]
        as: g
        key: g.slot
        when: g.name is not null
        columns: { pupil_id: { ref: pupil, from: id }, role: g.slot, name: g.name }
      app.hobbies:
        each: hobbies
        as: h
        key: h
        columns: { pupil_id: { ref: pupil, from: id }, hobby: h }
  mark:
    service: app
    from: public.mark
    key: [pupil_id, subject]
    rules:
      - { when: "subject = 'none'", exclude: no_subject }
    into:
      app.marks:
        columns: { id: { id: hashed }, pupil_id: { ref: pupil, from: pupil_id }, subject: subject, grade: grade }
`

export const LEGACY_SQL = `
create table pupil (id int primary key, name text not null, nick text, city varchar(40), score numeric(8,3), big bigint, seen timestamp, birth date,
  photo bytea, active boolean, note text, info jsonb, phone text, mother text, father text, hobbies text[]);
insert into pupil values
  (1, 'Ann', 'a', 'Köln', 1.500, 9007199254740993, '2020-01-01 08:00', '2010-02-28', '\\x0001', true, null, '{"a": 1}', '030-1'),
  (2, 'Bob', '', 'Bonn', 22.125, -5, '2020-07-01 08:00:00.000001', '2010-03-01', '\\x0002ff', false, 'n', '{"a": 1, "b": [1.0]}', '030-2'),
  (3, 'Cem', '', 'Zürich', 333.001, 9007199254740995, '2021-07-01 12:30', '2011-12-31', '\\x00030a', true, null, '{"a": 1}', null),
  (4, 'Dan', null, 'Ulm', null, 4, null, null, null, null, 'x ', null, '030-4'),
  (5, 'Eve', 'e', 'Essen', -0.001, 0, '1999-12-31 23:59:59', '1970-01-01', '\\x', true, '', 'null', '030-5'),
  (6, 'Fay', 'f', 'Kiel', 99999.999, 6, '2022-02-02 02:02', '2012-02-29', '\\x06', false, 'y', '[]', '030-6'),
  (7, 'refused', null, null, 7, 7, null, null, null, null, null, null, null),
  (8, 'left out', null, null, 8, 8, null, null, null, null, null, null, null);
update pupil set mother = 'Mia', father = case when id < 3 then 'Tom' end where id in (1, 2, 3);
update pupil set hobbies = case id when 1 then '{}' when 2 then '{chess}' else '{ski,go,chess}'::text[] end where id in (1, 2, 3, 6);
create table mark (pupil_id int, subject text, grade int, primary key (pupil_id, subject));
insert into mark values (1, 'art', 1), (1, 'math', 2), (2, 'math', 3), (3, 'art', 4), (4, 'none', 0);
`

/** The other tenant has the same keys and other values. */
export const SOUTH_SQL = `
update pupil set name = 'South ' || name where name not in ('refused', 'left out');
update pupil set score = score + 1, big = big + 1000 where id not in (3, 6);
`

export const TARGET_SQL = `
create schema app;
create table app.pupils (id uuid primary key, tenant_id uuid not null, legacy_id int not null, name text not null, nick text, city text, score numeric(8,3), big bigint,
  seen timestamptz, birth date, photo bytea, active boolean, note text, info jsonb);
create table app.contacts (id uuid primary key, tenant_id uuid not null, pupil_id uuid not null, phone text not null);
create table app.parents (id uuid primary key, tenant_id uuid not null, pupil_id uuid not null, role text not null, name text not null);
create table app.hobbies (tenant_id uuid not null, pupil_id uuid not null, hobby text not null);
create table app.marks (id uuid not null, tenant_id uuid not null, pupil_id uuid not null, subject text not null, grade int not null);
`
