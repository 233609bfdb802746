import { targetContract } from './target.ts'
import { memoryTarget, postgresTarget } from './target-engines.ts'
import { targetReaderContract } from './target-reader.ts'

targetContract(memoryTarget)
targetContract(postgresTarget('18'))
targetContract(postgresTarget('15'))
targetReaderContract(memoryTarget)
targetReaderContract(postgresTarget('18'))
targetReaderContract(postgresTarget('15'))
