-- The ledger of Rehouse, version 5: what is run in the target once all rows are there.

create table rehouse.finish (
  statement text collate "C" primary key,
  run text not null,
  through_batch bigint not null,
  finished_at timestamptz not null default pg_catalog.clock_timestamp()
);
comment on table rehouse.finish is 'Statements of the mapping that end a run (finish): when each was last run, in the transaction that ran it.';
comment on column rehouse.finish.through_batch is 'The newest batch there was. Rows written by a later one make it due again.';
