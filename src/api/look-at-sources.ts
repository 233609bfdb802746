import { join } from 'node:path'
import { fileAddress } from '../base/file-address.ts'
import { environmentOf } from '../config/environment.ts'
import { maskUrl } from '../config/mask-url.ts'
import { resolveUrl } from '../config/resolve-url.ts'
import type { DraftSource } from '../draft/draft.ts'
import type { GivenSource } from '../draft/source-address.ts'
import { chooseTls, openSource, openSourceFile } from '../engines.ts'
import { atPlace, RehouseError } from '../errors.ts'
import type { Source } from '../source/source.ts'
import { SharedRelations } from './shared-relations.ts'

const SOURCES_AT_ONCE = 6

/** Where sources given on the command line are looked at from. */
export interface GivenPlace {
  /** Working files lie under `.rehouse` in it. */
  readonly folder: string
  readonly cwd: string
  readonly env: Readonly<Record<string, string | undefined>>
  /** What the server is told who asks. */
  readonly application: string
  readonly signal?: AbortSignal
}

export interface Looked {
  readonly source: DraftSource
  readonly label: string
}

/** The catalogues of all, a few at a time, in the order given. */
export async function lookAtAll(given: readonly GivenSource[], place: GivenPlace): Promise<readonly Looked[]> {
  const looked: Looked[] = new Array(given.length)
  const relations = new SharedRelations()
  let next = 0
  const worker = async (): Promise<void> => {
    for (let i = next++; i < given.length; i = next++) {
      place.signal?.throwIfAborted()
      looked[i] = await lookAt(given[i] as GivenSource, { place, relations })
    }
  }
  await Promise.all(Array.from({ length: Math.min(SOURCES_AT_ONCE, given.length) }, worker))
  return looked
}

async function lookAt(
  given: GivenSource,
  { place, relations }: { readonly place: GivenPlace; readonly relations: SharedRelations },
): Promise<Looked> {
  const source = await openGiven(given, place)
  try {
    const catalogue = relations.shared(await source.describe())
    const extras = (await source.extras?.()) ?? null
    return { source: { code: given.code, catalogue, extras }, label: source.label }
  } catch (error) {
    throw atGiven(error, given)
  } finally {
    await source.close()
  }
}

/** An error with the tenant, and the file, it was for. */
export function atGiven(error: unknown, given: GivenSource): unknown {
  return atPlace(error, { tenant: given.code, ...(given.kind === 'file' ? { file: given.path } : {}) })
}

export async function openGiven(given: GivenSource, { folder, cwd, env, application }: GivenPlace): Promise<Source> {
  if (given.kind === 'file') {
    const { options } = fileAddress(`${given.scheme}:.?${given.query}`)
    const label = `${given.scheme}:${given.path}`
    return openSourceFile(given.scheme, { path: given.path, options, label, privateFolder: join(folder, '.rehouse', 'staging', 'files') })
  }
  // No variable is named so: what was given on the command line is what is meant.
  const ref = { name: 'given source', url: given.address, at: { file: 'the command line', line: 1, column: 1 } }
  const address = resolveUrl(ref, { side: 'source', tenant: null, environment: environmentOf(env), manifestFolder: cwd })
  if (address.kind !== 'postgres')
    throw new RehouseError('USAGE', `expected a database behind ${maskUrl(given.address)}, got ${address.label}`, {
      next: 'Give the file itself as the source.',
    })
  const url = address.url.reveal()
  return openSource({ url, ssl: await chooseTls({ url, tls: address.tls }, 'source'), applicationName: application })
}
