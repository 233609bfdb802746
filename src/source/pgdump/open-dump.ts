import { stat } from 'node:fs/promises'
import { isTar, openFolderArchive, openTarArchive } from './archive-parts.ts'
import type { Dump, DumpOptions } from './dump.ts'
import { invalidDump, unreachableDump } from './dump-errors.ts'
import { DumpFile, isSameFile } from './dump-file.ts'
import { openCustomArchive } from './open-archive.ts'
import { openPlainDump } from './plain-dump.ts'
import { packingOf } from './unpack.ts'
import { unpackedFile } from './unpacked-file.ts'

/** Dumps looked through by this process: a source is opened several times in a run. */
const known = new Map<string, Promise<Dump>>()
const MOST_KNOWN = 64
const HEAD_BYTES = 512

/** Looks through a dump of whatever format, by its content. Rejects with SOURCE_UNREACHABLE, SOURCE_INVALID, SOURCE_REFUSED. */
export async function openDump(path: string, options: DumpOptions): Promise<Dump> {
  const key = JSON.stringify([path, options.database, options.encoding, options.privateFolder, options.label])
  const before = await known.get(key)?.catch(() => null)
  if (before && (await isUnchanged(before))) return before
  const dump = lookThrough(path, options)
  known.delete(key)
  known.set(key, dump)
  for (const oldest of known.keys()) if (known.size > MOST_KNOWN) known.delete(oldest)
  dump.catch(() => known.delete(key))
  return dump
}

async function isUnchanged(dump: Dump): Promise<boolean> {
  for (const file of dump.files) {
    const now = await DumpFile.at(file.path, file.label).catch(() => null)
    if (now === null || !isSameFile(now.identity, file.identity)) return false
  }
  return true
}

async function lookThrough(path: string, options: DumpOptions): Promise<Dump> {
  const info = await stat(path).catch((error: unknown) => {
    throw unreachableDump(options.label, error)
  })
  if (info.isDirectory()) return openFolderArchive(path, options)
  const file = await DumpFile.at(path, options.label)
  const packing = packingOf(await headOf(file))
  if (packing === null) return openUnpacked(file, options)
  const { marker, unpacked } = await unpackedFile(file, packing, options)
  const dump = await openUnpacked(unpacked, options)
  return { ...dump, marker, files: [file, ...dump.files] }
}

async function openUnpacked(file: DumpFile, options: DumpOptions): Promise<Dump> {
  const head = await headOf(file)
  if (head.toString('latin1', 0, 5) === 'PGDMP') return openCustomArchive(file, options)
  if (isTar(head)) return openTarArchive(file, options)
  if (packingOf(head) !== null)
    throw invalidDump('expected a dump, got one packed twice', { file: options.label }, { next: 'Unpack it once.' })
  return openPlainDump(file, options)
}

function headOf(file: DumpFile): Promise<Buffer> {
  return file.read(0, Math.min(HEAD_BYTES, file.size))
}
