import { either, type Form, type Forms, list, map, named, number, object, text, words } from './form.ts'
import { cleanseForms, cleanseName } from './grammar-cleanse.ts'
import { entityForms, optionForm, sessionForm, tenantRow } from './grammar-entity.ts'
import { idStrategies, valueForms } from './grammar-value.ts'
import {
  address,
  anyText,
  columnName,
  columnNames,
  columnPattern,
  entityName,
  migrationName,
  RELATION,
  serviceName,
  sourceName,
  stagingPlace,
  tablePattern,
  word,
} from './grammar-words.ts'

/** The whole language Rehouse reads, as one table. */

const share = either('a share as 1% or 0.01', [
  { on: 'number', form: number(0, 1) },
  { on: 'text', form: text('a share as 1% or 0.01', '^(?:100(?:\\.0+)?|[0-9]{1,2}(?:\\.[0-9]+)?) ?%$') },
])

const tenantsFrom = object('tenants', {
  from: {
    doc: 'A CSV file beside the manifest (`tenants.csv`), or a relation (`login/dbo.District`).',
    form: text('a file ending in .csv, or a relation as source/schema.table', `^[^\\u0000]*\\.[cC][sS][vV]$|${RELATION}`, {
      later: [{ pattern: '^view/', what: 'tenants from a view' }],
    }),
    isRequired: true,
  },
  key: { doc: 'The column with the tenant’s code.', form: columnName, otherwise: 'code' },
  id: {
    doc: 'The column with the tenant’s UUID, or `{ id: v5 }`: made from the code.',
    form: either('the name of a column, or { id: v5 }', [
      { on: 'text', form: columnName },
      {
        on: 'map',
        form: object('{ id: v5 }', {
          id: { doc: 'Made from the code.', form: words({ v5: 'version 5 UUID of the code' }), isRequired: true },
        }),
      },
    ]),
    otherwise: 'of a CSV file `id` where it has such a column; else made from the code',
  },
  name: { doc: 'The column with the tenant’s name.', form: columnName, otherwise: 'of a CSV file `name`; else the code' },
  zone: { doc: 'The column with the tenant’s IANA time zone.', form: columnName, otherwise: 'of a CSV file `zone`; else none' },
})

const service = object('a service', {
  url: { doc: 'Where its database is.', form: address, isRequired: true },
  tenant_column: { doc: 'The column of every table that carries the tenant’s id.', form: columnName, otherwise: 'none' },
  triggers: {
    doc: 'Whether triggers fire while rows are loaded; to be said where a table has one.',
    form: words({ fire: 'they fire; rows stored must equal rows sent', disable: 'disabled for the load, as a recorded step' }),
    otherwise: 'not said',
  },
  session: { doc: 'Settings of each session: `{ app.current_sub: … }`.', form: sessionForm, otherwise: 'none' },
})

const defaults = object('defaults', {
  id: { doc: 'How identifiers are made.', form: idStrategies, otherwise: '`ordered` for integer keys, `hashed` for others' },
  on_conflict: {
    doc: 'Of a top-up run: a row that changed in the source and in the target.',
    form: named('on_conflict'),
    otherwise: 'quarantine',
  },
  on_loss: { doc: 'What to do when a cast would lose something.', form: named('outcomes'), otherwise: '`{ quarantine: lossy_cast }`' },
  unmapped: { doc: 'Source columns nobody uses or excludes.', form: words({ error: 'an error', warn: 'a warning' }), otherwise: 'error' },
  batch: { doc: 'How much is committed at once.', form: named('batch') },
})

const stop = object('stop rules', {
  quarantined: { doc: 'A tenant with a greater share of its rows quarantined is stopped.', form: share, otherwise: '1%' },
  errors: { doc: 'The same for rows that failed with an error.', form: share, otherwise: '5%' },
  min_rows: {
    doc: 'Not before this many rows were read.',
    form: { kind: 'integer', least: 0, most: Number.MAX_SAFE_INTEGER },
    otherwise: '1000',
  },
})

