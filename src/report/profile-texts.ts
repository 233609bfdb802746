const NONE = 'None: `profile` only reads.'

/** What docs/errors.md says about the findings of `profile`. */
export const PROFILE_TEXTS = {
  PROFILE_UNREADABLE: {
    means:
      'The table was read in part or not at all: the login may not see every row, or the file is damaged. What the profile says of it is of the rows before that.',
    risk: NONE,
    next: 'Give the login the right, or mend the file, and profile again. This is the only finding of a profile that makes the exit status 1.',
  },
  PROFILE_PART: {
    means:
      '`--rows` was given and the table has more. Counts are of the rows read; references to it are not counted, because its keys were not all seen.',
    risk: NONE,
    next: 'Leave out `--rows` before you rely on it.',
  },
  PROFILE_UNCHECKED: {
    means:
      'The keys it leads to were not all read, are more than a profile holds in memory (docs/profile.md), or are of a type that cannot be compared with it.',
    risk: NONE,
    next: '`rehouse migrate --dry-run` finds every row that refers to nothing.',
  },
  PROFILE_NO_KEY: {
    means: 'Nothing declared tells the rows of the table apart. A column that happens to do is named.',
    risk: NONE,
    next: 'Name columns under `key`, or write `key: { content: true }`.',
  },
  PROFILE_DUPLICATE_KEY: {
    means: 'A declared key, or a column called like one, has the same value in several rows.',
    risk: NONE,
    next: 'Rows after the first go into quarantine (`duplicate_key`); tell rows apart by content where all are wanted, or put the source right.',
  },
  PROFILE_UNIQUE_CLASH: {
    means:
      'Keys differ only by case, white space or the form of accents, within a source or from one source to the next. Two columns whose collations compare differently make two rows one, or one two.',
    risk: NONE,
    next: 'Decide which row is right, or keep a collation that tells them apart.',
  },
  PROFILE_ORPHANS: {
    means: 'The foreign key was added or switched on without a look at the rows that were there.',
    risk: NONE,
    next: 'Say with `missing` what becomes of them; without it they go into quarantine (`orphan`).',
  },
  PROFILE_UNDECLARED: {
    means:
      'Nearly all its values are keys of that table. How much that means depends on the column’s name, and on how likely values fit by chance: numbers from 1 on fit into every table numbered from 1 on. The score from 0 to 100 puts coverage, name and chance together.',
    risk: NONE,
    next: 'Write `{ ref: …, from: … }` and make the column `uuid` in target.sql where it is a reference; keep the value where it is not.',
  },
  PROFILE_POLYMORPHIC: {
    means: 'Which table it leads to is said by another column (`owner_type`, `owner_id`). No foreign key can hold such a reference.',
    risk: NONE,
    next: 'Write one reference for each kind of row, with `when`.',
  },
  PROFILE_CIRCLE: {
    means: 'Whichever is loaded first, its references lead to rows that are not there yet.',
    risk: NONE,
    next: 'Nothing: such references are settled after the load; their columns have to allow NULL in the target.',
  },
  PROFILE_EMPTY_COLUMN: {
    means: 'Every row is NULL.',
    risk: NONE,
    next: 'Leave it out with a reason if no source has a value.',
  },
  PROFILE_FEW_NULLS: {
    means: 'At most one row in twenty has no value: often such a column is NOT NULL in the new system.',
    risk: NONE,
    next: 'Say with `if_null` what becomes of them.',
  },
  PROFILE_BLANK: {
    means: 'Empty texts and texts of white space often mean that there is no value, which is NULL.',
    risk: NONE,
    next: '`cleanse: [null_if_blank]`, if that is what they mean.',
  },
  PROFILE_PADDED: {
    means: 'They look equal to texts without and are not.',
    risk: NONE,
    next: '`cleanse: [trim]`.',
  },
  PROFILE_CONTROL: {
    means: 'Characters below U+0020 but tabs and line ends, U+007F to U+009F, or NUL, which no text of PostgreSQL can hold.',
    risk: NONE,
    next: 'Take them out with a `regex` of a cleansing rule.',
  },
  PROFILE_MOJIBAKE: {
    means:
      'UTF-8 was taken for Windows-1252 on the way in, so that `ä` stands there as two letters; or letters were lost and a U+FFFD stands in their place.',
    risk: NONE,
    next: 'The cleansing rule below the finding mends the commonest letters. Look at the result: a text that is meant so is changed, too.',
  },
  PROFILE_VARIANTS: {
    means: 'The column holds few values many times, and some are the same but for case, white space or the form of accents.',
    risk: NONE,
    next: 'Bring them together with `cleanse`, or list them under `map`.',
  },
  PROFILE_DATES: {
    means: 'Before 1900, in 2100 or later, infinite, or a day that stands for something else: 0001-01-01, 9999-12-31.',
    risk: NONE,
    next: 'Refuse such rows, or make the day NULL where it stands for “none”.',
  },
  PROFILE_INVALID_DATES: {
    means: 'Most texts of the column are dates; these are written like one and cannot be (`2023-02-30`).',
    risk: NONE,
    next: 'Correct them in the source; with `as: date` such rows go into quarantine.',
  },
  PROFILE_TYPE: {
    means: 'Every text is a number, a date, a truth value or a UUID; every decimal is whole; every time is midnight.',
    risk: NONE,
    next: 'Choose the type in target.sql. A code with leading zeros is no number.',
  },
  PROFILE_MIXED: {
    means: 'At least nineteen in twenty texts are numbers, dates or UUIDs, the others are not.',
    risk: NONE,
    next: 'Find out whether the column changed its meaning once. Keep it text, or refuse the others.',
  },
  PROFILE_OUTLIER: {
    means:
      'The smallest or largest value is more than ten interquartile ranges away from the middle half of a sample of 1024; or a value is NaN or infinite.',
    risk: NONE,
    next: 'Look whether it is a mistake, or a number that stands for “none”.',
  },
  PROFILE_PERSONAL: {
    means:
      'By the column’s name, by its table’s, or because values look like mail addresses, telephone numbers, IBANs or national identifiers. The profile shows no value of such columns.',
    risk: NONE,
    next: 'Decide what the new system needs, who may see it, and mask it in rehearsals.',
  },
  PROFILE_CREDENTIALS: {
    means: 'By name, or because values look like hashes of passwords, keys or tokens.',
    risk: NONE,
    next: 'Leave it out: the new system issues its own.',
  },
  PROFILE_DRIFT: {
    means: 'A table, a column, a type, a key or a foreign key is not the same in every source.',
    risk: NONE,
    next: '`init` brings them together and says how; look which source is right.',
  },
  PROFILE_KEY_RANGES: {
    means: 'The same integer is a key in several sources and means another row in each. It is why rows get new identifiers.',
    risk: NONE,
    next: 'Nothing in the manifest. Whatever keeps bare legacy keys has to keep the tenant with them.',
  },
  PROFILE_KEY_COLLISION: {
    means: 'The same mail address, code or number stands in several sources: counted, never shown.',
    risk: NONE,
    next: 'Make it unique within its tenant; decide who brings one and the same person or thing together.',
  },
  PROFILE_SPELLINGS: {
    means: 'Tables of up to 1000 rows hold values that are the same but for case, white space or the form of accents.',
    risk: NONE,
    next: 'Bring the spellings together before one shared list is made of them.',
  },
} as const
