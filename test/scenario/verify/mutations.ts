import { canonicalKey } from '../../../src/base/key-text.ts'
import { uuidText } from '../../../src/base/uuid-text.ts'
import { openIdentifiers } from '../../../src/cast/identifiers.ts'
import type { VerifyLevel } from '../../../src/model/results.ts'
import { TEST_SALT } from '../../support/rehouse-process.ts'

/** The levels in the order of what they promise. */
export const LEVELS = ['basic', 'standard', 'rigorous'] as const satisfies readonly VerifyLevel[]
export type Level = (typeof LEVELS)[number]

/** Something done to a clean target, and what each level says of it: a pattern of `kind entity/tenant key table.column`; absent = that level need not see it. */
export interface DataMutation {
  readonly name: string
  readonly sql: string
  readonly told: Partial<Readonly<Record<Level, RegExp>>>
}

const NORTH = "(select id from rehouse.tenant where code = 'north')"
const SOUTH = "(select id from rehouse.tenant where code = 'south')"
/** As this migration makes them for the tenant north. */
const identifiers = openIdentifiers({ salt: Buffer.from(TEST_SALT), migration: 'proof' })
const pupilId = (key: number): string => made(out => identifiers.ordered(1, 1)(0, key, out, 0))
const markId = (...key: readonly string[]): string => made(out => identifiers.hashed(1, 2)(canonicalKey(key), out, 0))

function made(write: (out: Buffer) => void): string {
  const out = Buffer.alloc(16)
  write(out)
  return uuidText(out, 0)
}

const pupil = (legacy: number): string => `app.pupils where tenant_id = ${NORTH} and legacy_id = ${legacy}`
const set = (change: string, legacy = 3): string => `update app.pupils set ${change} where tenant_id = ${NORTH} and legacy_id = ${legacy}`

const SEALED = /^audit pupil \d+ rehouse\.batch as it was written → ledger$/m

/** One field of the pupil 3 of the tenant north: the rigorous level names the column, the standard level the row. */
function field(name: string, column: string, change: string): DataMutation {
  return {
    name,
    sql: set(change),
    told: {
      standard: /^changed_since pupil\/north 3 app\.pupils$/m,
      rigorous: new RegExp(`^different pupil/north 3 app\\.pupils\\.${column}\\b`, 'm'),
    },
  }
}

