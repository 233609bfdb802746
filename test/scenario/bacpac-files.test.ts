import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import type { InitResult, MigrateResult, VerifyResult } from '../../src/index.ts'
import { decodeBacpac, statedRows } from '../support/bacpac/independent-decoder.ts'
import { readBacpacSource } from '../support/bacpac/read-source.ts'
import { newDatabase } from '../support/postgres.ts'
import { rehouseHereJson, sharedFile, workFolder } from '../support/rehouse-process.ts'
import { assertMigrated, differingTables } from './bacpac-oracle.ts'

/** Real exports, which are no part of the project. */
for (const name of ['AdventureWorksLT', 'Clinic']) {
  const file = sharedFile(`data/${name}.bacpac`)
  const path = file ?? ''
  const skip =
    file === null && `the real database ${name}.bacpac is not beside the project (set REHOUSE_SHARED to the folder that holds data/)`

  test(`every value of ${name}.bacpac is read as a decoder that shares no code reads it`, { skip }, async () => {
    const decoded = decodeBacpac(path)
    const read = new Map((await readBacpacSource(path)).map(table => [`${table.relation.schema}.${table.relation.name}`, table]))
    assert.equal(read.size, decoded.length)
    for (const { schema, name, columns, rows } of decoded) {
      const table = read.get(`${schema}.${name}`)
      assert.deepEqual(
        table?.columns,
        columns.map(column => column.name),
      )
      assert.equal(table.rows.length, rows.length, name)
      const other = rows.findIndex((row, i) => JSON.stringify(row) !== JSON.stringify(table.rows[i]))
      if (other >= 0) assert.deepEqual(table.rows[other], rows[other], `${name}, row ${other + 1}`)
    }
    assert.equal(
      decoded.reduce((sum, table) => sum + BigInt(table.rows.length), 0n),
      statedRows(path),
    )
  })

  test(`every value of ${name}.bacpac arrives in a database init proposed, references too`, { skip }, async t => {
    const target = await newDatabase(t)
    const folder = workFolder(t)
    await rehouseHereJson<InitResult>(['init', `bacpac:${path}`, '--out', '.', '--target', target.url], { folder })
    const env = { TARGET_PASSWORD: decodeURIComponent(new URL(target.url).password) }
    const { json } = await rehouseHereJson<MigrateResult>(['migrate', '--create-target'], { folder, env })
    assert.deepEqual([json.status, BigInt(json.totals.loaded)], ['clean', statedRows(path)])
    const compared = await assertMigrated(target, readFileSync(join(folder, 'rehouse.yaml'), 'utf8'), path)
    assert.ok(compared > 1000)
    t.diagnostic(`${compared} values compared`)
    const verified = await rehouseHereJson<VerifyResult>(['verify'], { folder, env })
    const { outcome, witness } = verified.json
    assert.deepEqual([outcome, witness.filter(line => line.state === 'different')], ['equal', []])
    const declared = new Set(witness.filter(line => line.measure === 'declared_rows').map(line => line.target))
    assert.deepEqual([...declared], [String(statedRows(path))])
    assert.ok(witness.some(line => line.measure === 'row_sum' && line.state === 'equal'))
    assert.deepEqual(
      witness.filter(line => line.reason === 'an engine that computes no sums'),
      [],
    )
    await t.test('verify and the oracle agree on which tables somebody changed, a field in each', async () => {
      const manifest = readFileSync(join(folder, 'rehouse.yaml'), 'utf8')
      await target.script(CHANGE_ALL)
      const changed = await target.sql('select name, field from kept.changed order by name collate "C"')
      assert.ok(changed.length > 0)
      t.diagnostic(`${changed.length} tables changed`)
      assert.deepEqual(
        await differingTables(target, manifest, path),
        changed.map(([table]) => table),
      )
      for (const level of ['standard', 'rigorous']) {
        const { json: found } = await rehouseHereJson<VerifyResult>(['verify', '--level', level], { folder, env })
        const rows = found.differences.filter(({ kind }) => kind === 'different' || kind === 'changed_since')
        const told = rows.map(({ table, column }) => [table, ...(level === 'rigorous' ? [column] : [])])
        assert.deepEqual(
          told.toSorted(([a = ''], [b = '']) => (String(a) < String(b) ? -1 : 1)),
          changed.map(row => (level === 'rigorous' ? row : row.slice(0, 1))),
          level,
        )
      }
    })
  })
}

/** In each table one field of one row, the first whose change the table takes. */
const CHANGE_ALL = `create schema kept; create table kept.changed (name text, field text);
do $$ declare c record; done text = ''; n int; begin
  for c in select s.nspname || '.' || r.relname as name, r.oid::regclass as own, a.attname as field, format_type(a.atttypid, null) as type
    from pg_class r join pg_namespace s on s.oid = r.relnamespace join pg_attribute a on a.attrelid = r.oid and a.attnum > 0 and not a.attisdropped
    where r.relkind = 'r' and s.nspname not in ('rehouse', 'kept', 'validation', 'pg_catalog', 'information_schema') and a.attname not in ('id', 'tenant_id', 'legacy_id')
      and format_type(a.atttypid, null) in ('text', 'character varying', 'integer', 'numeric', 'boolean', 'timestamp without time zone', 'date')
    order by 1, a.attnum loop
    continue when done = c.name;
    begin
      execute format('update %1$s set %2$I = %3$s where ctid = (select ctid from %1$s where %2$I is not null limit 1)', c.own, c.field, case
        when c.type in ('text', 'character varying') then format('%I || ''x''', c.field)
        when c.type = 'boolean' then format('not %I', c.field)
        when c.type = 'timestamp without time zone' then format('%I + interval ''1 second''', c.field)
        else format('%I + 1', c.field) end);
      get diagnostics n = row_count;
      if n = 1 then
        done = c.name;
        insert into kept.changed values (c.name, c.field);
      end if;
    exception when others then null;
    end;
  end loop;
end $$`
