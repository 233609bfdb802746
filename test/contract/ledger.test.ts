import { ledgerContract } from './ledger.ts'
import { memoryLedger, postgresLedger } from './ledger-engines.ts'

ledgerContract(memoryLedger)
ledgerContract(postgresLedger('18'))
ledgerContract(postgresLedger('15'))
