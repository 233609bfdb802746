import { createHash } from 'node:crypto'
import { compareCodePoints } from '../../base/code-point-order.ts'
import { faultsOf } from './csv-fault.ts'
import type { FormatWish } from './csv-format.ts'
import { declarationOf } from './declaration.ts'
import { type Detected, detectFormat } from './detect-format.ts'
import { type FileState, isSame, settledState } from './file-bytes.ts'
import type { Declaration, FileDeclaration } from './file-declaration.ts'
import type { FileSurvey, Surveyed } from './file-survey.ts'
import type { Proof } from './key-proof.ts'
import { watchedKeys } from './likely-key.ts'
import { USUAL_NULLS } from './null-spellings.ts'
import { type DecidedColumn, decideColumns } from './read-survey.ts'
import type { RelationFile } from './relation-files.ts'
import { surveyFile } from './survey-file.ts'
import { keepSurvey, keptSurvey } from './survey-store.ts'

/** A file and all that is known of it. */
export interface SurveyedFile {
  readonly file: RelationFile
  readonly state: FileState
  readonly detected: Detected
  readonly wish: FormatWish
  readonly declaration: FileDeclaration | null
  readonly survey: FileSurvey
  readonly columns: readonly DecidedColumn[]
  readonly spellings: readonly string[]
}

export interface SurveyOptions {
  readonly wish: FormatWish
  readonly declaration: Declaration | null
  readonly privateFolder: string
}

/** Sources are opened several times in a run, each time to look at the same files. */
const known = new Map<string, SurveyedFile>()
const MOST_KNOWN = 10_000

/** One pass over a file, or none where this process made it before and the file is still the same. */
export async function surveyedFile(file: RelationFile, options: SurveyOptions): Promise<SurveyedFile> {
  const said = saidOf(options)
  const state = await settledState(file)
  const name = `${file.path}\0${file.label}\0${said}`
  const before = known.get(name)
  if (before !== undefined && isSame(before.state, state)) return { ...before, file }
  const surveyed = await survey(file, state, { ...options, said })
  if (known.size >= MOST_KNOWN) known.clear()
  known.set(name, surveyed)
  return surveyed
}

/** What a person said, in the address and the declaration, as a digest. */
export function saidOf({ wish, declaration }: Pick<SurveyOptions, 'wish' | 'declaration'>): string {
  return createHash('sha256')
    .update(JSON.stringify([Object.entries(wish).sort(([a], [b]) => compareCodePoints(a, b)), declaration?.text ?? null]))
    .digest('hex')
}

async function survey(file: RelationFile, state: FileState, options: SurveyOptions & { readonly said: string }): Promise<SurveyedFile> {
  const declaration = declarationOf(options.declaration, file)
  const wish = { ...options.wish, ...declaration?.wish }
  const names = declaration === null || declaration.columns.length === 0 ? null : declaration.columns.map(column => column.name)
  const detected = await detectFormat(file, wish, names)
  const spellings = wish.nulls ?? USUAL_NULLS
  const keys = watchedKeys(file, { names: detected.names, declaration, place: options.declaration })
  const request = { file, detected, wish, declaration, keys, expected: state, spellings }
  const kept = await keptSurvey(file, { ...options, state })
  const surveyed: Surveyed = kept === null ? await surveyFile(request) : { survey: kept, nullPlaces: new Map() }
  const columns = decideColumns({ names: detected.names, survey: surveyed.survey, wish, declaration })
  refuseNulls(file, columns, surveyed)
  if (kept === null) await keepSurvey(file, surveyed.survey, { ...options, state })
  return { file, state, detected, wish, declaration, survey: surveyed.survey, columns, spellings }
}

/** A NULL in a column declared not null, or in a declared key. */
function refuseNulls(file: RelationFile, columns: readonly DecidedColumn[], { nullPlaces }: Surveyed): void {
  for (const [index, column] of columns.entries()) {
    for (const spelling of column.nulls) {
      const place = nullPlaces.get(`${index} ${spelling}`)
      if (place === undefined) continue
      throw faultsOf(
        file.place,
        file.table,
      )({
        message: `expected a value in column ${column.name}, declared never NULL, got NULL`,
        next: 'Correct the file or the declaration. An empty text is written as "" in quotes.',
        column: column.name,
        ...place,
      })
    }
  }
}

/** The relation's keys that hold: proven, or declared and too many to be proven. */
export function keysOf(surveyed: SurveyedFile): readonly HeldKey[] {
  const { survey, declaration } = surveyed
  const isDeclared = declaration !== null && (declaration.key !== null || declaration.unique.length > 0)
  return survey.keys.flatMap(({ columns, proof }, i) => {
    const isHeld = isDeclared ? proof !== 'double' : proof === 'proven' && isSupposable(surveyed, columns)
    const isPrimary = i === 0 && (!isDeclared || declaration.key !== null)
    return isHeld ? [{ columns, isPrimary, proof }] : []
  })
}

export interface HeldKey {
  readonly columns: readonly string[]
  readonly isPrimary: boolean
  readonly proof: Proof
}

/** Types whose equal values are written alike, so that different texts are different keys. */
const ONE_SPELLING = new Set(['int4', 'int8', 'text', 'uuid', 'date'])
const NUMBERED = new Set(['int4', 'int8', 'uuid'])
const KEY_LIKE = /(id|key|code|no|nr|number|nummer|uuid|guid)$/i

/** Uniqueness alone is chance where rows are few: a column also has to look like a key, by its name or by holding numbers or UUIDs. */
function isSupposable({ survey, columns }: SurveyedFile, names: readonly string[]): boolean {
  return names.every(name => {
    const column = columns.find(each => each.name === name)
    if (column === undefined || column.hasNulls || !ONE_SPELLING.has(column.type.name)) return false
    return KEY_LIKE.test(name) || (survey.rows > 1 && NUMBERED.has(column.type.name))
  })
}
