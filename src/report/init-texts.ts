const NONE = 'None: `init` only reads, and writes nothing but its three files.'

/** What docs/errors.md says about the findings of `init`. */
export const INIT_TEXTS = {
  INIT_CREDENTIALS: {
    means:
      'By its name a column or table holds passwords, their hashes, keys or tokens. Such things are excluded by default: the new system issues its own.',
    risk: NONE,
    next: 'If it is something else, take it out of `exclude` and map it; then add its column to target.sql.',
  },
  INIT_PASSWORD: {
    means:
      'An address on the command line held a password. It is in none of the files; the manifest refers to a variable of the environment instead.',
    risk: NONE,
    next: 'Set the variable the finding names, in the shell or in `.env` beside the manifest, before you check or migrate.',
  },
  INIT_ROW_SECURITY: {
    means:
      'Every table of target.sql has row security in force, also for its owner: a mistake in the application cannot show one tenant another’s rows. COPY, by which rows are loaded, is refused to a role it binds.',
    risk: NONE,
    next: 'Load with a superuser or a role with BYPASSRLS (the built-in server has one). Where nobody may have that right, take the lines with `force row level security` out of target.sql, load as the owner, and force it afterwards.',
  },
  INIT_COMPUTED: {
    means: 'The source computes the column from others, so it holds nothing of its own.',
    risk: NONE,
    next: 'If the target needs it, add a generated column to target.sql; a computed value of the mapping would do, too.',
  },
  INIT_COLUMN: {
    means: 'No cast leads from the column’s type to any type of the target, not even to text.',
    risk: 'What the column holds would stay behind.',
    next: 'Carry it over by other means, or cast it in the source (a view, a copied column).',
  },
  INIT_UNREADABLE: {
    means: 'The login init ran with has no right to read the column.',
    risk: 'What the column holds would stay behind.',
    next: 'Give the login the right and run init again, or leave it excluded.',
  },
  INIT_FILE: {
    means:
      'A CSV file says nothing of its encoding, its columns’ types or its key. Rehouse looked at every row: the sentence says what it took the file for, and what it left as text because another reading would have been a guess.',
    risk: 'None: a value is a number, a time or NULL only where nothing of what was written is lost.',
    next: 'Where it is not what is meant, declare it: in the address (`?delimiter=;`) or in `rehouse.columns.yaml` beside the files (docs/engines/csv.md).',
  },
  INIT_OBJECT: {
    means:
      'Views, procedures, functions, triggers, sequences and their like are not data. Rehouse moves rows; what worked on them in the old system has to be written anew where it is still needed.',
    risk: NONE,
    next: 'Go through the list before the old system is switched off.',
  },
  INIT_TYPE: {
    means: 'The target has no type that is quite the same, or only in an extension. The finding says what becomes of the values.',
    risk: 'None unsaid: where digits can be lost, `on_loss` allows it, and each time is counted.',
    next: 'Change the type in target.sql if another suits better; `rehouse plan` says what can be lost.',
  },
  INIT_LOCAL_TIME: {
    means: 'The column says what a clock on a wall showed, not which one. Without the zone it is no instant, and Rehouse guesses none.',
    risk: NONE,
    next: 'Leave it as `timestamp`, or make it `timestamptz` in target.sql and give each tenant its zone in tenants.csv; `time` in the manifest decides about hours that are skipped or come twice.',
  },
  INIT_DEFAULT: {
    means:
      'A column’s default was not translated, or differs between the sources. Rows that are migrated bring their values; rows the new application adds have to.',
    risk: NONE,
    next: 'Add a default to target.sql where the application counts on one.',
  },
  INIT_CHECK: {
    means:
      'A CHECK of the source was not translated, because it would, or might, not mean the same in PostgreSQL (texts compared whatever their case, functions of the engine), or not every source has it.',
    risk: NONE,
    next: 'Write it into target.sql in PostgreSQL’s words.',
  },
  INIT_INDEX: {
    means:
      'An index or unique key over an expression, over a part of the rows, or over columns that are not carried as they are is not in target.sql.',
    risk: NONE,
    next: 'Add it by hand where a query, or a rule, needs it; a unique key takes `tenant_id` as its first column.',
  },
  INIT_KEY: {
    means:
      'Rows are told apart by something else than a primary key: by a unique key, or by their whole content where there is none; or the key is a UUID, which could be kept.',
    risk: 'None. Told apart by content, a row that changes in the source counts as another row.',
    next: 'Name other columns under `key`, or write `id: keep`, as the finding says.',
  },
  INIT_REFERENCE: {
    means:
      'A foreign key leads to columns that are not the key by which the draft knows the other table’s rows, or to a table that is not carried. The value is kept as it was, without a foreign key.',
    risk: NONE,
    next: 'Choose that column as the other entity’s `key`, if it should be a reference.',
  },
  INIT_REFERENCE_UNCHECKED: {
    means: 'The source has the foreign key, but never checked the rows that were there before it.',
    risk: 'None. Rows that refer to nothing go into quarantine (`orphan`).',
    next: 'Nothing, or say with `missing` what becomes of them.',
  },
  INIT_UNDECLARED: {
    means:
      'The name of a column says that it refers to another table, but no foreign key does. Rehouse makes references of what is declared, and never guesses.',
    risk: 'None. The plain value is kept: it is the legacy key, not the new identifier.',
    next: 'Write `{ ref: …, from: … }` in the manifest and `uuid` in target.sql where it is a reference.',
  },
  INIT_CIRCLE: {
    means:
      'The column refers to its own table or to one that refers back, and may not be NULL in the source. A row may come before the one it refers to, so the target lets it be NULL until that one is there.',
    risk: NONE,
    next: 'Nothing; or make the column NOT NULL once all tenants have moved.',
  },
  INIT_DRIFT_TABLE: {
    means: 'Not every source has the table.',
    risk: NONE,
    next: 'Nothing: `optional: true` in the manifest. Exclude the table if it is a leftover.',
  },
  INIT_DRIFT_COLUMN: {
    means: 'Not every source has the column.',
    risk: 'None. It is NULL for those tenants, and counted (`column_lacking`).',
    next: 'Nothing: `may_lack` in the manifest.',
  },
  INIT_DRIFT_TYPE: {
    means:
      'The column has different types in the sources. The target takes one that holds the values of all: the wider number, the longer text, else text.',
    risk: NONE,
    next: 'Change the type in target.sql if you know better; a value that does not fit then goes into quarantine.',
  },
  INIT_DRIFT_NULL: {
    means: 'The column may be NULL in some sources and not in others. The target allows NULL.',
    risk: NONE,
    next: 'Nothing.',
  },
  INIT_DRIFT_KEY: {
    means:
      'The table has another key, or none, in some sources. The draft takes the key most of them have, if all have its columns, and otherwise the rows’ content.',
    risk: 'None. Rows without that key, and all but the first of one, go into quarantine (`null_key`, `duplicate_key`).',
    next: 'Choose another `key` if you know better.',
  },
  INIT_DRIFT_REFERENCE: {
    means: 'The foreign key is declared in some sources and not in others. From half of them on the draft makes a reference of it.',
    risk: 'None. Rows that refer to nothing go into quarantine (`orphan`).',
    next: 'Look at those sources; say with `missing` what becomes of such rows.',
  },
} as const
