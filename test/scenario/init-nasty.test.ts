import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import type { InitResult, MigrateResult } from '../../src/index.ts'
import { Session } from '../../src/postgres/session.ts'
import { newDatabase, type TestDatabase } from '../support/postgres.ts'
import { rehouseHereJson, workFolder } from '../support/rehouse-process.ts'

const NASTY = readFileSync(new URL('./init/nasty.sql', import.meta.url), 'utf8')

/** What each table must hold, asked of both sides in SQL of its own: source, target. References are compared by the legacy keys they lead to. */
const PAIRS: readonly (readonly [source: string, target: string])[] = [
  [
    'select "ID", "Name", "Order", "select", "PasswordChangedDate", "Größe", mood, moods, tags, "Manager", tenant_id, id, legacy_id, xmin_, doc, created, seen, guid, amount::numeric, mail, "null", "true", "with "" quote", "dot.ted", "a,b", "tab	bed" from "User" order by 1',
    'select u.legacy_id, u.name, u.order_, u.select_, u.password_changed_date, u.grosse, u.mood, u.moods, u.tags, m.legacy_id, u.source_tenant_id, u.source_id, u.source_legacy_id, u.xmin_2, u.doc, u.created, u.seen, u.guid, u.amount::numeric(12,2), u.mail, u.null_, u.true_, u.with_quote, u.dot_ted, u.a_b, u.tab_bed from user_ u left join user_ m on m.id = u.manager_id order by 1',
  ],
  ['select code, name from country order by 1', 'select code, name from country order by 1'],
  [
    'select order_no, line_no, country_code, qty, "Post", note, period, at_ip from "Sales Data"."Order Details" order by 1, 2',
    'select d.order_no, d.line_no, c.code, d.qty, d.post, d.note, d.period, d.at_ip from sales_data.order_details d left join country c on c.id = d.country_id order by 1, 2',
  ],
  [
    'select id, detail_order, detail_line, case when detail_line is not null then detail_order end, owner_id, owner_type from "order"."order" order by 1',
    'select o.legacy_id, o.detail_order, o.detail_line, d.order_no, o.owner_id, o.owner_type from order_.order_ o left join sales_data.order_details d on d.id = o.order_details_id order by 1',
  ],
  ['select k, v, w from "Order" order by 1', 'select legacy_id, v, w from order_ order by 1'],
  ['select id, a from twin', 'select legacy_id, a from twin_2'],
  ['select id, "A", a from "Twin"', 'select legacy_id, a, a_2 from twin'],
  ['select at, what, n from log order by 1, 2', 'select at, what, n from log order by 1, 2'],
  ['select a, b from half order by 1, 2', 'select a, b from half order by 1, 2'],
  ['select code, other, deleted from soft order by code collate "C"', 'select code, other, deleted from soft order by code collate "C"'],
  [
    'select id, id, soft_code, mail from soft_child order by 1',
    'select c.legacy_id, u.legacy_id, s.code, c.mail from soft_child c left join user_ u on u.id = c.user_id left join soft s on s.id = c.soft_id order by 1',
  ],
  ['select id, egg_id from hen order by 1', 'select h.legacy_id, e.legacy_id from hen h join egg e on e.id = h.egg_id order by 1'],
  ['select id, hen_id from egg order by 1', 'select e.legacy_id, h.legacy_id from egg e join hen h on h.id = e.hen_id order by 1'],
  ['select y, v from part order by 1, 2', 'select y, v from part order by 1, 2'],
  [
    'select id, 2, "Very_long_Column_very_long_Column_very_long_Column_very_long_X" from very_long_name_very_long_name_very_long_name_very_long_name_ab',
    'select v.legacy_id, u.legacy_id, v.very_long_column_very_long_column_very_long_column_very_long_x from very_long_name_very_long_name_very_long_name_very_long_name_ab v join user_ u on u.id = v.very_long_column_very_long_column_very_long_column_very_long_c_',
  ],
  [
    'select "ключ", "значение", "数" from "таблица" order by 1',
    'select a.legacy_id, a."значение", b.legacy_id from "таблица" a left join "таблица" b on b.id = a."数_id" order by 1',
  ],
  ['select id, "!!!", "123" from "???"', 'select legacy_id, unnamed_column, column_123 from unnamed_table'],
  [
    'select id, p::text, b, x::text, t, o, addr, d, tr, c, nm from shapes',
    'select legacy_id, p::text, b, x, t, o, addr, d, tr, c, nm from shapes',
  ],
]

