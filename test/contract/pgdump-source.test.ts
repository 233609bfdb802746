import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { gzipSync } from 'node:zlib'
import { openPgdumpSource } from '../../src/source/pgdump/pgdump-source.ts'
import { customArchive, entriesOf, folderArchive, tarArchive } from '../support/archive-writer.ts'
import { testFolder } from '../support/dump-file.ts'
import { copyScript, insertScript } from '../support/dump-writer.ts'
import { type ScanEngine, scanSourceContract } from './scan-source.ts'
import type { SourceTable } from './source.ts'

type Content = string | Buffer | ReadonlyMap<string, Buffer>

engine('a script of COPY', copyScript)
engine('a script of INSERTs', tables => insertScript(tables, 3))
engine('a packed script', tables => gzipSync(copyScript(tables)))
engine('custom 1.12, gzip', tables => customArchive(entriesOf(tables), { version: 12, compression: 'gzip', hasOffsets: true }))
engine('custom 1.16, zstd, without offsets', tables =>
  customArchive(entriesOf(tables), { version: 16, compression: 'zstd', hasOffsets: false }),
)
engine('a folder, lz4', tables => folderArchive(entriesOf(tables), { version: 15, compression: 'lz4', hasOffsets: false }))
engine('tar', tables => tarArchive(entriesOf(tables), 14))

function engine(name: string, make: (tables: readonly SourceTable[]) => Content): void {
  scanSourceContract(dumpEngine(`pgdump: ${name}`, make))
}

function dumpEngine(name: string, make: (tables: readonly SourceTable[]) => Content): ScanEngine {
  return {
    name,
    write: async (t: TestContext, first) => {
      const folder = testFolder(t)
      const path = join(folder, 'a dump')
      const rewrite = (tables: readonly SourceTable[]): Promise<void> => put(path, make(tables))
      await rewrite(first)
      const file = { path, options: new Map<string, string>(), label: 'a dump', privateFolder: join(folder, 'private') }
      return { open: () => Promise.resolve(openPgdumpSource(file)), rewrite }
    },
  }
}

async function put(path: string, content: Content): Promise<void> {
  if (typeof content === 'string' || Buffer.isBuffer(content)) return writeFile(path, content)
  await rm(path, { recursive: true, force: true })
  await mkdir(path)
  for (const [name, bytes] of content) await writeFile(join(path, name), bytes)
}