export const DATA_MUTATIONS: readonly DataMutation[] = [
  {
    name: 'a row is dropped',
    sql: `delete from ${pupil(4)}`,
    told: {
      basic: /^count pupil\/north {2}app\.pupils 6 → 5$/m,
      standard: /^missing pupil\/north 4 app\.pupils$/m,
      rigorous: /^missing pupil\/north 4 app\.pupils$/m,
    },
  },
  {
    name: 'a row is there twice',
    sql: `insert into app.marks select * from app.marks where grade = 3 and tenant_id = ${NORTH}`,
    told: {
      basic: /^count mark\/north {2}app\.marks 4 → 5$/m,
      standard: /^extra mark\/north 2,math app\.marks$/m,
      rigorous: /^extra mark\/north 2,math app\.marks$/m,
    },
  },
  {
    name: 'a part of a row is dropped',
    sql: `delete from app.contacts where tenant_id = ${NORTH} and phone = '030-1'`,
    told: {
      basic: /^count pupil\/north {2}app\.contacts 5 → 4$/m,
      standard: /^changed_since pupil\/north 1 app\.pupils$/m,
      rigorous: /^missing pupil\/north 1 app\.contacts$/m,
    },
  },
  {
    name: 'one of several rows made of one row is dropped',
    sql: `delete from app.parents where tenant_id = ${NORTH} and role = 'father' and pupil_id = (select id from ${pupil(1)})`,
    told: {
      basic: /^count pupil\/north {2}app\.parents 5 → 4$/m,
      standard: /^changed_since pupil\/north 1 app\.pupils$/m,
      rigorous: /^missing pupil\/north 1 app\.parents$/m,
    },
  },
  {
    name: 'one of several rows made of one row is changed',
    sql: `update app.parents set name = 'Tim' where tenant_id = ${NORTH} and role = 'father' and pupil_id = (select id from ${pupil(1)})`,
    told: { standard: /^changed_since pupil\/north 1 app\.pupils$/m, rigorous: /^different pupil\/north 1 app\.parents\.name/m },
  },
  {
    name: 'an element of a list is there twice',
    sql: `insert into app.hobbies select * from app.hobbies where tenant_id = ${NORTH} and hobby = 'go' and pupil_id = (select id from ${pupil(3)})`,
    told: {
      basic: /^count pupil\/north {2}app\.hobbies 7 → 8$/m,
      standard: /^changed_since pupil\/north 3 app\.pupils$/m,
      rigorous: /^extra pupil\/north 3 app\.hobbies$/m,
    },
  },
  {
    name: 'the elements of two lists are swapped',
    sql: `update app.hobbies set pupil_id = case pupil_id when (select id from ${pupil(2)}) then (select id from ${pupil(3)}) else (select id from ${pupil(2)}) end
      where tenant_id = ${NORTH} and pupil_id in (select id from app.pupils where legacy_id in (2, 3))`,
    told: { standard: /^changed_since pupil\/north 2 app\.pupils$/m, rigorous: /^extra pupil\/north 2 app\.hobbies/m },
  },
  {
    name: 'two references are swapped',
    sql: `update app.marks m set pupil_id = case p.legacy_id when 1 then (select id from ${pupil(2)}) else (select id from ${pupil(1)}) end
      from app.pupils p where p.id = m.pupil_id and p.tenant_id = ${NORTH} and p.legacy_id in (1, 2)`,
    told: { standard: /^changed_since mark\/north 1,art app\.marks$/m, rigorous: /^different mark\/north 1,art app\.marks\.pupil_id/m },
  },
  {
    name: 'a reference leads nowhere',
    sql: `update app.marks set pupil_id = '00000000-0000-4000-8000-00000000dead' where grade = 3 and tenant_id = ${NORTH}`,
    told: {
      basic: /^orphan mark\/north 2,math app\.marks\.pupil_id$/m,
      standard: /^changed_since mark\/north 2,math app\.marks$/m,
      rigorous: /^different mark\/north 2,math app\.marks\.pupil_id/m,
    },
  },
  {
    name: 'a reference leads to another tenant',
    sql: `update app.marks set pupil_id = (select id from app.pupils where tenant_id = ${SOUTH} and legacy_id = 2) where grade = 3 and tenant_id = ${NORTH}`,
    told: {
      basic: /^other_tenant mark\/north 2,math app\.marks\.pupil_id$/m,
      standard: /^changed_since mark\/north 2,math app\.marks$/m,
      rigorous: /^different mark\/north 2,math app\.marks\.pupil_id/m,
    },
  },
  {
    name: 'a row is moved to another tenant',
    sql: set(`tenant_id = ${SOUTH}`, 6),
    told: {
      basic: /^count pupil\/north {2}app\.pupils 6 → 5$/m,
      standard: /^wrong_tenant pupil\/north 6 app\.pupils\.tenant_id$/m,
      rigorous: /^wrong_tenant pupil\/north 6 app\.pupils\.tenant_id$/m,
    },
  },
  {
    name: 'a row is given to a tenant nobody knows',
    sql: set("tenant_id = '00000000-0000-4000-8000-00000000dead'", 6),
    told: {
      basic: /^wrong_tenant pupil {2}app\.pupils\.tenant_id/m,
      standard: /^wrong_tenant pupil\/north 6 app\.pupils\.tenant_id$/m,
      rigorous: /^wrong_tenant pupil\/north 6 app\.pupils\.tenant_id$/m,
    },
  },
  field('a character is flipped', 'name', "name = 'Cam'"),
  field('two letters change places', 'name', "name = 'Cme'"),
  field('NULL becomes empty text', 'note', "note = ''"),
  field('empty text becomes NULL', 'nick', 'nick = null'),
  field('a blank is added at the end', 'name', "name = 'Cem '"),
  field('a letter changes its case', 'name', "name = 'cem'"),
  field('a letter is composed in another way', 'city', 'city = normalize(city, NFD)'),
  field('a decimal digit is changed', 'score', 'score = score + 0.001'),
  field('a sign is changed', 'score', 'score = -score'),
  field('a letter is replaced by one that looks like it', 'name', "name = 'С' || substr(name, 2)"),
  field('a character nobody sees is added', 'name', "name = name || U&'\\200B'"),
  field('a value is lost', 'birth', 'birth = null'),
  field('a NULL is filled', 'note', "note = 'n'"),
  field('a large integer is rounded as a double would', 'big', 'big = big::float8::numeric::int8 - 1'),
  field('a microsecond is added', 'seen', "seen = seen + interval '1 microsecond'"),
  field('a time is moved by the zone’s offset', 'seen', "seen = seen + interval '1 hour'"),
  field('a date is moved by a day', 'birth', 'birth = birth + 1'),
  field('a byte is flipped', 'photo', 'photo = set_byte(photo, 1, 7)'),
  field('a truth is turned round', 'active', 'active = not active'),
  field('a key of a document is renamed', 'info', `info = '{"b": 1}'`),
  field('a number of a document is changed', 'info', `info = '{"a": 2}'`),
  {
    name: 'two columns are swapped in every row',
    sql: 'update app.pupils set name = city, city = name',
    told: {
      standard: /^witness pupil\/north {2}app\.pupils\.name sum/m,
      rigorous: /^different pupil\/north 3 app\.pupils\.city/m,
    },
  },
  {
    name: 'two rows swap a value, so that sums stay',
    sql: `update app.pupils set score = case legacy_id when 1 then (select score from ${pupil(2)}) else (select score from ${pupil(1)}) end
      where tenant_id = ${NORTH} and legacy_id in (1, 2)`,
    told: { standard: /^changed_since pupil\/north 1 app\.pupils$/m, rigorous: /^different pupil\/north 1 app\.pupils\.score/m },
  },
  {
    name: 'two rows swap their identifiers',
    sql: `update app.pupils set id = '00000000-0000-4000-8000-00000000dead' where id = '${pupilId(3)}';
      update app.pupils set id = '${pupilId(3)}' where id = '${pupilId(4)}';
      update app.pupils set id = '${pupilId(4)}' where id = '00000000-0000-4000-8000-00000000dead'`,
    told: { standard: /^changed_since pupil\/north 3 app\.pupils$/m, rigorous: /^different pupil\/north 3 app\.pupils\.legacy_id/m },
  },
  {
    name: 'two identifiers of the id map are swapped',
    sql: `update rehouse.id_map_integer set id = case key when 3 then '${pupilId(4)}'::uuid else '${pupilId(3)}'::uuid end where id in ('${pupilId(3)}', '${pupilId(4)}')`,
    told: {
      standard: /^id_map pupil\/north 3 rehouse\.id_map_integer\.id/m,
      rigorous: /^id_map pupil\/north 3 rehouse\.id_map_integer\.id/m,
    },
  },
  {
    name: 'a foreign row is added',
    sql: `insert into app.pupils select '00000000-0000-4000-8000-00000000beef', tenant_id, 99, name, nick, city, score, big, seen, birth, photo, active, note, info from ${pupil(3)}`,
    told: {
      basic: /^count pupil\/north {2}app\.pupils 6 → 7$/m,
      standard: /^extra pupil\/north {2}app\.pupils$/m,
      rigorous: /^extra pupil\/north {2}app\.pupils$/m,
    },
  },
  {
    name: 'a row of the id map is dropped',
    sql: "delete from rehouse.id_map_integer where tenant = 1 and key = 3 and entity = (select number from rehouse.entity where name = 'pupil')",
    told: {
      basic: /^id_map pupil\/north {2}rehouse\.id_map 6 → 5$/m,
      standard: /^extra pupil\/north {2}app\.pupils$/m,
      rigorous: /^id_map pupil\/north 3 rehouse\.id_map_integer/m,
    },
  },
  {
    name: 'an identifier of the id map is changed',
    sql: "update rehouse.id_map_integer set id = '00000000-0000-4000-8000-00000000dead' where tenant = 1 and key = 3 and entity = (select number from rehouse.entity where name = 'pupil')",
    told: {
      standard: /^id_map pupil\/north 3 rehouse\.id_map_integer\.id/m,
      rigorous: /^id_map pupil\/north 3 rehouse\.id_map_integer\.id/m,
    },
  },
  {
    name: 'a hash of the ledger is changed',
    sql: "update rehouse.id_map_integer set hash = hash + 1 where tenant = 1 and key = 3 and entity = (select number from rehouse.entity where name = 'pupil')",
    told: {
      standard: /^changed_since pupil\/north 3 app\.pupils$/m,
      rigorous: /^id_map pupil\/north 3 rehouse\.id_map_integer\.hash/m,
    },
  },
  {
    name: 'a count of the ledger is changed',
    sql: 'update rehouse.batch_count set loaded = loaded - 1, excluded = excluded + 1 where loaded = 6',
    told: { standard: SEALED, rigorous: /^accounting pupil\/(north|south) {2}rehouse\.batch_count\.loaded/m },
  },
  {
    name: 'a row of the quarantine is dropped',
    sql: "delete from rehouse.quarantine where key = '7' and tenant = 1",
    told: { basic: /^accounting pupil\/north {2}rehouse\.quarantine 1 → 0$/m },
  },
  {
    name: 'what was written is changed in the ledger',
    sql: `update rehouse.batch set written = written || '{"app.pupils": 5}' where written ? 'app.pupils'`,
    told: { basic: /^count pupil\/north {2}app\.pupils 5 → 6$/m, standard: SEALED },
  },
  {
    name: 'an outcome of the ledger is changed',
    sql: "update rehouse.outcome_count set count = count + 1 where code = 'bad_name'",
    told: { standard: SEALED },
  },
  {
    name: 'a batch of the ledger is dropped',
    sql: 'delete from rehouse.batch_count where batch = 1; delete from rehouse.outcome_count where batch = 1; delete from rehouse.batch where id = 1',
    told: { basic: /^(count|accounting|id_map) /m, standard: SEALED },
  },
  {
    name: 'an entry of the audit is changed',
    sql: "update rehouse.audit set who = 'somebody else' where id = 2",
    told: { standard: /^audit .* 2 rehouse\.audit/m, rigorous: /^audit .* 2 rehouse\.audit/m },
  },
  {
    name: 'an entry of the audit is dropped',
    sql: 'delete from rehouse.audit where id = 2',
    told: { standard: /^audit .* 2 rehouse\.audit/m, rigorous: /^audit .* 2 rehouse\.audit/m },
  },
  {
    name: 'an entry is inserted into the audit',
    sql: `insert into rehouse.audit select id + 1, at, who, action, run, detail, hash, hash from rehouse.audit order by id desc limit 1`,
    told: { standard: /^audit .* \d+ rehouse\.audit as it was written → inserted/m },
  },
  {
    name: 'the end of the audit is cut off',
    sql: 'delete from rehouse.audit where id = (select max(id) from rehouse.audit)',
    told: { standard: /^audit .* \d+ rehouse\.audit as it was written → tail_missing/m },
  },
  {
    name: 'a constraint is not validated',
    sql: 'alter table app.contacts add constraint phone_owner foreign key (pupil_id) references app.pupils (id) not valid',
    told: { basic: /^constraint .*app\.contacts\.phone_owner/m },
  },
  {
    name: 'a refused row is in the target after all',
    sql: `insert into app.pupils select '${pupilId(7)}', tenant_id, 7, name, nick, city, score, big, seen, birth, photo, active, note, info from ${pupil(3)}`,
    told: {
      basic: /^count pupil\/north {2}app\.pupils 6 → 7$/m,
      standard: /^extra pupil\/north {2}app\.pupils$/m,
      rigorous: /^extra pupil\/north {2}app\.pupils$/m,
    },
  },
  {
    name: 'a row that was left out is in the target after all, with a part',
    sql: `insert into app.pupils select '${pupilId(8)}', tenant_id, 8, name, nick, city, score, big, seen, birth, photo, active, note, info from ${pupil(3)};
      insert into app.contacts select '00000000-0000-4000-8000-0000000000c8', tenant_id, '${pupilId(8)}', '030-8' from ${pupil(3)}`,
    told: {
      basic: /^count pupil\/north {2}app\.contacts 5 → 6$/m,
      standard: /^extra pupil\/north {2}app\.contacts$/m,
      rigorous: /^extra pupil\/north {2}app\.contacts$/m,
    },
  },
  {
    name: 'a row with a hashed identifier that was left out is in the target after all',
    sql: `insert into app.marks select '${markId('4', 'none')}', tenant_id, id, 'none', 0 from ${pupil(4)}`,
    told: {
      basic: /^count mark\/north {2}app\.marks 4 → 5$/m,
      standard: /^extra mark\/north {2}app\.marks$/m,
      rigorous: /^extra mark\/north {2}app\.marks$/m,
    },
  },
]

