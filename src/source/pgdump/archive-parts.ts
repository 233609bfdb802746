import { createHash } from 'node:crypto'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { compareCodePoints } from '../../base/code-point-order.ts'
import type { Dump, DumpOptions } from './dump.ts'
import { invalidDump, unreachableDump } from './dump-errors.ts'
import { DumpFile } from './dump-file.ts'
import { type ArchivePart, openPartsArchive } from './open-archive.ts'

const NEVER = new AbortController().signal
const BLOCK = 512
/** A tar of pg_dump has a member for each table; more are taken for damage. */
const MOST_MEMBERS = 1 << 20

/** `pg_dump -Fd`: a folder. Its marker is of the names and bytes of all its files. */
export async function openFolderArchive(path: string, options: DumpOptions): Promise<Dump> {
  const names = await readdir(path).catch((error: unknown) => {
    throw unreachableDump(options.label, error)
  })
  if (!names.includes('toc.dat'))
    throw invalidDump(
      'expected a folder made by pg_dump -Fd, got one without toc.dat',
      { file: options.label },
      { next: 'Give the folder that holds toc.dat.' },
    )
  const parts = new Map<string, ArchivePart>()
  const hash = createHash('sha256')
  for (const name of names.sort(compareCodePoints)) {
    if (!/\.dat(?:\.gz|\.lz4|\.zst)?$/.test(name)) continue
    const file = await DumpFile.at(join(path, name), `${options.label}/${name}`)
    parts.set(name, { file, start: 0, end: file.size })
    hash.update(`${name}\0${file.size}\0`)
    for await (const chunk of file.stream({ start: 0, end: file.size }, NEVER)) hash.update(chunk)
  }
  return openPartsArchive(parts, options, { marker: hash.digest('hex'), files: [...parts.values()].map(part => part.file) })
}

export function isTar(head: Buffer): boolean {
  return head.length >= BLOCK && head.toString('latin1', 257, 262) === 'ustar'
}

/** `pg_dump -Ft`. */
export async function openTarArchive(file: DumpFile, options: DumpOptions): Promise<Dump> {
  const parts = new Map<string, ArchivePart>()
  for (let at = 0; at + BLOCK <= file.size && parts.size < MOST_MEMBERS; ) {
    const head = await file.read(at, BLOCK)
    if (head.every(byte => byte === 0)) break
    const member = memberOf(head, options.label, at)
    const start = at + BLOCK
    if (start + member.size > file.size)
      throw invalidDump(`expected ${member.size} bytes of a member at byte ${start}, got the end of the file`, { file: options.label })
    parts.set(member.name, { file, start, end: start + member.size })
    at = start + Math.ceil(member.size / BLOCK) * BLOCK
  }
  const hash = createHash('sha256')
  for await (const chunk of file.stream({ start: 0, end: file.size }, NEVER)) hash.update(chunk)
  return openPartsArchive(parts, options, { marker: hash.digest('hex'), files: [file] })
}

function memberOf(head: Buffer, label: string, at: number): { readonly name: string; readonly size: number } {
  const sum = head.reduce((all, byte, i) => all + (i >= 148 && i < 156 ? 32 : byte), 0)
  if (octal(head.subarray(148, 156)) !== sum)
    throw invalidDump(`expected the head of a member at byte ${at}, got a wrong checksum`, { file: label })
  const name = head.toString('utf8', 0, 100).replace(/\0[\s\S]*$/, '')
  const size = (head[124] as number) & 0x80 ? base256(head.subarray(125, 136)) : octal(head.subarray(124, 136))
  if (!Number.isSafeInteger(size)) throw invalidDump(`expected the size of a member at byte ${at}, got none`, { file: label })
  return { name, size }
}

function octal(bytes: Buffer): number {
  const digits = bytes.toString('latin1').replaceAll(/[\0 ]/g, '')
  return /^[0-7]+$/.test(digits) ? Number.parseInt(digits, 8) : Number.NaN
}

function base256(bytes: Buffer): number {
  return bytes.reduce((all, byte) => all * 256 + byte, 0)
}
