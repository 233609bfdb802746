import { mkdtempSync, rmSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Relation } from '../../src/model/catalogue.ts'
import { openPgdumpSource } from '../../src/source/pgdump/pgdump-source.ts'
import type { Source } from '../../src/source/source.ts'
import { collectFields, type Fields } from '../contract/table-spec.ts'

interface TestLike {
  after(work: () => Promise<void> | void): void
}

/** A folder of the test's own. */
export function testFolder(t: TestLike): string {
  const folder = mkdtempSync(join(tmpdir(), 'rehouse-pgdump-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

export function fixturePath(name: string): string {
  return fileURLToPath(new URL(`../fixtures/dumps/${name}`, import.meta.url))
}

/** A dump by its path; closed after the test. */
export function openDumpAt(t: TestLike, path: string, options: Readonly<Record<string, string>> = {}): Source {
  const file = { path, options: new Map(Object.entries(options)), label: 'the dump', privateFolder: join(testFolder(t), 'private') }
  const source = openPgdumpSource(file)
  t.after(() => source.close())
  return source
}

/** A dump with this content. */
export async function openDumpOf(
  t: TestLike,
  content: string | Uint8Array,
  options: Readonly<Record<string, string>> = {},
): Promise<Source> {
  const path = join(testFolder(t), 'a.dump')
  await writeFile(path, content)
  return openDumpAt(t, path, options)
}

export async function relationNamed(source: Source, name: string): Promise<Relation> {
  const relation = (await source.describe()).relations.find(candidate => candidate.name === name)
  if (relation === undefined) throw new RangeError(`expected a table ${name} in the dump`)
  return relation
}

/** All rows of a relation, the columns that have values. */
export async function readAll(source: Source, relation: Relation): Promise<readonly Fields[]> {
  const snapshot = await source.openSnapshot([relation])
  try {
    const columns = readable(relation)
    const asked = { relation, columns, key: { kind: 'columns', names: [] }, after: null, signal: new AbortController().signal } as const
    return await collectFields(snapshot.read(asked), columns.length)
  } finally {
    await snapshot.close()
  }
}

export function readable(relation: Relation): readonly string[] {
  return relation.columns.map(column => column.name).filter(name => relation.denied?.columns.includes(name) !== true)
}
