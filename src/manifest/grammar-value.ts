import { either, expression, type Forms, list, literal, map, named, object, onlyTrue, plain, text, words } from './form.ts'
import { cleanseName } from './grammar-cleanse.ts'
import { anyText, code, columnName, entityName, relationName, word } from './grammar-words.ts'

/** Column values, outcomes and rules. */

const madeOfKeys = {
  ordered: 'for integer keys: in key order, unique by construction',
  hashed: 'for any key: a keyed hash',
  v5: 'version 5 UUID of tenant, entity and key',
  keep: 'the source has the identifier already',
}

export const idStrategies = words(madeOfKeys)

const columnStrategies = words({
  ...madeOfKeys,
  lookup: 'an identity map has it: the UUID in `from`. NULL is quarantine `id_missing`, one that another row has `id_taken`',
})

const expressions = either('an expression or a list of them', [
  { on: 'text', form: expression },
  { on: 'list', form: list('a list of expressions', expression, 1) },
])

const fieldName = text('a key', '.')

const pipeline = object(
  'a value',
  {
    from: { doc: 'The expression the value begins with.', form: expression, isRequired: true },
    when: { doc: 'Where it is not true, the value is NULL, as if `from` had been.', form: expression, otherwise: 'always' },
    cleanse: {
      doc: 'Cleansing rules or steps a text goes through, in this order, before anything else looks at it; each change is counted by column and rule.',
      form: either('the name of a cleansing rule or a list of them', [
        { on: 'text', form: cleanseName },
        { on: 'list', form: list('a list of cleansing rules', cleanseName, 1) },
      ]),
      otherwise: 'none',
    },
    if_null: {
      doc: 'What to take where the value is NULL; a replacement skips `map`, `as` and `on_loss`.',
      form: named('outcomes'),
      otherwise: 'NULL stays',
    },
    map: {
      doc: 'Old value → constant. Keys compare as canonical text: `"true"`, `"1"`.',
      form: map('a map of old values to constants', text('an old value', ''), literal, { least: 1 }),
    },
    else: { doc: 'What to take for a value that is not in `map`.', form: named('outcomes'), otherwise: '`{ quarantine: unmapped_value }`' },
    as: {
      doc: 'The target type the value goes through: `date`, `text`, `numeric(10,2)`.',
      form: text('a type', '\\S'),
      otherwise: 'the column’s type',
    },
    on_loss: { doc: 'What to do when the cast would lose something.', form: named('outcomes'), otherwise: '`defaults.on_loss`' },
  },
  { needs: { else: ['map'] } },
)

const reference = object('a reference', {
  ref: {
    doc: 'The entity whose identifier is meant; of several the first in which the key exists.',
    form: either('the name of an entity or a list of them', [
      { on: 'text', form: entityName },
      { on: 'list', form: list('a list of entities', entityName, 1) },
    ]),
    isRequired: true,
  },
  from: { doc: 'The key of the row referred to; a list for a composite key.', form: expressions, isRequired: true },
  missing: {
    doc: 'What to take where no such row exists.',
    form: named('outcomes'),
    otherwise: 'quarantine: `orphan`, `parent_quarantined` or `parent_excluded`',
  },
  when: { doc: 'Where it is not true, the reference is NULL.', form: expression, otherwise: 'always' },
})

const outcome = object(
  'an outcome',
  {
    value: { doc: 'Take this constant.', form: literal },
    from: { doc: 'Take this expression; where it is NULL, the next outcome of the list.', form: expression },
    exclude: { doc: 'Leave the row out, counted under this code.', form: code },
    quarantine: { doc: 'Refuse the row with this code.', form: code },
    allow: { doc: 'Let it happen, counted.', form: onlyTrue },
    note: { doc: 'Besides, remark the row with this code.', form: code },
  },
  { isNeverEmpty: true, atMostOne: ['value', 'from', 'exclude', 'quarantine', 'allow'] },
)