export const MANIFEST: Form = object('a manifest', {
  migration: { doc: 'The name of the migration.', form: migrationName, isRequired: true },
  sources: {
    doc: 'Name → address. The first is the default. `{tenant.X}` in it makes one source per tenant, from column X of the tenant.',
    form: map('a map of sources', sourceName, address, { least: 1 }),
    isRequired: true,
  },
  staging: {
    doc: 'Where rows of a file go that cannot be read in the order asked for: `embedded`, the built-in PostgreSQL, or the address of another server, whose login may create databases. Never a source or a target.',
    form: stagingPlace,
    otherwise: 'embedded',
  },
  tenants: {
    doc: '`single`, a list, or where the list is.',
    form: either('single, a list of tenants, or a map with from', [
      { on: 'text', form: words({ single: 'one tenant' }) },
      { on: 'list', form: list('a list of tenants', named('tenant'), 1) },
      { on: 'map', form: named('tenants') },
    ]),
    otherwise: 'single',
  },
  time: {
    doc: 'Local times that do not exist or exist twice.',
    form: object('time rules', {
      gap: {
        doc: 'A local time skipped when clocks go forward.',
        form: words({ shift_forward: 'later by the gap', shift_back: 'earlier by the gap', quarantine: 'refuse the row' }),
        otherwise: 'quarantine',
      },
      overlap: {
        doc: 'A local time that happens twice.',
        form: words({ earlier: 'the first', later: 'the second', quarantine: 'refuse the row' }),
        otherwise: 'quarantine',
      },
    }),
  },
  services: {
    doc: 'Name → target database.',
    form: map('a map of services', serviceName, named('service'), { least: 1 }),
    isRequired: true,
  },
  options: {
    doc: 'Operator choices (`--set name=value`), part of the mapping’s hash.',
    form: map('a map of options', word('the name of an option in snake_case'), named('option')),
  },
  cleanse: {
    doc: 'Name → steps a text goes through: `{ from: Name, cleanse: tidy }`.',
    form: map('a map of cleansing rules', cleanseName, named('cleanse')),
  },
  defaults: { doc: 'What holds where an entity says nothing.', form: named('defaults') },
  stop: { doc: 'When a tenant is given up.', form: named('stop') },
  phases: {
    doc: 'Barriers, in order; each entity stands in exactly one.',
    form: list(
      'a list of phases',
      map('a phase: one name and its entities', word('the name of a phase in snake_case'), list('a list of entities', entityName), {
        least: 1,
        most: 1,
      }),
      1,
    ),
    otherwise: 'one phase `all`',
  },
  exclude: { doc: 'What is not migrated, each with a reason.', form: named('exclude') },
  entities: {
    doc: 'Name → entity.',
    form: map('a map of entities', entityName, named('entity'), { least: 1, most: 1023 }),
    isRequired: true,
  },
  views: {
    doc: 'SQL over relations of the first source, read as a relation: `view/name`.',
    form: map('a map of views: the name of a view in snake_case', word('the name of a view in snake_case'), named('view')),
  },
  finish: {
    doc: 'REFRESH MATERIALIZED VIEW [CONCURRENTLY] schema.view, done in the target once all rows are there, in this order; again only after rows were written. Nothing else.',
    form: list('a list of statements', named('finish'), 1),
  },
})

/** Forms with a name of their own, in the order of the reference. */
export const FORMS: Forms = {
  finish: either('a statement, or a map with service and sql', [
    { on: 'text', form: anyText },
    { on: 'map', form: named('finish_in') },
  ]),
  finish_in: object('a statement in a service', {
    service: { doc: 'In whose database.', form: serviceName, isRequired: true },
    sql: { doc: 'The statement.', form: anyText, isRequired: true },
  }),
  view: object('a view', {
    sql: {
      doc: 'One SELECT in PostgreSQL’s SQL, names with their schema. It is read once, as one ordered stream.',
      form: anyText,
      isRequired: true,
    },
    key: { doc: 'The columns that tell its rows apart.', form: columnNames, isRequired: true },
    within: {
      doc: 'Columns whose values hold the rows together that are to be made anew when one of them changes. `plan` tells it; a run makes all of them anew.',
      form: columnNames,
      otherwise: 'all rows belong together',
    },
  }),
  tenants: tenantsFrom,
  tenant: tenantRow,
  service,
  option: optionForm,
  defaults,
  stop,
  exclude: object('exclusions', {
    tables: { doc: 'Table → reason; `*` stands for any characters but a dot.', form: map('a map of tables', tablePattern, named('why')) },
    columns: {
      doc: 'Column → reason: `dbo.Staff.PasswordHash`, `"*.ModifiedBy_Old"`.',
      form: map('a map of columns', columnPattern, named('why')),
    },
  }),
  ...entityForms,
  ...valueForms,
  ...cleanseForms,
}

/** The form itself, where a name stands for it. */
export function resolveForm(form: Form): Exclude<Form, { kind: 'named' }> {
  if (form.kind !== 'named') return form
  const found = FORMS[form.name]
  if (!found) throw new TypeError(`expected a form named ${form.name}`)
  return resolveForm(found)
}
