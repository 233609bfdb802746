// Run by a test in a process of its own: stages a relation and sends itself SIGKILL in the middle of it.
import { MemorySource } from '../../src/source/memory/memory-source.ts'
import { stagedSource } from '../../src/staging/staged-source.ts'
import { openPlace } from '../support/staging.ts'
import { watched } from '../support/watched-source.ts'
import { column, find, request, withSnapshot } from './source.ts'
import { collectFields, fieldsOf, relationOf, type TableSpec } from './table-spec.ts'

const SPEC: TableSpec = { name: 'loose', columns: [column('k', 'int4'), column('v', 'text')] }

export async function stageAndDie({ url, migration }: { readonly url: string; readonly migration: string }): Promise<void> {
  const rows = Array.from({ length: 50_000 }, (_, i) => fieldsOf(SPEC, [i % 5, `row ${i}`]))
  const file = new MemorySource('file', [{ relation: relationOf(SPEC), rows }], { capability: 'scan' })
  const place = openPlace({ folder: '/nowhere', address: () => Promise.resolve({ url, ssl: false }), migration })
  const dying = watched(
    file,
    { reads: [], confirms: 0 },
    {
      beforeChunk: (_, chunk) => {
        if (chunk === 150) process.kill(process.pid, 'SIGKILL')
      },
    },
  )
  const source = stagedSource(dying, { place, name: 'legacy', texts: 'postgres' })
  const relation = await find(source, SPEC.name)
  await withSnapshot(source, snapshot =>
    collectFields(snapshot.read(request({ relation, columns: ['k', 'v'], key: { kind: 'columns', names: ['k'] }, after: null })), 2),
  )
}
