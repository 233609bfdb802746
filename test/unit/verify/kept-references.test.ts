import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ForeignKey } from '../../../src/model/catalogue.ts'
import { areKept, areKeyed } from '../../../src/verify/kept-references.ts'
import type { findReferences } from '../../../src/verify/references.ts'
import type { TableScope } from '../../../src/verify/table-scopes.ts'

const KEY: ForeignKey = {
  name: 'marks_pupil',
  columns: ['tenant_id', 'pupil_id'],
  referencedSchema: 'app',
  referencedTable: 'pupils',
  referencedColumns: ['tenant_id', 'id'],
  isDeferrable: false,
  isValidated: true,
  onDelete: 'no action',
  setNullColumns: null,
}
const REFERENCE: ReturnType<typeof findReferences>[number] = {
  column: 'pupil_id',
  parents: [{ table: { schema: 'app', name: 'pupils' }, idColumn: 'id', tenantColumn: 'tenant_id' }],
  tenantColumn: 'tenant_id',
  idColumn: 'id',
}

/** As much of a scope as is looked at. */
function scope(name: string, { keys = [], kind = 'ref' }: { keys?: readonly ForeignKey[]; kind?: string } = {}): TableScope {
  const of = { facts: { entity: { name, into: [{ columns: [{ name: 'pupil_id', value: { kind } }] }] } } }
  const some = {
    service: 'app',
    label: `app.${name}`,
    judgesExtras: true,
    relation: { schema: 'app', name, foreignKeys: keys },
    rows: { table: { schema: 'app', name }, tenant: { column: 'tenant_id', id: name } },
    writers: [{ of, shape: 0 }],
  }
  // Only what stands above is asked for.
  return some as unknown as TableScope
}

const isKeyed = (keys: readonly ForeignKey[], kind = 'ref'): boolean => areKeyed(scope('marks', { keys, kind }), [REFERENCE])

test('a reference is the server’s own to keep only under a validated key over it and the tenant, to the same table, and if the mapping makes it', () => {
  assert.ok(isKeyed([KEY]))
  assert.ok(!isKeyed([]))
  assert.ok(!isKeyed([{ ...KEY, isValidated: false }]))
  assert.ok(!isKeyed([{ ...KEY, columns: ['pupil_id'], referencedColumns: ['id'] }]))
  assert.ok(!isKeyed([{ ...KEY, referencedTable: 'teachers' }]))
  assert.ok(!isKeyed([{ ...KEY, columns: ['pupil_id', 'tenant_id'] }]))
  assert.ok(!isKeyed([KEY], 'expression'))
})

test('its rows are not looked up again only if every row on both ends was compared without a difference, and no row is nobody’s', async () => {
  const [marks, pupils] = [scope('marks', { keys: [KEY] }), scope('pupils')]
  const kept = (scopes: readonly TableScope[], { unlike = '', all = 3n } = {}): Promise<boolean> =>
    areKept(marks, {
      references: [REFERENCE],
      ground: { scopes, reader: () => ({ count: async ({ tenant }) => (tenant === null ? all : 3n) }) },
      asLoaded: { has: of => of.facts.entity.name !== unlike },
    })
  assert.ok(await kept([marks, pupils]))
  assert.ok(!(await kept([marks])))
  assert.ok(!(await kept([marks, pupils], { unlike: 'marks' })))
  assert.ok(!(await kept([marks, pupils], { unlike: 'pupils' })))
  assert.ok(!(await kept([marks, pupils], { all: 4n })))
  assert.ok(!(await kept([{ ...marks, judgesExtras: false }, pupils])))
})
