import { openPostgresLedger } from '../../src/ledger/postgres/postgres-ledger.ts'

/** A process that holds a database until it is killed: `node hold-in-child.ts URL`. Says `held` once it does. */
const ledger = openPostgresLedger({
  url: process.argv[2] ?? '',
  applicationName: 'rehouse child',
  auditKey: Buffer.alloc(32),
  decode: () => null,
  unindexed: 'scan',
})
await ledger.hold({ run: 'child', operator: 'Ada', host: 'here', pid: process.pid }, { wait: false, signal: new AbortController().signal })
process.stdout.write('held\n')
setInterval(() => undefined, 1000)
