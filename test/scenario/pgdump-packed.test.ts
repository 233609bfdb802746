import assert from 'node:assert/strict'
import { existsSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { gzipSync } from 'node:zlib'
import type { InitResult, MigrateResult } from '../../src/index.ts'
import { newDatabase } from '../support/postgres.ts'
import { rehouseHereJson, workFolder } from '../support/rehouse-process.ts'

const DUMP = `--
-- PostgreSQL database dump
--

SET client_encoding = 'UTF8';
CREATE SCHEMA school;
CREATE TABLE school.student (id integer NOT NULL, name text);
COPY school.student (id, name) FROM stdin;
1\tAnn
2\t\\N
\\.

ALTER TABLE ONLY school.student ADD CONSTRAINT student_pkey PRIMARY KEY (id);

--
-- PostgreSQL database dump complete
--
`

test('what was unpacked of a dump is private, and gone when the migration is done; --keep-staging keeps it', async t => {
  const target = await newDatabase(t)
  const folder = workFolder(t)
  writeFileSync(join(folder, 'north.sql.gz'), gzipSync(DUMP))
  await rehouseHereJson<InitResult>(['init', 'pgdump:north.sql.gz', '--out', '.', '--target', target.url], { folder })
  const env = { TARGET_PASSWORD: decodeURIComponent(new URL(target.url).password) }
  const files = join(folder, '.rehouse', 'staging', 'files')
  const kept = await rehouseHereJson<MigrateResult>(['migrate', '--create-target', '--keep-staging'], { folder, env })
  assert.deepEqual([kept.json.status, kept.json.totals.loaded], ['clean', 2])
  assert.equal(statSync(files).mode & 0o777, 0o700)
  const { json } = await rehouseHereJson<MigrateResult>(['migrate'], { folder, env })
  assert.deepEqual([json.status, json.totals.unchanged], ['clean', 2])
  assert.equal(existsSync(files), false)
})
