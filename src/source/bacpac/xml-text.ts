import { SaxesParser } from 'saxes'
import { RehouseError } from '../../errors.ts'
import { invalidFile } from './file-errors.ts'

export interface XmlHandler {
  open(name: string, attributes: Readonly<Record<string, string>>): void
  close(name: string): void
  /** Text and CDATA, maybe in several pieces. */
  text(piece: string): void
}

/** No tag, attribute or text of a model is longer: a file that has one is not read on into memory. */
const MOST_BETWEEN_TAGS = 64 << 20

/** Reads XML from bytes as they come, never as a whole. Throws SOURCE_INVALID where it is no XML in UTF-8. */
export async function readXml(
  chunks: AsyncIterable<Buffer>,
  place: { readonly file: string; readonly part: string },
  handler: XmlHandler,
): Promise<void> {
  const parser = new SaxesParser({ xmlns: false, position: false })
  let silent = 0
  const heard = (): void => {
    silent = 0
  }
  parser.on('opentag', ({ name, attributes }) => {
    heard()
    handler.open(name, attributes)
  })
  parser.on('closetag', ({ name }) => {
    heard()
    handler.close(name)
  })
  parser.on('text', piece => handler.text(piece))
  parser.on('cdata', piece => handler.text(piece))
  parser.on('error', error => {
    throw error
  })
  const decoder = new TextDecoder('utf-8', { fatal: true })
  try {
    for await (const chunk of chunks) {
      silent += chunk.length
      parser.write(decoder.decode(chunk, { stream: true }))
      if (silent > MOST_BETWEEN_TAGS)
        throw invalidFile(`expected tags in ${place.part}, got ${silent} bytes without one`, { file: place.file })
    }
    parser.write(decoder.decode())
    parser.close()
  } catch (error) {
    throw error instanceof RehouseError
      ? error
      : invalidFile(`expected XML in UTF-8 in ${place.part}, got something else`, { file: place.file }, error)
  }
}
