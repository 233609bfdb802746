import type { SchemaStep } from '../../model/ledger-records.ts'

export function violationsQuery(_step: SchemaStep, _idColumn: string): string | null {
  return null
}
