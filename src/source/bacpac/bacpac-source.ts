import { createHash } from 'node:crypto'
import { basename } from 'node:path'
import { tableLabel } from '../../base/table-label.ts'
import { bug, RehouseError } from '../../errors.ts'
import type { Catalogue, Relation } from '../../model/catalogue.ts'
import type { CatalogueExtras } from '../../model/catalogue-extras.ts'
import type { Source, SourceFacts, SourceSnapshot } from '../source.ts'
import type { SourceFile } from '../source-file.ts'
import { type BacpacContent, BacpacSnapshot } from './bacpac-snapshot.ts'
import { tablesOf } from './catalogue-of.ts'
import { estimateRows } from './estimate-rows.ts'
import { invalidFile } from './file-errors.ts'
import { type Origin, readOrigin, UNSAID } from './origin.ts'
import { readModel } from './read-model.ts'
import { partsKey, tableParts } from './table-parts.ts'
import { type ZipPart, ZipParts } from './zip-parts.ts'

/** A BACPAC: what SQL Server’s export writes. Opened when first asked something. Throws MANIFEST_INVALID for an option it does not know. */
export function openBacpacSource(file: SourceFile): Source {
  const [option] = file.options.keys()
  if (option !== undefined)
    throw new RehouseError('MANIFEST_INVALID', `expected no options behind bacpac:, got ${option}`, {
      next: 'Leave out what stands behind the question mark.',
    })
  return new BacpacSource(file)
}

const MODEL = 'model.xml'
const ORIGIN = 'Origin.xml'
/** Far more than the largest of either: a file that claims more is not read. */
const MOST_MODEL_BYTES = 2 ** 30
const MOST_ORIGIN_BYTES = 2 ** 24
const NEVER = new AbortController().signal

class BacpacSource implements Source {
  readonly engine = 'bacpac'
  readonly capability = 'scan'
  readonly label: string
  readonly #path: string
  readonly #snapshots = new Set<BacpacSnapshot>()
  #content: Promise<BacpacContent> | null = null
  #isClosed = false

  constructor(file: SourceFile) {
    this.label = file.label
    this.#path = file.path
  }

  async describe(): Promise<Catalogue> {
    const { tables } = await this.#opened()
    return {
      engine: this.engine,
      // None of PostgreSQL’s: nothing held its values to PostgreSQL’s modifiers.
      version: 0,
      database: basename(this.#path).replace(/\.bacpac$/i, ''),
      relations: [...tables.values()].map(table => table.relation),
    }
  }

  async extras(): Promise<CatalogueExtras> {
    return (await this.#opened()).extras
  }

  async facts(): Promise<SourceFacts> {
    const { zip, origin } = await this.#opened()
    return { identity: contentName(zip), canWrite: false, serverVersion: serverVersion(origin) }
  }

  async openSnapshot(relations: readonly Relation[] = []): Promise<SourceSnapshot> {
    const content = await this.#opened()
    await content.zip.assertUnchanged()
    for (const relation of relations) assertSame(relation, content, this.#path)
    const snapshot: BacpacSnapshot = new BacpacSnapshot(content, {
      id: contentName(content.zip),
      onClose: () => this.#snapshots.delete(snapshot),
    })
    this.#snapshots.add(snapshot)
    return snapshot
  }

  async close(): Promise<void> {
    this.#isClosed = true
    await Promise.all([...this.#snapshots].map(snapshot => snapshot.close()))
    const content = this.#content
    this.#content = null
    await content?.then(
      ({ zip }) => zip.close(),
      () => undefined,
    )
  }

  /** Opened once; an attempt that failed is made again. */
  #opened(): Promise<BacpacContent> {
    if (this.#isClosed) return Promise.reject(bug('expected an open source, got one that was closed'))
    this.#content ??= openContent(this.#path).catch((error: unknown) => {
      this.#content = null
      throw error
    })
    return this.#content
  }
}

async function openContent(path: string): Promise<BacpacContent> {
  const zip = await ZipParts.open(path)
  try {
    const origin = await originOf(zip)
    const model = await readModel(verified(zip, partOf(zip, MODEL, MOST_MODEL_BYTES), origin), path)
    const tables = tablesOf(model)
    const parts = await tableParts(zip, model.tables)
    const estimated = [...tables].map(([key, table]) => {
      const estimatedRows = estimateRows(table.forms, parts.get(key) ?? [])
      return [key, { ...table, relation: { ...table.relation, estimatedRows } }] as const
    })
    return { zip, origin, tables: new Map(estimated), parts, extras: model.extras }
  } catch (error) {
    await zip.close()
    throw error
  }
}

async function originOf(zip: ZipParts): Promise<Origin> {
  return zip.parts.has(ORIGIN) ? readOrigin(zip.read(partOf(zip, ORIGIN, MOST_ORIGIN_BYTES), NEVER), zip.path) : UNSAID
}

function partOf(zip: ZipParts, name: string, most: number): ZipPart {
  const part = zip.parts.get(name)
  if (part === undefined) throw invalidFile(`expected a BACPAC with ${name} in it, got a zip file without`, { file: zip.path })
  if (part.bytes > most) throw invalidFile(`expected at most ${most} bytes of ${name}, got ${part.bytes}`, { file: zip.path })
  return part
}

/** The bytes of the model, which must have the checksum the export gave it. */
async function* verified(zip: ZipParts, part: ZipPart, { modelChecksum }: Origin): AsyncGenerator<Buffer> {
  const hash = createHash('sha256')
  for await (const chunk of zip.read(part, NEVER)) {
    hash.update(chunk)
    yield chunk
  }
  const sum = hash.digest('hex').toUpperCase()
  if (modelChecksum !== null && modelChecksum !== sum)
    throw invalidFile(`expected ${MODEL} with the checksum ${modelChecksum} of ${ORIGIN}, got ${sum}`, { file: zip.path })
}

/** The content, whatever the name of the file: a newer export of the same database is another. */
function contentName(zip: ZipParts): string {
  return `bacpac:${zip.marker.slice(0, 16)}`
}

/** `13.0.811.168` as 130811; 0 = the file does not say. */
function serverVersion({ server }: Origin): number {
  const [, major, build] = /- (\d{1,3})\.\d+\.(\d+)/.exec(server ?? '') ?? []
  return major === undefined || build === undefined ? 0 : Number(major) * 10_000 + Math.min(Number(build), 9999)
}

function assertSame(relation: Relation, content: BacpacContent, file: string): void {
  const table = content.tables.get(partsKey({ schema: relation.schema, table: relation.name }))
  const shape = ({ columns }: Relation): string =>
    JSON.stringify(columns.map(({ name, type, isNullable }) => [name, type.text, isNullable]))
  if (table !== undefined && shape(table.relation) === shape(relation)) return
  throw new RehouseError('SOURCE_CHANGED', 'expected a table as it was described, got another or none', {
    where: { file, table: tableLabel(relation.schema, relation.name) },
    next: 'Run again: the file is described anew.',
  })
}
