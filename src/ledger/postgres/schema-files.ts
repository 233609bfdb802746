import { readdir, readFile } from 'node:fs/promises'

/** One numbered file of our own schema. */
export interface SchemaFile {
  readonly version: number
  /** Programs that only know older versions must not run against the schema afterwards: a line `-- breaking` in the head of the file. */
  readonly isBreaking: boolean
  readonly sql: string
}

const FOLDER = new URL('./sql/', import.meta.url)
const NAME = /^(\d{6})\.sql$/

/** All files, in the order in which they are applied. */
export async function readSchemaFiles(): Promise<readonly SchemaFile[]> {
  const names = (await readdir(FOLDER)).filter(name => NAME.test(name)).sort()
  return Promise.all(names.map(readSchemaFile))
}

async function readSchemaFile(name: string): Promise<SchemaFile> {
  const sql = await readFile(new URL(name, FOLDER), 'utf8')
  return { version: Number(name.slice(0, 6)), isBreaking: hasBreakingHead(sql), sql }
}

/** The head: the comment lines before the first statement. */
function hasBreakingHead(sql: string): boolean {
  for (const line of sql.split('\n')) {
    if (!line.startsWith('--')) return false
    if (line.trim() === '-- breaking') return true
  }
  return false
}
