import { createHash } from 'node:crypto'
import { chmod, mkdir, open, readdir, rename, rm, statfs } from 'node:fs/promises'
import { join } from 'node:path'
import { RehouseError } from '../../errors.ts'
import type { DumpOptions } from './dump.ts'
import { refusedDump } from './dump-errors.ts'
import { DumpFile } from './dump-file.ts'
import { type Packing, unpacked } from './unpack.ts'

const NEVER = new AbortController().signal
/** So much of a disk’s room is left to others. */
const SPARED = 0.05
const CHECKED_EVERY_BYTES = 1 << 26

/**
 * The text of a packed script, unpacked once into our private folder (0700, the file 0600): a script that is packed cannot be read from the middle. The file is named by the SHA-256 of both, so a later
 * read of the same dump uses it after looking through it again, and another dump never does. It stays when the source is closed: whoever owns the folder removes it.
 */
export async function unpackedFile(
  file: DumpFile,
  packing: Packing,
  options: DumpOptions,
): Promise<{ readonly marker: string; readonly unpacked: DumpFile }> {
  const marker = await hashOf(file)
  try {
    return { marker, unpacked: await keptOrUnpacked(file, packing, { ...options, prefix: `pgdump-${marker.slice(0, 32)}-` }) }
  } catch (error) {
    const code = error instanceof Error && 'code' in error && !(error instanceof RehouseError) ? String(error.code) : null
    if (code === null) throw error
    const next = 'Make room and give rights where .rehouse is kept, or unpack the dump elsewhere and give that.'
    throw refusedDump(`expected a private folder the unpacked dump can be written to, got ${code}`, { file: options.label }, next)
  }
}

async function keptOrUnpacked(file: DumpFile, packing: Packing, options: DumpOptions & { readonly prefix: string }): Promise<DumpFile> {
  await mkdir(options.privateFolder, { recursive: true, mode: 0o700 })
  await chmod(options.privateFolder, 0o700)
  return (await keptFile(options.prefix, options)) ?? unpack(file, packing, options)
}

async function hashOf(file: DumpFile): Promise<string> {
  const hash = createHash('sha256')
  for await (const chunk of file.stream({ start: 0, end: file.size }, NEVER)) hash.update(chunk)
  return hash.digest('hex')
}

/** One of an earlier read, if it is still what it was. */
async function keptFile(prefix: string, { privateFolder, label }: DumpOptions): Promise<DumpFile | null> {
  for (const name of await readdir(privateFolder)) {
    if (!name.startsWith(prefix) || name.endsWith('.part')) continue
    const path = join(privateFolder, name)
    const file = await DumpFile.at(path, label)
    if (name === `${prefix}${(await hashOf(file)).slice(0, 32)}`) return file
    await rm(path, { force: true })
  }
  return null
}

async function unpack(file: DumpFile, packing: Packing, options: DumpOptions & { readonly prefix: string }): Promise<DumpFile> {
  const { privateFolder, label, prefix } = options
  const part = join(privateFolder, `${prefix}${process.pid}-${Date.now()}.part`)
  const handle = await open(part, 'wx', 0o600)
  const hash = createHash('sha256')
  try {
    let sinceCheck = CHECKED_EVERY_BYTES
    for await (const chunk of unpacked(file.stream({ start: 0, end: file.size }, NEVER), packing, label)) {
      if (sinceCheck >= CHECKED_EVERY_BYTES) {
        await checkRoom(privateFolder, label)
        sinceCheck = 0
      }
      hash.update(chunk)
      await handle.writeFile(chunk)
      sinceCheck += chunk.length
    }
    await handle.close()
    const path = join(privateFolder, `${prefix}${hash.digest('hex').slice(0, 32)}`)
    await rename(part, path)
    return await DumpFile.at(path, label)
  } catch (error) {
    await handle.close().catch(() => undefined)
    await rm(part, { force: true })
    throw error
  }
}

/** A small file can unpack to more than a disk. */
async function checkRoom(folder: string, label: string): Promise<void> {
  const { bavail, blocks, bsize } = await statfs(folder)
  if (bavail * bsize - CHECKED_EVERY_BYTES * 2 > blocks * bsize * SPARED) return
  throw refusedDump(
    'expected room on the disk for the unpacked dump, got too little',
    { file: label },
    'Make room where .rehouse is kept, or unpack the dump elsewhere and give that.',
  )
}
