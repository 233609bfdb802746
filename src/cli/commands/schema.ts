import { RehouseError } from '../../errors.ts'
import { exitStatus } from '../../report/exit-status.ts'
import type { Answer, Call } from '../call.ts'
import { NOT_BUILT } from '../command-table.ts'

export async function run(call: Call): Promise<Answer> {
  const command = call.flags.text('output')
  const schema = command === undefined ? (await call.host.loadApi()).manifestJsonSchema() : await outputSchema(command)
  return { json: schema, lines: () => JSON.stringify(schema, null, 2).split('\n'), exit: exitStatus({ kind: 'done' }) }
}

async function outputSchema(command: string): Promise<object> {
  const { OUTPUTS, outputJsonSchema } = await import('../../report/output-schemas.ts')
  const schema = outputJsonSchema(command)
  if (schema !== null) return schema
  const known = Object.keys(OUTPUTS).join(', ')
  if (NOT_BUILT.some(({ name }) => name === command)) {
    throw new RehouseError('USAGE', `the output of rehouse ${command} is not supported yet`, { next: `There are schemas for ${known}.` })
  }
  throw new RehouseError('USAGE', `expected --output to name a command, got ${JSON.stringify(command)}`, { next: `Name one of ${known}.` })
}