const rule = object(
  'a rule',
  {
    when: { doc: 'The rule holds where this is true (not where it is NULL).', form: expression, isRequired: true },
    exclude: { doc: 'Leave the row out, counted under this code.', form: code },
    quarantine: { doc: 'Refuse the row with this code.', form: code },
    note: { doc: 'Remark the row with this code and go on.', form: code },
    same_as: {
      doc: 'The row is another row, of an entity loaded before it or of its own: it gets no row in the target, counts as merged, and what refers to it refers to that one.',
      form: named('same_row'),
    },
  },
  { exactlyOne: ['exclude', 'quarantine', 'note', 'same_as'] },
)

const memberRule = object(
  'a rule for members',
  {
    when: { doc: 'The rule holds where this is true (not where it is NULL).', form: expression, isRequired: true },
    exclude: { doc: 'Leave the member out, counted under this code.', form: code },
    quarantine: { doc: 'Refuse the member with this code.', form: code },
    note: { doc: 'Remark the row with this code and go on.', form: code },
  },
  { exactlyOne: ['exclude', 'quarantine', 'note'] },
)

const sameRow = object('the row it is', {
  ref: { doc: 'The entity that row is of.', form: entityName, isRequired: true },
  from: { doc: 'The key of that row; a list for a composite key.', form: expressions, isRequired: true },
})

