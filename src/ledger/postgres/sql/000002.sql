-- The ledger of Rehouse, version 2: rows as they were before a batch changed them.

create table rehouse.before_image (
  batch bigint not null references rehouse.batch deferrable initially deferred,
  ordinal integer not null,
  tenant integer not null,
  entity smallint not null,
  key text collate "C" not null,
  table_name text not null,
  operation text not null check (operation in ('update', 'insert', 'delete')),
  id_column text not null,
  id text not null,
  columns json not null,
  row_before bytea,
  primary key (batch, ordinal),
  check ((operation = 'insert') = (row_before is null))
);
create index before_image_of_key on rehouse.before_image (tenant, entity, key);
comment on table rehouse.before_image is 'Rows of target tables, and of the id map (table_name rehouse.id_map), as they were before a top-up run changed or removed them. Kept for undoing it.';
comment on column rehouse.before_image.key is 'Of the source row, canonical text.';
comment on column rehouse.before_image.operation is 'What the batch did: update, insert (a row of a part that was not there) or delete.';
comment on column rehouse.before_image.columns is 'Names of the columns row_before holds, in its order.';
comment on column rehouse.before_image.row_before is 'One tuple of COPY (FORMAT binary); null = the row was not there.';
