import type { Code } from '../errors.ts'
import { INIT_TEXTS } from './init-texts.ts'
import { PROFILE_TEXTS } from './profile-texts.ts'

const NOTHING_BEGAN = 'None. Nothing was written.'

/** What docs/errors.md says about the codes that only findings of `check` have. */
export const FINDING_TEXTS = {
  ...INIT_TEXTS,
  ...PROFILE_TEXTS,
  FINISH_NOT_RUN: {
    means:
      'A statement under `finish` was not run: no row was written since it was last run (info), this is a dry run, which says that it would be (info), or the load did not come to its end (warning).',
    risk: 'None. After a load that did not come to its end the view shows what it showed before.',
    next: 'Nothing; after a load that did not come to its end, run with --resume.',
  },
  MAPPING_NO_TENANT: {
    means:
      'The service has a `tenant_column`, and a table that tenants’ rows go to does not have it; or several tenants go into a service without one. Nothing would tell the rows of one tenant from those of another.',
    risk: 'None yet. Going on would mix tenants.',
    next: 'Add the column to the table, or mark the entity `tenant: none` if its rows are shared by all; for a service without `tenant_column`, name it.',
  },
  MAPPING_NO_WAY_BACK: {
    means:
      'Rows of a table could not be found again from their source row: a part does not refer to its own head, or a head has no column with its identifier. A row that has to be taken back, or undone, would leave something behind.',
    risk: 'None yet.',
    next: 'Give the part a column `{ ref: ITS ENTITY, from: ITS KEY }`, the head a uuid column with `{ id: … }`.',
  },
  MAPPING_ID_TAKEN: {
    means:
      'Identifiers kept as they are (`id: keep`) come into one table from two places, two entities or several tenants. They are only different if somebody made sure of it; a copied database has the same ones.',
    risk: 'None: the second row with an identifier goes into quarantine (`id_taken`).',
    next: 'Nothing, if the identifiers are known to differ. Otherwise choose `id: ordered` or `id: hashed`, which contain entity and tenant.',
  },
  MAPPING_DEFAULTS: {
    means:
      'The mapping does not fill a column that the target fills by itself, with a default or a sequence. For a time it is a warning: `created_at` would be the moment of the migration.',
    risk: 'None. A history that is in the source may be left behind.',
    next: 'Map the column, or leave it if what the target fills in is meant.',
  },
  MAPPING_OTHER_SERVICE: {
    means:
      'A reference leads to rows of another database, where no foreign key can follow. Rehouse checks that the row exists when it loads; afterwards nobody does.',
    risk: NOTHING_BEGAN,
    next: 'Nothing. If the other service may delete such rows, plan for it.',
  },
  MAPPING_CIRCLE: {
    means:
      'Rows refer to rows of the same entity, of one that refers back, or of one in a later phase. Whether those are there is known only once all are loaded; rows that refer to nothing are then taken back into quarantine, and those that refer to them.',
    risk: NOTHING_BEGAN,
    next: 'Nothing.',
  },
  MAPPING_UNUSED: {
    means: 'A source, a service, a phase or the tenants’ time zones are declared and nothing uses them. Often an entity was forgotten.',
    risk: NOTHING_BEGAN,
    next: 'Remove it, or add what was meant to use it.',
  },
  AUDIT_NOT_KEPT: {
    means:
      'A look-up, an export or a report is remembered in the audit of the ledger: who, when and what was asked. This role may not write there, or the salt is another, so the entry went to `.rehouse/audit/deeds.jsonl`.',
    risk: 'None. Whoever audits the ledger does not find the entry in its chain.',
    next: 'Give the role `INSERT` on `rehouse.audit` and `UPDATE` on `rehouse.audit_head`.',
  },
  SOURCE_WRITABLE: {
    means:
      'The login Rehouse reads with has the right to change rows of the source. Rehouse only reads; but with such a login nobody has to take its word for it.',
    risk: 'None.',
    next: 'Make a login that can only read: `rehouse check --grants` prints the SQL.',
  },
  SOURCE_VERSION: {
    means:
      'The source is a version of PostgreSQL that Rehouse is not tested with. Below 15 its catalogue cannot be read; above 18 something may be described differently.',
    risk: NOTHING_BEGAN,
    next: 'Below 15: restore a dump into a newer server and read that. Above 18: try a dry run, and look for a newer Rehouse.',
  },
  SOURCE_KEY: {
    means:
      'No constraint of the source says that the key is always there and unique, or its column is compared in a way that holds different texts for equal. How many rows that concerns is known when they are read.',
    risk: 'None. Rows without a key, and all but the first of a key, go into quarantine (`null_key`, `duplicate_key`).',
    next: 'Choose a key that is unique, or tell rows apart by their content with `key: { content: true }`.',
  },
  VIEW_CIRCLE: {
    means:
      'A view of the mapping recurses over a table whose rows refer to rows of the same table, and some of them lead back to themselves: a department that is above itself. SQL that follows such references never ends, unless it says when.',
    risk: 'None yet. A run would read the view until the disk of the server that computes it is full.',
    next: 'Put the rows right in the source, or let the SQL end: `cycle id set is_circle using path` after the recursive query, or a condition on the depth.',
  },
  EXAMPLE_DIFFERS: {
    means:
      'An entity has `examples`: rows whose values a person typed in. The mapping makes something else of such a row, does not load it, or no row has that key. The finding names the column, never a value.',
    risk: 'None by itself: it says that the mapping, or the example, is not what somebody meant.',
    next: 'Look at both. `rehouse lookup` finds the row in the target, `rehouse quarantine show` says why it was refused.',
  },
  SOURCE_TABLE_ABSENT: {
    means:
      'The manifest says `optional: true` of a relation, and the source of a tenant does not have it. The tenant has no rows of it; references to it are orphans. Or a list of tables (`from.tables`) names one that is not there: an error unless `missing` says what to do, or names none at all.',
    risk: NOTHING_BEGAN,
    next: 'Nothing, if the tenant never had it. Otherwise look whether it was renamed.',
  },
  SOURCE_TABLE_UNLISTED: {
    means:
      'An entity reads the tables a list names, and `unlisted` says which tables look as if they belonged to it. This one does, and no row of the list names it. The finding says how many rows it holds.',
    risk: 'Its rows are not migrated.',
    next: 'Correct the list, or exclude the table with a reason.',
  },
  SOURCE_SHARED: {
    means:
      'Two tenants have the same database as their source, so that each row would arrive twice, once for each; or a source is the very database of a service, so that Rehouse would read what it writes.',
    risk: 'None yet. Rows may go to the wrong tenant.',
    next: 'Correct the address, or the tenant’s column it is made of. If it is meant so, go on.',
  },
  STAGING_SHARED: {
    means:
      'The address under `staging` leads to the database of a service or of a source. Raw copies of legacy rows do not belong there, and a source is only read.',
    risk: NOTHING_BEGAN,
    next: 'Write `staging: embedded`, or give staging a database of its own.',
  },
  STAGING_KEPT: {
    means:
      'The run is finished, but copies of legacy rows that were staged for it could not be dropped. They are private still, as before.',
    risk: 'None to the rows that were moved. The copies hold personal data.',
    next: 'The next run that finishes drops them. To be rid of them at once delete `.rehouse/staging`, or the databases `rehouse_staging_…` on the server under `staging`.',
  },
  TARGET_VERSION: {
    means:
      'The target is a version of PostgreSQL that Rehouse is not made for: below 15 it lacks what Rehouse relies on, above 18 Rehouse was not tested.',
    risk: NOTHING_BEGAN,
    next: 'Upgrade the server to 15 or newer. Above 18: try it on a copy first, and look for a newer Rehouse.',
  },
  TARGET_TRIGGERS: {
    means:
      'The service says `triggers: fire`, and a table has triggers that run before a row is stored. They may change a row, or drop it.',
    risk: 'None: a batch in which fewer rows were stored than sent is rolled back (TARGET_ROWS_LOST).',
    next: 'Read the triggers; `triggers: disable` leaves them out during the load.',
  },
  TARGET_CONSTRAINT: {
    means:
      'A foreign key of the target was never validated, or an index is invalid. Both look like a promise and are none: rows that are there may break them.',
    risk: 'None from the migration. What was in the table before may be wrong already.',
    next: 'Validate the foreign key, rebuild the index; the finding has the statement.',
  },
  TARGET_TENANT_KEYS: {
    means:
      'A foreign key or a unique key of a table with tenants does not contain the tenant, or deleting a parent would set the tenant to NULL. The database then does not keep tenants apart where it could.',
    risk: 'None from the migration, whose references never leave the tenant. Rows of two tenants may collide in a unique key: the second goes into quarantine.',
    next: 'Add the tenant to the key; the finding has the statement.',
  },
} as const satisfies Partial<Record<Code, { readonly means: string; readonly risk: string; readonly next: string }>>
