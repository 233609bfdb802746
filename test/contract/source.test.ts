import { scanSourceContract } from './scan-source.ts'
import { sourceContract } from './source.ts'
import { memoryScan, memorySource, postgresSource } from './source-engines.ts'

sourceContract(memorySource)
scanSourceContract(memoryScan)
sourceContract(postgresSource('18'))
sourceContract(postgresSource('15'))
