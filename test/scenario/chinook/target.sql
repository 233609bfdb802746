-- Where three music shops move to: every row carries its tenant, every reference the tenant too, and row security is forced.
create schema shop;

create table shop.artists (
  id uuid primary key, tenant_id uuid not null, legacy_id integer not null, name text,
  unique (tenant_id, id), unique (tenant_id, legacy_id)
);
create table shop.genres (
  id uuid primary key, tenant_id uuid not null, legacy_id integer not null, name varchar(120),
  unique (tenant_id, id), unique (tenant_id, legacy_id)
);
create table shop.media_types (
  id uuid primary key, tenant_id uuid not null, legacy_id smallint not null, name text not null,
  unique (tenant_id, id), unique (tenant_id, legacy_id)
);
create table shop.albums (
  id uuid primary key, tenant_id uuid not null, legacy_id bigint not null, title text not null, artist_id uuid not null,
  unique (tenant_id, id), unique (tenant_id, legacy_id),
  foreign key (tenant_id, artist_id) references shop.artists (tenant_id, id)
);
create table shop.tracks (
  id uuid primary key, tenant_id uuid not null, legacy_id integer not null, name text not null, album_id uuid, media_type_id uuid not null, genre_id uuid,
  composer text, duration_ms bigint not null, bytes bigint, unit_price numeric(12,4) not null check (unit_price >= 0),
  unique (tenant_id, id), unique (tenant_id, legacy_id),
  foreign key (tenant_id, album_id) references shop.albums (tenant_id, id),
  foreign key (tenant_id, media_type_id) references shop.media_types (tenant_id, id),
  foreign key (tenant_id, genre_id) references shop.genres (tenant_id, id)
);
create table shop.playlists (
  id uuid primary key, tenant_id uuid not null, legacy_id integer not null, name text,
  unique (tenant_id, id), unique (tenant_id, legacy_id)
);
create table shop.playlist_tracks (
  id uuid primary key, tenant_id uuid not null, playlist_id uuid not null, track_id uuid not null, legacy_playlist integer not null, legacy_track integer not null,
  unique (tenant_id, playlist_id, track_id),
  foreign key (tenant_id, playlist_id) references shop.playlists (tenant_id, id),
  foreign key (tenant_id, track_id) references shop.tracks (tenant_id, id)
);
create table shop.employees (
  id uuid primary key, tenant_id uuid not null, legacy_id integer not null, last_name text not null, first_name text not null, title text, reports_to uuid,
  birth_date date, hired_at timestamptz, place jsonb not null, phone text, fax text, email text,
  unique (tenant_id, id), unique (tenant_id, legacy_id),
  foreign key (tenant_id, reports_to) references shop.employees (tenant_id, id)
);
create table shop.customers (
  id uuid primary key, tenant_id uuid not null, legacy_id integer not null, first_name text not null, last_name text not null, company text, address text, city text,
  state text, country text, postal_code text, phone text, fax text, email text not null, support_rep_id uuid,
  unique (tenant_id, id), unique (tenant_id, legacy_id),
  foreign key (tenant_id, support_rep_id) references shop.employees (tenant_id, id)
);
create table shop.invoices (
  id uuid primary key, tenant_id uuid not null, legacy_id integer not null, customer_id uuid not null, invoiced_at timestamptz not null, address text, city text,
  state text, country text, postal_code text, total numeric not null,
  unique (tenant_id, id), unique (tenant_id, legacy_id),
  foreign key (tenant_id, customer_id) references shop.customers (tenant_id, id)
);
create table shop.invoice_lines (
  id uuid primary key, tenant_id uuid not null, legacy_id integer not null, invoice_id uuid not null, track_id uuid not null, unit_price numeric(10,2) not null,
  quantity smallint not null,
  unique (tenant_id, id), unique (tenant_id, legacy_id),
  foreign key (tenant_id, invoice_id) references shop.invoices (tenant_id, id),
  foreign key (tenant_id, track_id) references shop.tracks (tenant_id, id)
);

do $$
declare
  t regclass;
begin
  for t in select oid from pg_class where relnamespace = 'shop'::regnamespace and relkind = 'r' loop
    execute format('alter table %s enable row level security', t);
    execute format('alter table %s force row level security', t);
    execute format('create policy own_tenant on %s using (tenant_id = nullif(current_setting(''app.tenant'', true), '''')::uuid)', t);
  end loop;
end
$$;
