import assert from 'node:assert/strict'
import { test } from 'node:test'
import { quoteLiteral } from '../../../src/postgres/quote.ts'
import { Session } from '../../../src/postgres/session.ts'
import { newDatabase } from '../../support/postgres.ts'
import { CANONICAL_VALUES } from './canonical-values.ts'

for (const version of ['18', '15'] as const) {
  test(`PostgreSQL ${version} gives every value the canonical form the document says`, async t => {
    const database = await newDatabase(t, { version })
    const session = await Session.open({ url: database.url, applicationName: 'rehouse test', side: 'target' })
    try {
      for (const [type, literal, text, bytes] of CANONICAL_VALUES) {
        const value = `${quoteLiteral(literal)}::${type}`
        const chunks: Buffer[] = []
        for await (const chunk of session.copyOut(`copy (select ${value}) to stdout (format binary)`)) chunks.push(Buffer.from(chunk))
        const tuple = Buffer.concat(chunks)
        assert.equal(tuple.subarray(6, 6 + tuple.readInt32BE(2)).toString('hex'), bytes, `${type} ${literal}`)
        assert.equal((await session.query(`select (${value})::pg_catalog.text`)).rows[0]?.[0], text, `${type} ${literal}`)
      }
    } finally {
      await session.close()
    }
  })
}
