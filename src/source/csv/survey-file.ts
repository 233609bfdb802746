import { createHash } from 'node:crypto'
import type { RehouseError } from '../../errors.ts'
import type { CheckedRecords } from './checked-records.ts'
import { ColumnEvidence } from './column-evidence.ts'
import { DeclaredValues } from './declared-values.ts'
import type { Surveyed, SurveyRequest } from './file-survey.ts'
import { type DoubleKey, KeyWatch } from './key-watch.ts'
import { recordChunks } from './record-chunks.ts'

/**
 * Reads a file once, from beginning to end: its digest, its rows, what its values are and whether its keys are unique. Declared types are held to.
 * Throws SOURCE_INVALID, naming both rows where a declared key comes twice.
 */
export async function surveyFile(request: SurveyRequest): Promise<Surveyed> {
  const hash = createHash('sha256')
  const evidence = new ColumnEvidence(request)
  const declared = new DeclaredValues(request)
  const watch = new KeyWatch(request.keys, declared)
  let records: CheckedRecords | null = null
  for await (records of recordChunks(request, { expected: request.expected, onRaw: chunk => hash.update(chunk) })) {
    while (records.next()) {
      evidence.see(records)
      declared.check(records)
      const double = watch.see(records)
      if (double !== null) return afterDouble(request, double)
    }
  }
  const { rows = 0, passed = { blankLines: 0, repeatedHeaders: 0, shortRows: 0 }, scanner } = records ?? {}
  const survey = {
    sha256: hash.digest('hex'),
    rows,
    columns: evidence.columns(),
    keys: watch.proofs(),
    passed,
    pairs: scanner?.pairs ?? 0,
    singles: scanner?.singles ?? 0,
  }
  return { survey, nullPlaces: evidence.nullPlaces }
}

/** Finds the first row with the key, to name both. Where there is none, only hashes met: the key is as good as it was and no longer watched. */
async function afterDouble(request: SurveyRequest, double: DoubleKey): Promise<Surveyed> {
  const declared = new DeclaredValues(request)
  const watch = new KeyWatch([double.key], declared)
  for await (const records of recordChunks(request, { expected: request.expected })) {
    while (records.next() && records.scanner.record < double.place.record) {
      declared.check(records)
      if (watch.identityOf(records)?.equals(double.identity) === true) throw twice(records, double)
    }
  }
  const keys = request.keys.map(key => (key === double.key ? { ...key, isWatched: false } : key))
  return surveyFile({ ...request, keys })
}

function twice(records: CheckedRecords, { key, place }: DoubleKey): RehouseError {
  const names = key.names.join(', ')
  return records.fieldFault(key.columns[0] ?? 0, {
    message: `expected each key (${names}) once, as declared, got that of record ${place.record}, line ${place.line}, byte ${place.byte} also in an earlier record`,
    next: 'Correct the file, or take the key out of the declaration: rows are then told apart by their content.',
    column: key.names[0] ?? '',
  })
}
