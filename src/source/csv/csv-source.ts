import { createHash } from 'node:crypto'
import { basename } from 'node:path'
import type { Catalogue, Relation } from '../../model/catalogue.ts'
import type { CatalogueExtras } from '../../model/catalogue-extras.ts'
import type { Source, SourceFacts, SourceSnapshot } from '../source.ts'
import type { SourceFile } from '../source-file.ts'
import { csvOptions } from './csv-options.ts'
import { relationsOf } from './csv-relation.ts'
import { CsvSnapshot } from './csv-snapshot.ts'
import { readDeclaration } from './declaration.ts'
import type { Declaration } from './file-declaration.ts'
import { csvExtras } from './file-remarks.ts'
import { type RelationFiles, relationFiles } from './relation-files.ts'
import { type SurveyedFile, saidOf, surveyedFile } from './surveyed-file.ts'

/**
 * A folder of CSV files, each a relation, or one file. Opened when first asked something; every file is then read once to learn its types, keys and rows
 * (docs/engines/csv.md). Throws MANIFEST_INVALID for an option that is not known.
 */
export function openCsvSource(file: SourceFile): Source {
  return new CsvSource(file)
}

/** All files of the source as they are at one moment. */
interface Folder {
  readonly files: RelationFiles
  readonly surveyed: readonly SurveyedFile[]
  /** Digest of names and bytes, and of what was declared of them. */
  readonly marker: string
}

class CsvSource implements Source {
  readonly engine = 'csv'
  readonly capability = 'scan'
  readonly label: string
  readonly #file: SourceFile
  readonly #options: ReturnType<typeof csvOptions>
  readonly #snapshots = new Set<CsvSnapshot>()

  constructor(file: SourceFile) {
    this.label = file.label
    this.#file = file
    this.#options = csvOptions(file)
  }

  async describe(): Promise<Catalogue> {
    const { surveyed } = await this.#look()
    return {
      engine: 'csv',
      version: 0,
      database: basename(this.#file.path).replace(/\.(csv|tsv|txt)(\.gz|\.zst)?$/i, ''),
      relations: relationsOf(surveyed),
    }
  }

  async extras(): Promise<CatalogueExtras> {
    const { files, surveyed } = await this.#look()
    return csvExtras(files, surveyed)
  }

  async facts(): Promise<SourceFacts> {
    const { identity } = await relationFiles(this.#file)
    return { identity, canWrite: false, serverVersion: 0 }
  }

  async openSnapshot(relations: readonly Relation[] = []): Promise<SourceSnapshot> {
    const { surveyed, marker } = await this.#look()
    const snapshot: CsvSnapshot = new CsvSnapshot({
      files: surveyed,
      relations: relationsOf(surveyed),
      marker,
      onClose: () => this.#snapshots.delete(snapshot),
    })
    snapshot.refuseOthers(relations)
    this.#snapshots.add(snapshot)
    return snapshot
  }

  async #look(): Promise<Folder> {
    const files = await relationFiles(this.#file)
    const declaration = await readDeclaration(files, this.#options.declaration)
    const options = { wish: this.#options.wish, declaration, privateFolder: this.#file.privateFolder }
    const surveyed: SurveyedFile[] = []
    for (const file of files.files) surveyed.push(await surveyedFile(file, options))
    return { files, surveyed, marker: this.#marker(surveyed, declaration) }
  }

  #marker(surveyed: readonly SurveyedFile[], declaration: Declaration | null): string {
    const content = surveyed.map(({ file, state, survey }) => [file.label, state.size, survey.sha256])
    const said = saidOf({ wish: this.#options.wish, declaration })
    return `csv-${createHash('sha256')
      .update(JSON.stringify([content, said]))
      .digest('hex')}`
  }

  async close(): Promise<void> {
    await Promise.all([...this.#snapshots].map(snapshot => snapshot.close()))
  }
}
