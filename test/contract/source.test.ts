import { sourceContract } from './source.ts'
import { memorySource, postgresSource } from './source-engines.ts'

sourceContract(memorySource)
sourceContract(postgresSource('18'))
sourceContract(postgresSource('15'))
