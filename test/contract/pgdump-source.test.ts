import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { openPgdumpSource } from '../../src/source/pgdump/pgdump-source.ts'
import { copyScript, insertScript } from '../support/dump-writer.ts'
import { type ScanEngine, type ScanFile, scanSourceContract } from './scan-source.ts'
import type { SourceTable } from './source.ts'

scanSourceContract(dumpEngine('pgdump: a script of COPY', copyScript))
scanSourceContract(dumpEngine('pgdump: a script of INSERTs', tables => insertScript(tables, 3)))

function dumpEngine(name: string, make: (tables: readonly SourceTable[]) => string | Buffer): ScanEngine {
  return { name, write: (t, tables) => writeDump(t, tables, make) }
}

async function writeDump(
  t: TestContext,
  first: readonly SourceTable[],
  make: (tables: readonly SourceTable[]) => string | Buffer,
): Promise<ScanFile> {
  const folder = await mkdtemp(join(tmpdir(), 'rehouse-pgdump-'))
  t.after(() => rm(folder, { recursive: true, force: true }))
  const path = join(folder, 'a dump')
  const rewrite = (tables: readonly SourceTable[]): Promise<void> => writeFile(path, make(tables))
  await rewrite(first)
  const file = { path, options: new Map<string, string>(), label: 'a dump', privateFolder: join(folder, 'private') }
  return { open: () => Promise.resolve(openPgdumpSource(file)), rewrite }
}