export const valueForms: Forms = {
  value: either(
    'a value: an expression, or a map with value, from, ref, id, json, rest or fn',
    [
      { on: 'text', form: expression },
      { on: 'map', by: 'collect', form: named('collection') },
      { on: 'map', by: 'rest', form: named('rest') },
      { on: 'map', by: 'fn', form: named('function') },
      { on: 'map', by: 'ref', form: named('reference') },
      { on: 'map', by: 'id', form: named('identifier') },
      { on: 'map', by: 'json', form: named('document') },
      { on: 'map', by: 'value', form: named('constant') },
      { on: 'map', form: named('pipeline') },
    ],
    'Write an expression, or { value: … } for a constant.',
  ),
  constant: object('a constant', { value: { doc: 'Any constant; numbers keep their digits.', form: literal, isRequired: true } }),
  pipeline,
  reference,
  identifier: object('an identifier', {
    id: { doc: 'How the row’s identifier is made. The column marked so is what `ref` yields.', form: columnStrategies, isRequired: true },
    from: { doc: 'What it is made from.', form: expressions, otherwise: 'the entity’s key' },
  }),
  collection: object(
    'a collection',
    {
      collect: { doc: 'A list under `with` (`many: true`).', form: word('a name in snake_case'), isRequired: true },
      into: { doc: 'What is made of it.', form: words({ array: 'a JSON array', object: 'a JSON object by key' }), isRequired: true },
      key: { doc: 'Of an object: the member’s key; NULL and a key twice are quarantine.', form: expression },
      value: {
        doc: 'Of each member; names are the member’s. A reference is as good as in a column: a row with a member that refers to nothing is refused.',
        form: named('value'),
        isRequired: true,
      },
    },
    { needs: { key: ['into'] } },
  ),
  document: object('a JSON document', {
    json: { doc: 'Key → value.', form: map('a map of keys to values', fieldName, named('value')), isRequired: true },
    nulls: { doc: 'What becomes of keys whose value is NULL.', form: words({ keep: 'as null', drop: 'left out' }), otherwise: 'keep' },
  }),
  function: object('a function', {
    fn: {
      doc: 'A function of a TypeScript file beside or below the manifest: `functions/learning.ts#criteria`.',
      form: text(
        'a file and a function as functions/file.ts#name',
        '^(?!/)(?!.*(?:^|/)\\.\\./)[^#\\\\\\u0000]+\\.[cm]?[jt]s#[A-Za-z_$][A-Za-z0-9_$]*$',
        {
          next: 'Write a path from the manifest’s folder down, # and the name the function is exported under.',
        },
      ),
      isRequired: true,
    },
    uses: {
      doc: 'What it is given: names, each under its last part (`regular.points` is `points`), or a map of names to expressions. The name of a related row is an object, of a list of them a list of objects.',
      form: either('a list of names, or a map of names to expressions', [
        { on: 'list', form: list('a list of names', expression) },
        { on: 'map', form: map('a map of names to expressions', text('a name', '^[A-Za-z_$][A-Za-z0-9_$]*$'), expression) },
      ]),
      isRequired: true,
    },
    as: {
      doc: 'The type of what it answers.',
      form: text('a type', '\\S'),
      otherwise: 'the column’s; of a named value jsonb, whose members are named: `payload.kind`',
    },
    inverse: {
      doc: 'The function that leads back, or `none`.',
      form: text(
        'a file and a function as functions/file.ts#name, or none',
        '^(?:none|(?!/)(?!.*(?:^|/)\\.\\./)[^#\\\\\\u0000]+\\.[cm]?[jt]s#[A-Za-z_$][A-Za-z0-9_$]*)$',
      ),
      otherwise: 'not said',
    },
  }),
  rest: object(
    'the rest of the columns',
    {
      rest: {
        doc: 'All columns nothing else of the entity uses and nobody excludes, as one JSON document: column → value.',
        form: onlyTrue,
        isRequired: true,
      },
      types: {
        doc: 'Column → the type its value takes before it becomes JSON; or where rows say so.',
        form: either('a map of columns to types, or a map with from, match and as', [
          { on: 'map', by: 'match', form: named('rest_types') },
          { on: 'map', form: map('a map of columns to types', columnName, text('a type', '\\S'), { least: 1 }) },
        ]),
        otherwise: 'the source’s types',
      },
      undeclared: {
        doc: 'What to do with a value that is not NULL of a column `types` does not name.',
        form: named('outcomes'),
        otherwise: 'it is kept under its own name and type',
      },
    },
    { needs: { undeclared: ['types'] } },
  ),
  rest_types: object('types said by rows', {
    from: {
      doc: 'The relation whose rows say the types, of the entity’s source; read once, before the run.',
      form: relationName,
      isRequired: true,
    },
    match: {
      doc: 'Their column → what it is equal to: `rest.name` (the name of the column the row is about, in one place), a column under `carry`, or `{ value: … }`.',
      form: map(
        'a map of their columns to ours',
        columnName,
        either('rest.name, a column under `carry`, or { value: … }', [
          { on: 'text', form: text('rest.name or a column under `carry`', '\\S') },
          { on: 'map', form: object('a constant', { value: { doc: 'Any text.', form: plain, isRequired: true } }) },
        ]),
        { least: 1 },
      ),
      isRequired: true,
    },
    as: {
      doc: 'Their column that has the type; or a word for it.',
      form: either('a column, or a map with from and map', [
        { on: 'text', form: columnName },
        {
          on: 'map',
          form: object('a type by its word', {
            from: { doc: 'Their column that has the word.', form: columnName, isRequired: true },
            map: {
              doc: 'Word → type.',
              form: map('a map of words to types', text('a word', '\\S'), text('a type', '\\S'), { least: 1 }),
              isRequired: true,
            },
            else: {
              doc: 'What to do with a value that is not NULL of a column whose word is none of these.',
              form: named('outcomes'),
              otherwise: 'such a word is an error',
            },
          }),
        },
      ]),
      isRequired: true,
    },
  }),
  outcome,
  outcomes: either(
    'an outcome or a list of them',
    [
      { on: 'map', form: named('outcome') },
      { on: 'list', form: list('a list of outcomes', named('outcome'), 1) },
    ],
    'Write { value: … } for a constant, { from: … } for an expression, or a fate as { quarantine: code }.',
  ),
  rule,
  member_rule: memberRule,
  same_row: sameRow,
  why: object('a reason', {
    reason: { doc: 'Why it is not migrated.', form: anyText, isRequired: true },
    rows: {
      doc: 'Whether its rows are counted, or listed one by one in the audit.',
      form: words({
        count: 'counted',
        audit: 'read last of all, each row listed by its key in the ledger, as the entity `excluded_schema_table`',
      }),
      otherwise: 'neither',
    },
  }),
}
