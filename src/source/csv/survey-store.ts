import { createHash, randomUUID } from 'node:crypto'
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { type FileState, fileBytes } from './file-bytes.ts'
import type { FileSurvey } from './file-survey.ts'
import type { RelationFile } from './relation-files.ts'

interface StoreOptions {
  readonly privateFolder: string
  /** Digest of what was declared. */
  readonly said: string
  readonly state: FileState
}

/** Smaller files are read again sooner than looked up. */
const LEAST_BYTES = 4 * 1024 * 1024
/** Raised when a survey says something else of the same file. */
const VERSION = 1

const PROOF = z.enum(['proven', 'double', 'unknown'])
const KEPT = z.object({
  version: z.literal(VERSION),
  survey: z.object({
    sha256: z.string(),
    rows: z.number(),
    columns: z.array(
      z.object({ kinds: z.number(), values: z.number(), nulls: z.array(z.number()), looks: z.enum(['date', 'number', '']) }),
    ),
    keys: z.array(z.object({ columns: z.array(z.string()), proof: PROOF })),
    passed: z.object({ blankLines: z.number(), repeatedHeaders: z.number(), shortRows: z.number() }),
    pairs: z.number(),
    singles: z.number(),
  }),
})

/**
 * The survey an earlier process made of the same bytes, declared the same; null = none. Only where there is one are the bytes read, to compare their digest.
 * What is kept holds types and counts, never a value; losing it loses nothing.
 */
export async function keptSurvey(file: RelationFile, options: StoreOptions): Promise<FileSurvey | null> {
  if (Number(options.state.size) < LEAST_BYTES) return null
  const text = await readFile(pathOf(file, options), 'utf8').catch(() => null)
  if (text === null) return null
  const kept = KEPT.safeParse(parsed(text))
  if (!kept.success) return null
  const hash = createHash('sha256')
  const raw = { ...file, compression: 'none' } as const
  for await (const chunk of fileBytes(raw, { expected: options.state })) hash.update(chunk)
  return hash.digest('hex') === kept.data.survey.sha256 ? kept.data.survey : null
}

export async function keepSurvey(file: RelationFile, survey: FileSurvey, options: StoreOptions): Promise<void> {
  if (Number(options.state.size) < LEAST_BYTES) return
  await mkdir(options.privateFolder, { recursive: true, mode: 0o700 })
  const path = pathOf(file, options)
  const written = `${path}.${randomUUID()}`
  await writeFile(written, JSON.stringify({ version: VERSION, survey }), { mode: 0o600 })
  await rename(written, path)
}

function pathOf(file: RelationFile, { privateFolder, said }: StoreOptions): string {
  const name = createHash('sha256').update(`${file.path}\0${said}`).digest('hex').slice(0, 32)
  return join(privateFolder, `csv-${name}.json`)
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
