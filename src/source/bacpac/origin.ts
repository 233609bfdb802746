import { invalidFile } from './file-errors.ts'
import { readXml } from './xml-text.ts'

/** What the export says of itself, Origin.xml. Null: it does not say. */
export interface Origin {
  readonly totalRows: bigint | null
  /** SHA-256 of model.xml in upper-case hex. */
  readonly modelChecksum: string | null
  /** `@@VERSION` of the server, its first line. */
  readonly server: string | null
}

export const UNSAID: Origin = { totalRows: null, modelChecksum: null, server: null }

const WHOLE = /^\d{1,18}$/

export async function readOrigin(chunks: AsyncIterable<Buffer>, file: string): Promise<Origin> {
  const texts = new Map<string, string>()
  let uri: string | undefined
  let text = ''
  await readXml(
    chunks,
    { file, part: 'Origin.xml' },
    {
      open: (name, attributes) => {
        text = ''
        if (name === 'Checksum') uri = attributes.Uri
      },
      close: name => {
        texts.set(name === 'Checksum' ? `Checksum ${uri}` : name, text.trim())
        text = ''
      },
      text: piece => {
        text += piece
      },
    },
  )
  const total = texts.get('TableRowCountTotalTag') ?? null
  if (total !== null && !WHOLE.test(total))
    throw invalidFile('expected a number of rows as TableRowCountTotalTag of Origin.xml, got something else', { file })
  return {
    totalRows: total === null ? null : BigInt(total),
    modelChecksum: texts.get('Checksum /model.xml')?.toUpperCase() ?? null,
    server: texts.get('ServerVersion')?.split(/\r?\n/)[0] ?? null,
  }
}
