-- What lies beside the legacy database, as files: who is who in the identity provider, and what is in the archive of the storage buckets.
create schema beside;
create table beside.map (legacy_id uuid, sub text);
create table beside.objects (bucket text, key text, size bigint, sha256 text, mime text);

-- 13, 26, 39 and 52 are unknown; 8 and 9 are one person, so are 20 and 27, and 15, who is deleted, and 16; 40 stands there twice; and one nobody knows.
insert into beside.map
select key_of('user', i), key_of('sub', case i when 9 then 8 when 27 then 20 when 16 then 15 else i end)::text from generate_series(1, 60) i where i % 13 > 0;
insert into beside.map values (key_of('user', 40), key_of('sub', 140)::text), (key_of('user', 999), key_of('sub', 999)::text);

insert into beside.objects
select 'section_materials', m ->> 'path', 1000 + s, case when s % 8 = 7 then upper(encode(sha256(convert_to('m' || s, 'utf8')), 'hex')) else encode(sha256(convert_to('m' || s, 'utf8')), 'hex') end,
  case when s % 8 = 7 then null else 'application/octet-stream' end
from generate_series(1, 64) s join public.unit_section on id = key_of('section', s), jsonb_array_elements(case when jsonb_typeof(materials) = 'array' then materials else '[]' end) m
where m ->> 'path' is not null and m ->> 'title' is distinct from 'Gone';
insert into beside.objects
select 'submissions', submission_data ->> 'file_path', case when n = 48 then 20000000 else 500 + n end,
  case when n % 10 = 8 then upper(encode(sha256(convert_to('s' || n, 'utf8')), 'hex')) else encode(sha256(convert_to('s' || n, 'utf8')), 'hex') end,
  case n % 10 when 1 then 'image/jpeg' when 2 then 'application/pdf' when 4 then 'application/zip' when 8 then 'IMAGE/PNG' end
from generate_series(1, 600) n join public.submission on id = key_of('submission', n)
where submission_data ->> 'file_path' is not null and n % 10 <> 3;
insert into beside.objects values ('submissions', 'nobody wants this', 5, repeat('a', 64), 'text/plain');
