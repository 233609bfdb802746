import { CheckedRecords } from './checked-records.ts'
import { faultsOf } from './csv-fault.ts'
import { type FormatWish, firstRecordByte } from './csv-format.ts'
import { badText, type Detected } from './detect-format.ts'
import { type ByteOptions, fileBytes } from './file-bytes.ts'
import type { RelationFile } from './relation-files.ts'
import { decoderOf } from './text-decoder.ts'

/** A file whose form is known. */
export interface KnownFile {
  readonly file: RelationFile
  readonly detected: Detected
  readonly wish: FormatWish
}

/** The rows of a file as they come: each time it is given, `next` is called until it is false. */
export async function* recordChunks({ file, detected, wish }: KnownFile, options: ByteOptions): AsyncGenerator<CheckedRecords> {
  const { format, markBytes, names } = detected
  const firstByte = firstRecordByte(format, markBytes)
  const records = new CheckedRecords({ format, columns: names.length, firstByte, fail: faultsOf(file.place, file.table) })
  const decoding = decoderOf(format.encoding, { firstByte, onBad: badText(file, wish) })
  let due = firstByte
  for await (const chunk of fileBytes(file, options)) {
    const dropped = Math.min(due, chunk.length)
    due -= dropped
    if (dropped === chunk.length) continue
    records.scanner.push(decoding.push(chunk.subarray(dropped)))
    yield records
  }
  decoding.finish()
  records.scanner.finish()
  yield records
}