/** Changes `verify --repair` leaves as they are: what is foreign to the run, and what the ledger itself has wrong. The differences told afterwards. */
export const NOT_REPAIRED: Readonly<Record<string, RegExp>> = {
  'a foreign row is added': /^extra pupil\/north {2}app\.pupils$/m,
  'a row of the id map is dropped': /^id_map /m,
  'an identifier of the id map is changed': /^id_map /m,
  'two identifiers of the id map are swapped': /^id_map /m,
  'a count of the ledger is changed': /^accounting /m,
  'a row of the quarantine is dropped': /^accounting /m,
  'what was written is changed in the ledger': /^count /m,
  'an outcome of the ledger is changed': /^audit /m,
  'a batch of the ledger is dropped': /^audit /m,
  'an entry is inserted into the audit': /^audit /m,
  'the end of the audit is cut off': /^audit /m,
  'an entry of the audit is changed': /^audit /m,
  'an entry of the audit is dropped': /^audit /m,
  'a constraint is not validated': /^constraint /m,
}

/** A wrong program: it loads wrong rows and recomputes them as wrong. Only what shares no code with it can tell. `change` makes the right manifest the wrong one that stands for it. */
export interface ProgramMutation {
  readonly name: string
  readonly change: (manifest: string) => string
  /** By the standard level with the right manifest. */
  readonly told: RegExp
}

