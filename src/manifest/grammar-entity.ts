import {
  either,
  expression,
  type Forms,
  flag,
  integer,
  later,
  list,
  literal,
  map,
  named,
  object,
  onlyTrue,
  plain,
  type TextForm,
  text,
  words,
} from './form.ts'
import { idStrategies } from './grammar-value.ts'
import { code, columnName, columnNames, relationName, serviceName, tableName, tablePattern, word } from './grammar-words.ts'

/** Entities: from where, by which rules, into which tables. */

const duration: TextForm = text('a time as 500ms, 30s, 5m or 1h', '^[1-9][0-9]{0,8} ?(?:ms|s|m|h)$')
const size: TextForm = text('a size as 512KB, 32MB or 1GB', '^[1-9][0-9]{0,9} ?(?:[kKMG]i?)?B$')

const from = either('a relation, or a map with table', [
  { on: 'text', form: relationName },
  { on: 'map', by: 'tables', form: named('tables_named') },
  { on: 'map', form: named('from') },
])

const key = either('the name of a column, a list of them, or { content: true }', [
  { on: 'text', form: columnName },
  { on: 'list', form: list('a list of columns', columnName, 1) },
  {
    on: 'map',
    form: object('{ content: true }', { content: { doc: 'Rows are told apart by their content.', form: onlyTrue, isRequired: true } }),
  },
])

const expressionList = either('an expression or a list of them', [
  { on: 'text', form: expression },
  { on: 'list', form: list('a list of expressions', expression, 1) },
])

const groups = either('a list of groups, or a list in a column', [
  { on: 'text', form: expression },
  {
    on: 'list',
    form: list('a list of groups', map('a group of names and expressions', word('a name in snake_case'), expression, { least: 1 }), 1),
  },
])

