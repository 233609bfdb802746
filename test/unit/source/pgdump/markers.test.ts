import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { openPgdumpSource } from '../../../../src/source/pgdump/pgdump-source.ts'
import { testFolder } from '../../../support/dump-file.ts'

const database = (name: string, row: string): string =>
  `CREATE DATABASE ${name} WITH TEMPLATE = template0;\n\\connect ${name}\nCREATE TABLE public.t (k integer);\nCOPY public.t (k) FROM stdin;\n${row}\n\\.\n`

test('two databases of one dump are two sources: neither marker nor identity is the same', async t => {
  const folder = testFolder(t)
  const path = join(folder, 'all.sql')
  writeFileSync(path, `--\n-- PostgreSQL database cluster dump\n--\n${database('north', '1')}${database('south', '2')}`)
  const marks = await Promise.all(
    ['north', 'south', 'north'].map(async name => {
      const file = { path, options: new Map([['database', name]]), label: 'all.sql', privateFolder: join(folder, 'private') }
      const source = openPgdumpSource(file)
      const snapshot = await source.openSnapshot()
      const { identity } = await source.facts()
      await source.close()
      return [snapshot.marker, snapshot.id, identity]
    }),
  )
  assert.deepEqual(marks[0], marks[2])
  for (const i of [0, 1, 2]) assert.notEqual(marks[0]?.[i], marks[1]?.[i])
})
