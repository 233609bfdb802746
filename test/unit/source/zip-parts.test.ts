import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { RehouseError } from '../../../src/errors.ts'
import { ZipParts } from '../../../src/source/bacpac/zip-parts.ts'
import { type ZipOptions, ZipWriter } from '../../support/bacpac/zip-writer.ts'

const folder = mkdtempSync(join(tmpdir(), 'rehouse-zip-'))
after(() => rmSync(folder, { recursive: true }))
const { signal } = new AbortController()
let files = 0

/** A zip file with these parts; returns its path. */
async function zipOf(parts: Readonly<Record<string, Buffer>>, options: ZipOptions = {}): Promise<string> {
  const path = join(folder, `${++files}.zip`)
  const zip = await ZipWriter.create(path, options)
  for (const [name, bytes] of Object.entries(parts)) await zip.add(name, [bytes])
  await zip.finish()
  await zip.close()
  return path
}

async function readPart(path: string, name: string, reading = signal): Promise<Buffer> {
  const zip = await ZipParts.open(path)
  try {
    const part = zip.parts.get(name)
    assert.ok(part)
    const chunks: Buffer[] = []
    for await (const chunk of zip.read(part, reading)) chunks.push(chunk)
    return Buffer.concat(chunks)
  } finally {
    await zip.close()
  }
}

const refusedAs = (code: string, pattern: RegExp) => (error: unknown) => {
  assert.ok(error instanceof RehouseError, String(error))
  assert.equal(error.code, code)
  assert.match(error.message, pattern)
  return true
}

/** The file with a change in the central directory’s first entry. */
function altered(path: string, change: (entry: Buffer) => void): string {
  const bytes = readFileSync(path)
  change(bytes.subarray(bytes.indexOf(Buffer.from('504b0102', 'hex'))))
  const other = join(folder, `${++files}.zip`)
  writeFileSync(other, bytes)
  return other
}

const BIG = Buffer.alloc(18_000_000, 'something to be read in pieces ')

test('gives every byte of every part, small and large, several at a time', async () => {
  const path = await zipOf({ small: Buffer.from('small'), big: BIG, empty: Buffer.alloc(0) })
  const zip = await ZipParts.open(path)
  const read = async (name: string): Promise<Buffer> => {
    const chunks: Buffer[] = []
    const part = zip.parts.get(name)
    assert.ok(part)
    for await (const chunk of zip.read(part, signal)) chunks.push(chunk)
    return Buffer.concat(chunks)
  }
  const [big, small, again, empty] = await Promise.all([read('big'), read('small'), read('big'), read('empty')])
  assert.ok(big.equals(BIG) && again.equals(BIG))
  assert.deepEqual([small.toString(), empty.length], ['small', 0])
  await zip.close()
  await zip.close()
  await assert.rejects(read('small'), refusedAs('SOURCE_UNREACHABLE', /closed/))
})

test('a wrong checksum is refused before a byte of the part is given out, small or large', async () => {
  for (const bytes of [Buffer.from('small'), BIG]) {
    const path = await zipOf({ part: bytes }, { lies: () => ({ crc: 1 }) })
    const zip = await ZipParts.open(path)
    const part = zip.parts.get('part')
    assert.ok(part)
    let given = 0
    const read = (async () => {
      for await (const chunk of zip.read(part, signal)) given += chunk.length
    })()
    await assert.rejects(read, refusedAs('SOURCE_INVALID', /^expected the checksum 00000001 of part, got [0-9a-f]{8}$/))
    assert.equal(given, 0)
    await zip.close()
  }
})

test('sizes are as stated, never more and never less', async () => {
  const text = Buffer.alloc(1000, 'abc')
  await assert.rejects(
    readPart(await zipOf({ part: text }, { lies: () => ({ size: 999 }) }), 'part'),
    refusedAs('SOURCE_INVALID', /expected 999 bytes in part, got more/),
  )
  await assert.rejects(
    readPart(await zipOf({ part: text }, { lies: () => ({ size: 1001 }) }), 'part'),
    refusedAs('SOURCE_INVALID', /expected 1001 bytes in part, got 1000/),
  )
  await assert.rejects(
    readPart(await zipOf({ part: text }, { lies: () => ({ size: 2 ** 31 }) }), 'part'),
    refusedAs('SOURCE_INVALID', /^expected at most \d+ bytes in part, got a file that claims 2147483648$/),
  )
})

test('parts that are encrypted, or compressed in another way, are refused by name', async () => {
  const path = await zipOf({ part: Buffer.from('secret secret') })
  await assert.rejects(
    ZipParts.open(altered(path, entry => entry.writeUInt16LE(1, 8))),
    refusedAs('SOURCE_INVALID', /parts that are not encrypted, got part/),
  )
  await assert.rejects(
    ZipParts.open(altered(path, entry => entry.writeUInt16LE(0x41, 8))),
    refusedAs('SOURCE_INVALID', /expected a whole BACPAC/),
  )
  await assert.rejects(
    ZipParts.open(altered(path, entry => entry.writeUInt16LE(12, 10))),
    refusedAs('SOURCE_INVALID', /stored or deflated, got part compressed by method 12/),
  )
})

test('what is no zip file is refused', async () => {
  const path = join(folder, 'none.zip')
  for (const text of ['', 'PK', 'not a zip file'.repeat(100)]) {
    writeFileSync(path, text)
    await assert.rejects(ZipParts.open(path), refusedAs('SOURCE_INVALID', /expected a whole BACPAC/))
  }
})

test('the marker is that of names, sizes and checksums', async () => {
  const marker = async (parts: Readonly<Record<string, Buffer>>): Promise<string> => {
    const zip = await ZipParts.open(await zipOf(parts))
    await zip.close()
    return zip.marker
  }
  const one = await marker({ a: Buffer.from('1'), b: Buffer.from('2') })
  assert.match(one, /^[0-9a-f]{64}$/)
  assert.equal(await marker({ a: Buffer.from('1'), b: Buffer.from('2') }), one)
  assert.notEqual(await marker({ a: Buffer.from('1'), b: Buffer.from('3') }), one)
  assert.notEqual(await marker({ a: Buffer.from('1'), c: Buffer.from('2') }), one)
})

test('the signal ends a read with its reason', async () => {
  const path = await zipOf({ big: BIG })
  const reason = new Error('enough')
  await assert.rejects(readPart(path, 'big', AbortSignal.abort(reason)), reason)
})