export const PROGRAM_MUTATIONS: readonly ProgramMutation[] = [
  {
    name: 'two tenants are swapped',
    change: manifest => manifest.replace('env:LEGACY_', 'env:SWAPPED_'),
    told: /^witness pupil\/north {2}app\.pupils\.name sum/m,
  },
  {
    name: 'two mapped columns are swapped',
    change: manifest => manifest.replace('name: name', 'name: @').replace('city: city', 'city: name').replace('name: @', 'name: city'),
    told: /^witness pupil\/north {2}app\.pupils\.name sum/m,
  },
  {
    name: 'a wrong zone is used',
    change: manifest => manifest.replace('zone: Europe/Berlin', 'zone: Europe/London'),
    told: /^witness pupil\/north {2}app\.pupils\.seen sum/m,
  },
  {
    name: 'a decoder is off by one',
    change: manifest => manifest.replace('big: big', "big: 'big + 1'"),
    told: /^witness pupil\/north {2}app\.pupils\.big sum/m,
  },
  {
    name: 'a date is lost',
    change: manifest => manifest.replace('birth: birth', "birth: 'case when id <> 1 then birth end'"),
    told: /^witness pupil\/north {2}app\.pupils\.birth sum/m,
  },
  {
    name: 'blanks at the end are cut',
    change: manifest => manifest.replace('note: note', "note: 'trim(note)'"),
    told: /^witness pupil\/north {2}app\.pupils\.note sum/m,
  },
  {
    name: 'a NULL is filled',
    change: manifest => manifest.replace('note: note', 'note: { from: note, if_null: { value: "" } }'),
    told: /^witness pupil\/north {2}app\.pupils\.note count/m,
  },
  {
    name: 'two rows swap a value, so that sums stay',
    change: manifest => manifest.replace('city: city', `city: "case when id = 1 then 'Bonn' when id = 2 then 'Köln' else city end"`),
    told: /^witness pupil\/north {2}app\.pupils\.city row_sum/m,
  },
]

