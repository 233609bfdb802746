import { stat } from 'node:fs/promises'
import type { Dump, DumpOptions } from './dump.ts'
import { unreachableDump } from './dump-errors.ts'
import { DumpFile, isSameFile } from './dump-file.ts'
import { openPlainDump } from './plain-dump.ts'

/** Dumps looked through by this process: a source is opened several times in a run. */
const known = new Map<string, { readonly dump: Promise<Dump> }>()
const MOST_KNOWN = 64

/** Looks through a dump of whatever format, by its content. Rejects with SOURCE_UNREACHABLE, SOURCE_INVALID, SOURCE_REFUSED. */
export async function openDump(path: string, options: DumpOptions): Promise<Dump> {
  const key = JSON.stringify([path, options.database, options.encoding, options.privateFolder])
  const before = known.get(key)
  if (before !== undefined) {
    const dump = await before.dump.catch(() => null)
    if (dump !== null && (await isUnchanged(dump))) return dump
  }
  const dump = lookThrough(path, options)
  known.delete(key)
  known.set(key, { dump })
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
  if (info.isDirectory()) throw unreachableDump(options.label, null)
  const file = await DumpFile.at(path, options.label)
  return openPlainDump(file, options)
}