export const entityForms: Forms = {
  entity: object('an entity', {
    service: { doc: 'The one service it writes to.', form: serviceName, isRequired: true },
    tenant: { doc: '`none`: rows shared by all tenants.', form: words({ none: 'shared rows' }), otherwise: 'one lot of rows per tenant' },
    from: { doc: 'The driving relation: one of its rows is one row read.', form: from, isRequired: true },
    key: {
      doc: 'What tells its rows apart: column names, of elements also `m.id` or `ordinal(m)`; or `{ content: true }` where nothing does.',
      form: key,
      otherwise: 'the source’s primary key',
    },
    id: { doc: 'How identifiers are made.', form: idStrategies, otherwise: '`defaults.id`' },
    with: {
      doc: 'Rows of other relations that belong to a row: `name.Column` in expressions, NULL where there is none.',
      form: map('a map of names to related rows', word('a name in snake_case'), named('related')),
    },
    number: {
      doc: 'Dense positions 1..n among the rows read, computed over all of them: `name` in expressions.',
      form: map('a map of names to positions', word('a name in snake_case'), named('number')),
    },
    let: {
      doc: 'Named values, usable in every expression after them.',
      form: map('a map of names to values', word('a name in snake_case'), named('value')),
    },
    rules: {
      doc: 'What becomes of a row; the first `exclude` or `quarantine` that holds decides.',
      form: list('a list of rules', named('rule')),
    },
    into: {
      doc: 'Target tables. The first is the head: `ref` yields its identifier.',
      form: map('a map of target tables to shapes', tableName, named('into'), { least: 1 }),
      isRequired: true,
    },
    on_conflict: {
      doc: 'Of a top-up run: a row that changed in the source and in the target.',
      form: named('on_conflict'),
      otherwise: '`defaults.on_conflict`',
    },
    batch: { doc: 'How much is committed at once.', form: named('batch'), otherwise: '`defaults.batch`' },
    examples: {
      doc: 'Rows whose values a person typed in: `check --examples`, a dry run and a run compare them with what the mapping makes of those rows, `verify` with what the target holds under their keys. No part of what a row becomes.',
      form: list('a list of examples', named('example')),
    },
    id_map: later('a derived id map'),
  }),
  related: object(
    'a related row',
    {
      from: { doc: 'The relation it is in, of any source.', form: relationName, isRequired: true },
      match: {
        doc: 'Their expression → ours (an expression, or `{ value: … }`): all must be equal. Two rows that match are quarantine `ambiguous_<name>`, never “first wins”.',
        form: map('a map of their expressions to ours', text('an expression', '\\S'), named('value'), { least: 1 }),
        isRequired: true,
      },
      where: { doc: 'Of its rows only those where this is true.', form: expression, otherwise: 'all' },
      with: {
        doc: 'Rows that belong to it in turn: `name.inner.Column`.',
        form: map('a map of names to related rows', word('a name in snake_case'), named('related')),
      },
      many: {
        doc: '`true`: all rows that match, as a list: `count(name)`, `min(name.Column)`, `max(name.Column)`, `collect`. Otherwise it is one row.',
        form: onlyTrue,
        otherwise: 'one row',
      },
      order: {
        doc: 'Of a list: NULL last, text by code point, uuid by bytes; ties by content.',
        form: expressionList,
        otherwise: 'by content',
      },
      number: {
        doc: 'Of a list: dense positions among its members.',
        form: map('a map of names to positions', word('a name in snake_case'), named('number')),
      },
      rules: {
        doc: 'Of a list: what becomes of a member. `exclude` leaves it out, `quarantine` refuses it as a part of the row, `note` remarks the row.',
        form: list('a list of rules', named('member_rule')),
      },
      owns: {
        doc: 'This entity accounts for every row of the relation, in a line of its own: `match` names the whole key. Cannot stand with `where`.',
        form: named('owns'),
        otherwise: 'its rows are counted nowhere',
      },
    },
    { needs: { order: ['many'], number: ['many'], rules: ['many'] } },
  ),
  owns: object('owned rows', {
    orphans: {
      doc: 'Rows that match no row of the entity, or have NULL in what they are matched by.',
      form: named('fate'),
      isRequired: true,
    },
  }),
  number: object('a position', {
    within: { doc: 'Rows with the same values here are counted together.', form: expressionList, otherwise: 'all rows' },
    order: {
      doc: 'By what they are ordered: NULL last, text by code point, uuid by bytes; ties by the key.',
      form: expressionList,
      isRequired: true,
    },
    where: { doc: 'Rows where this is not true have no position (NULL) and take none.', form: expression, otherwise: 'every row has one' },
  }),
  from: object(
    'a relation',
    {
      table: { doc: 'The relation.', form: relationName, isRequired: true },
      optional: { doc: '`true`: a tenant whose source lacks the relation has no rows of it.', form: flag, otherwise: 'false' },
      may_lack: { doc: 'Columns absent in the databases of some tenants: NULL there, counted.', form: columnNames, otherwise: 'none' },
      each: { doc: 'A column with a list (json, jsonb or an array): each of its elements is one row read.', form: columnName },
      as: {
        doc: 'The name of the element in expressions: `m`, its members `m.id`, its number `ordinal(m)`.',
        form: word('a name in snake_case'),
      },
      empty: {
        doc: 'What becomes of a row whose list is NULL, null or has no element.',
        form: named('fate'),
        otherwise: 'it is no row read',
      },
      not_a_list: { doc: 'What becomes of a row whose value is no list.', form: named('fate'), otherwise: '`{ quarantine: not_a_list }`' },
    },
    { needs: { each: ['as'], as: ['each'], empty: ['each'], not_a_list: ['each'] } },
  ),
  tables_named: object('tables named in a column', {
    tables: { doc: 'The relation that lists the tables, of the source they are in.', form: relationName, isRequired: true },
    name: {
      doc: 'Its column that names a table: `Results_7`, in the same schema, or `dbo.Results_7`. NULL and blanks name none. Each row of a table has it as a column.',
      form: columnName,
      isRequired: true,
    },
    carry: {
      doc: 'Columns of the list that each row of the table has besides: name → column, or a list of columns.',
      form: either('a map of names to columns, or a list of columns', [
        { on: 'list', form: list('a list of columns', columnName, 1) },
        { on: 'map', form: map('a map of names to columns', columnName, columnName, { least: 1 }) },
      ]),
      otherwise: 'none',
    },
    missing: {
      doc: 'What to do with a name no table has.',
      form: object(
        'what is said of a missing table',
        {
          note: { doc: 'Go on without it and warn, under this code.', form: code },
          exclude: { doc: 'Go on without it and tell it, under this code.', form: code },
        },
        { exactlyOne: ['note', 'exclude'] },
      ),
      otherwise: 'an error',
    },
    unlisted: {
      doc: 'Tables that look as if they belonged to the list, `*` (or `%`) for any characters: those nobody lists are named and counted.',
      form: tablePattern,
      otherwise: 'none is looked for',
    },
    may_lack: { doc: 'Columns absent in some of the tables: NULL there.', form: columnNames, otherwise: 'none' },
  }),
  fate: object(
    'the fate of a row',
    {
      exclude: { doc: 'Leave the row out, counted under this code.', form: code },
      quarantine: { doc: 'Refuse the row with this code.', form: code },
    },
    { exactlyOne: ['exclude', 'quarantine'] },
  ),
  example: object('an example', {
    tenant: { doc: 'The tenant’s code.', form: plain, otherwise: 'every tenant, or rows shared by all' },
    key: {
      doc: 'The legacy key of the row; a list for a composite key.',
      form: either('a key, or a list of its parts', [
        { on: 'text', form: plain },
        { on: 'number', form: plain },
        { on: 'boolean', form: plain },
        { on: 'list', form: list('a list of the parts of a key', plain, 1) },
      ]),
      isRequired: true,
    },
    values: {
      doc: 'Columns of the first table under `into` → what must stand there; NULL is `null`.',
      form: map('a map of columns to constants', columnName, literal, { least: 1 }),
      isRequired: true,
    },
  }),
  into: either('a shape: a map with columns, or a list of shapes, of which the first whose `when` holds is written', [
    { on: 'list', form: list('a list of shapes', named('shape'), 1) },
    { on: 'map', form: named('shape') },
  ]),
  shape: object(
    'a shape',
    {
      columns: {
        doc: 'Target column → value.',
        form: map('a map of columns to values', columnName, named('value'), { least: 1 }),
        isRequired: true,
      },
      when: { doc: 'The row is written where this is true; of a list of shapes the first that is.', form: expression, otherwise: 'always' },
      note: { doc: 'Remark the row with this code where the shape is written.', form: code },
      optional: {
        doc: '`true`: where the database refuses this part, the rest of the row stays; never the head.',
        form: flag,
        otherwise: 'false',
      },
      each: {
        doc: 'One row per group, which gives names to expressions; or one per element of a list (json, jsonb or an array).',
        form: groups,
        otherwise: 'one row',
      },
      as: { doc: 'The name of the group or element in expressions: `g.slot`, `m.id`, `ordinal(m)`.', form: word('a name in snake_case') },
      key: { doc: 'The expression that tells the rows of one source row apart; part of their identifier.', form: expression },
    },
    { needs: { each: ['as', 'key'], as: ['each'], key: ['each'] } },
  ),
  batch: object('batch options', {
    rows: { doc: 'A batch closes at this many source rows …', form: integer(1, 10_000_000), otherwise: '100000' },
    bytes: {
      doc: '… or at this size, whichever comes first (`32MB`; 1 KB = 1024 bytes).',
      form: either('a size as 32MB, or a number of bytes', [
        { on: 'text', form: size },
        { on: 'number', form: integer(1024, 1_073_741_824) },
      ]),
      otherwise: '32MB',
    },
    retries: { doc: 'How often a batch is tried again after a failure that passes.', form: integer(0, 100), otherwise: '5' },
    timeout: { doc: 'How long one batch may take (`30s`).', form: duration, otherwise: '10m' },
  }),
  on_conflict: words({
    quarantine: 'the target stays, the row is named in the quarantine',
    skip: 'the target stays, the row is counted as skipped',
    overwrite: 'the row becomes what the source makes of it',
  }),
}

export const optionForm = object('an option', {
  values: { doc: 'What may be chosen.', form: list('a list of values', plain, 1), otherwise: 'any text' },
  default: { doc: 'What holds without `--set`.', form: plain, otherwise: '`--set` is required' },
})

export const sessionForm = map(
  'a map of settings',
  text('a setting as app.current_sub', '^[A-Za-z_][A-Za-z0-9_$]*(?:\\.[A-Za-z_][A-Za-z0-9_$]*)*$'),
  plain,
)
export const tenantRow = map('a tenant: a map of columns', columnName, plain, { least: 1 })