/** What the manifest itself has wrong, so that program, recomputation and witness follow it: found by rows a person typed in. `examples` stand at the pupils of the wrong manifest. */
export interface ManifestMutation extends ProgramMutation {
  readonly examples: string
}

export const MANIFEST_MUTATIONS: readonly ManifestMutation[] = [
  {
    name: 'two mapped columns of the same type are swapped',
    change: manifest => manifest.replace('nick: nick', 'nick: note').replace('note: note', 'note: nick'),
    examples: '[{ tenant: north, key: 1, values: { nick: a, note: null } }, { key: 2, values: { nick: "" } }]',
    told: /^example pupil\/north 1 app\.pupils\.nick/m,
  },
  {
    name: 'a row is left out that should not be',
    change: manifest => manifest.replace("name = 'left out'", "name = 'Fay'"),
    examples: '[{ tenant: north, key: 6, values: { name: Fay } }]',
    told: /^example pupil\/north 6 app\.pupils /m,
  },
]

/** What no comparison finds, because manifest and witness agree, or because nothing sums up differently. */
export const ONLY_PEOPLE: readonly string[] = [
  'The manifest itself maps the wrong column of the right kind (`email` from `backup_email`): program, recomputation and witness all follow it, and no example of an entity’s rows says otherwise.',
  'A value is translated wrongly by a `map`, a constant is wrong, a rule excludes or quarantines too much: these are what the manifest says, where no example says otherwise.',
  'The tenants’ list gives a database the wrong name or zone: everything read from it is consistently wrong.',
  'A wrong program changes a column without a witness (the report lists those), or exchanges values between rows in a column that only has counts and sums: one that is not in the row sum of its table (the report lists which are).',
  'A file is decoded wrongly in a way that leaves its declared totals alone: its staged copy, which the witness sums up, was made by the same reader. An example in the manifest, typed in from what the old program shows, finds it.',
  'The source was wrong before the run.',
]