test('a database with everything that makes first drafts fail goes over without an edit, every value as it was', async t => {
  const { source, target, folder, env, made } = await draftOf(t)
  await t.test('what does not go over is said, each with where and what to do', () => assertFindings(made))
  await t.test('nothing that lets somebody in is in the files', () => {
    for (const file of ['rehouse.yaml', 'target.sql', 'tenants.csv']) {
      const text = readFileSync(join(folder, file), 'utf8')
      for (const secret of Object.values(env)) assert.ok(!text.includes(secret), `expected no password in ${file}`)
    }
  })

  const first = await rehouseHereJson<MigrateResult>(['migrate', '--create-target'], { folder, env })
  assert.deepEqual(first.json.failures, [])
  assert.equal(first.json.status, 'clean')
  assert.equal(first.json.totals.read, first.json.totals.loaded)
  for (const [asked, answered] of PAIRS) assert.deepEqual(await target.sql(answered), await source.sql(asked), asked)

  await t.test('no session sees a row without naming its tenant, and none of another’s', () => assertRowSecurity(target))
  await t.test('a rerun changes nothing', async () => {
    const before = await rowPlaces(target)
    const again = await rehouseHereJson<MigrateResult>(['migrate'], { folder, env })
    assert.equal(again.status, 0)
    assert.equal(again.json.totals.unchanged, first.json.totals.loaded)
    assert.deepEqual(await rowPlaces(target), before)
  })
  await t.test('the script can be applied again, and changes nothing', async () => {
    const before = await rowPlaces(target)
    await target.script(readFileSync(join(folder, 'target.sql'), 'utf8'))
    assert.deepEqual(await rowPlaces(target), before)
  })
  await t.test('a second init does not write over the first', async () => {
    const refused = await rehouseHereJson<{ error: { code: string } }>(['init', source.url, '--out', '.'], { folder })
    assert.equal(refused.status, 2)
    assert.equal(refused.json.error.code, 'USAGE')
  })
})

interface Drafted {
  readonly source: TestDatabase
  readonly target: TestDatabase
  readonly folder: string
  readonly env: Readonly<Record<string, string>>
  readonly made: InitResult
}

async function draftOf(t: TestContext): Promise<Drafted> {
  const source = await newDatabase(t)
  await source.script(NASTY)
  const target = await newDatabase(t)
  const folder = workFolder(t)
  const { json, status } = await rehouseHereJson<InitResult>(['init', source.url, '--out', '.', '--target', target.url], { folder })
  assert.equal(status, 0)
  const passwordOf = (url: string): string => decodeURIComponent(new URL(url).password)
  return { source, target, folder, env: { LEGACY_PASSWORD: passwordOf(source.url), TARGET_PASSWORD: passwordOf(target.url) }, made: json }
}

function assertFindings({ findings }: InitResult): void {
  const places = (code: string): readonly string[] =>
    findings
      .filter(finding => finding.code === code)
      .map(({ where }) => `${where.table ?? ''}${where.column === undefined ? '' : ` ${where.column}`}`)
  assert.deepEqual(places('INIT_CREDENTIALS'), ['public.User PasswordHash', 'public.User api_token', 'public.user_tokens'])
  assert.deepEqual(places('INIT_COMPUTED'), ['public.User Name2'])
  assert.deepEqual(places('INIT_COLUMN'), ['public.shapes r'])
  assert.deepEqual(places('INIT_REFERENCE'), ['public.soft_child mail'])
  assert.deepEqual([...places('INIT_CIRCLE')].sort(), ['public.egg hen_id', 'public.hen egg_id'])
  assert.deepEqual([...places('INIT_INDEX')].sort(), ['public.soft soft_lower_idx', 'public.soft soft_other_idx'])
  assert.deepEqual(places('INIT_DEFAULT'), [])
  assert.deepEqual(places('INIT_CHECK'), [])
  assert.ok(places('INIT_KEY').includes('public.log'))
  assert.ok(places('INIT_OBJECT').includes('public.v'))
  assert.ok(findings.every(finding => finding.next !== ''))
}

/** Every row with the place it lies at and the transactions that touched it. */
async function rowPlaces(target: TestDatabase): Promise<unknown> {
  const tables = await target.sql(
    "select format('%I.%I', schemaname, tablename) from pg_tables where schemaname in ('public', 'order_', 'sales_data') order by 1",
  )
  const each = tables.map(([table]) => `select '${table}', string_agg(ctid::text || xmin || xmax, ';' order by ctid) from ${table}`)
  return target.sql(each.join(' union all '))
}

async function assertRowSecurity(target: TestDatabase): Promise<void> {
  const url = await target.readerUrl()
  const [[tenant] = []] = await target.sql('select distinct tenant_id from user_')
  const seen = async (setting: string): Promise<string | null | undefined> => {
    const settings = { row_security: 'on', 'app.current_tenant': setting }
    const session = await Session.open({ url, applicationName: 'rehouse test', side: 'target', settings })
    try {
      return (await session.query('select count(*) from public.user_')).rows[0]?.[0]
    } finally {
      await session.close()
    }
  }
  assert.equal(await seen(''), '0')
  assert.equal(await seen('00000000-0000-4000-8000-000000000000'), '0')
  assert.equal(await seen(tenant ?? ''), '3')
}
