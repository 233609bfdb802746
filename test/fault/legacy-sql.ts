/** The legacy databases of the crash matrix: small, and with everything that has ever made a resume go wrong. */

/** Read once, shared by all tenants. */
export const SHARED_SQL = `
create schema legacy;
create table legacy.country (code text primary key, name text not null);
insert into legacy.country values ('DE', 'Deutschland'), ('FR', 'France'), ('IT', 'Italia'), ('XX', '');
`

/** Text keys that something between here and there might change. */
const ODD_KEYS = [
  '',
  ' ',
  'a ',
  ' a',
  'a,b',
  '"',
  '""',
  "it's",
  'back\\slash',
  '\\N',
  '#2',
  'x,#2',
  'line\nbreak',
  'tab\tstop',
  'cr\rlf\r\n',
  'ABC',
  'abc',
  'äöü',
  'a\u0308',
  'ä',
  '😀',
  '\u200b',
  '\ufeffbom',
  '0',
  '-0',
  '007',
  '9223372036854775808',
  'null',
  'NULL',
  '{a}',
  '%',
  '_',
  `long ${'x'.repeat(900)}`,
]

/**
 * One tenant's database. Every tenant has the same integer keys; `seed` makes the values differ.
 * person: a chain of references to itself (each to the one before, every tenth forward), an orphan (33) with a chain behind it, two that refer to each other (105, 106),
 * one the server refuses by a check (57, refused in the part), two that share an e-mail with an earlier one (137, with a chain behind it, and 191), rows the mapping excludes and remarks.
 * reading: 250 is 249 once more, which shows only when a key that was set aside is put back.
 */
export function tenantSql(seed: number): string {
  return `
create schema legacy;
create table legacy.person (id int primary key, manager_id int, country text, name text, email text, age int, at timestamp);
insert into legacy.person
  select i,
    case when i = 33 then 9999 when i = 105 then 106 when i = 106 then 105 when i % 10 = 0 then i + 7 when i % 10 = 1 then null when i % 10 = 2 then i else i - 1 end,
    case when i = 88 then 'ZZ' when i % 3 = 0 then 'DE' when i % 3 = 1 then 'FR' end,
    'Person ' || i || ' of ' || ${seed},
    case when i in (137, 191) then 'p12@example.org' when i % 4 = 3 then null else 'p' || i || '@example.org' end,
    case when i = 57 then 999 else 20 + i % 50 end,
    timestamp '2020-01-01' + i * interval '7 hours' + ${seed} * interval '1 minute'
  from generate_series(1, 230) i;
create table legacy.team (id int primary key, lead_id int, name text);
create table legacy.member (id int primary key, team_id int, name text);
insert into legacy.team select i, case when i = 20 then 999 when i % 7 = 0 then null else i + 1 end, 'Team ' || i from generate_series(1, 70) i;
insert into legacy.member select i, case when i = 40 then 998 when i % 5 = 0 then null else i end, 'Member ' || i from generate_series(1, 71) i;
create table legacy.account (id bigint primary key, person_id int, holder_id int, balance numeric(12,4));
insert into legacy.account
  select k, case when n % 9 = 8 then null else 1 + (n * 13) % 240 end, case when n % 4 = 0 then 9998 else 1 + n % 60 end, n * 1.25 + ${seed}
  from (select k, row_number() over (order by k) as n from unnest(array[-9223372036854775808, -9223372036854775807, -4294967296, -2147483649, -5, -1, 0,
    2147483647, 2147483648, 4294967295, 4294967296, 9007199254740993, 9223372036854775806, 9223372036854775807] || array(select generate_series(1, 90)::bigint)) k) keys;
create table legacy.enrolment (person_id int, term text, slot smallint, mark int, primary key (person_id, term, slot));
insert into legacy.enrolment select p, t, s, p % 7 from generate_series(28, 60) p, unnest(array['2020/21', 'a,b', '']) t, generate_series(-1, 0) s;
create table legacy.tag (name text collate "C" primary key, weight int);
insert into legacy.tag select k, row_number() over () + ${seed} from unnest(array[${ODD_KEYS.map(literal).join(', ')}]) k;
insert into legacy.tag select 'tag ' || i, i from generate_series(1, 60) i;
create table legacy.tagging (tag text collate "C", person_id int, remark text);
insert into legacy.tagging select 'tag ' || 1 + i % 63, 1 + i % 90, case when i % 3 = 0 then null else 'r' || i % 4 end from generate_series(1, 120) i;
insert into legacy.tagging select name, null, null from legacy.tag, generate_series(1, 2);
create table legacy.document (id uuid primary key, account_id bigint, title text);
insert into legacy.document select md5(${seed} || '/' || i)::uuid, case when i = 1 then -9223372036854775808 when i = 2 then 9223372036854775807 when i % 11 = 0 then 5555 else i end, 'T' || i
  from generate_series(1, 80) i;
create table legacy.reading (id int primary key, person_id int, account_id bigint, value numeric(10,3), at timestamp);
insert into legacy.reading select i, case when i = 250 then 134 else 1 + (i * 7) % 230 end, case when i % 6 = 0 then null else 1 + i % 95 end, case when i = 250 then 124.5 else i * 0.5 end, timestamp '2021-03-28' + i * interval '31 minutes'
  from generate_series(1, 260) i;
analyze legacy.account, legacy.enrolment, legacy.tag, legacy.tagging, legacy.document;
`
}

function literal(text: string): string {
  return `E'${text.replaceAll('\\', '\\\\').replaceAll("'", "''").replaceAll('\n', '\\n').replaceAll('\r', '\\r').replaceAll('\t', '\\t')}'`
}
