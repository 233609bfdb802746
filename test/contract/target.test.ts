import { targetContract } from './target.ts'
import { memoryTarget, postgresTarget } from './target-engines.ts'

targetContract(memoryTarget)
targetContract(postgresTarget('18'))
targetContract(postgresTarget('15'))
