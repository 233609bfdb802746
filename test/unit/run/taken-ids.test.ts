import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Bed, type Row } from '../../support/memory-migration.ts'
import { relation } from '../../support/survey.ts'

const uuid = (n: number): string => `11111111-2222-4333-8444-00000000000${n}`

test('a row whose identifier another entity brought already is refused as id_taken, naming that entity and key', async () => {
  const bed = new Bed({
    manifest: `
migration: kept
sources: { legacy: "postgres://reader@legacy/{tenant.code}" }
tenants: [{ code: ADAMS }]
services: { app: { url: "postgres://writer@app/app" } }
stop: { quarantined: 100%, errors: 100% }
phases: [{ all: [text, chunk] }]
entities:
  text: { service: app, id: keep, from: public.text, key: id, into: { core.documents: { columns: { body: body } } } }
  chunk: { service: app, id: keep, from: public.chunk, key: id, into: { core.documents: { columns: { body: body } } } }
`,
    sources: {
      legacy: ['text', 'chunk'].map((name, i) => ({
        relation: relation(`public.${name}`, ['id uuid!', 'body text'], { estimatedRows: 1 }),
        rows: { ADAMS: [1 + i, 2 + i].map((n): Row => [uuid(n), name]) },
      })),
    },
    targets: { app: [relation('core.documents', ['id uuid!', 'body text'])] },
  })
  const { counts } = await bed.run()
  assert.deepEqual(counts['chunk/ADAMS'], { read: 2, loaded: 1, quarantined: 1 })
  const { rows } = await bed.ledger('app').quarantine({ limit: null })
  assert.deepEqual(
    rows.map(({ entity, key, code }) => [entity, key, code]),
    [['chunk', [uuid(2)], 'id_taken']],
  )
  assert.match(rows[0]?.detail ?? '', /text/)
})
