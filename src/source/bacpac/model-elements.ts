import { invalidFile } from './file-errors.ts'
import { readXml } from './xml-text.ts'

/** One element of model.xml with everything in it. */
export interface ModelElement {
  readonly type: string
  /** As written: `[schema].[name]`; '' = it has none. */
  readonly name: string
  readonly properties: ReadonlyMap<string, string>
  readonly relations: ReadonlyMap<string, readonly ModelEntry[]>
  /** Type and name of what is noted on it. */
  readonly annotations: readonly { readonly type: string; readonly name: string }[]
}

export interface ModelEntry {
  /** The name of another element, as written. */
  readonly reference: string | null
  readonly element: ModelElement | null
}

interface OpenElement {
  readonly type: string
  readonly name: string
  readonly properties: Map<string, string>
  readonly relations: Map<string, OpenEntry[]>
  readonly annotations: { readonly type: string; readonly name: string }[]
}

interface OpenEntry {
  reference: string | null
  element: OpenElement | null
}

/** Far more than the largest table SQL Server can have (30 000 columns) needs. */
const MOST_NODES = 2_000_000
/** Far more than a database has tables, keys and procedures. */
const MOST_ELEMENTS = 1_000_000

/**
 * Reads model.xml and hands over the elements of the model one after the other; none is kept. Of the types that `isWanted` leaves out only type and name are told.
 * Throws SOURCE_INVALID for an element too large to be one.
 */
export async function readModelElements(
  chunks: AsyncIterable<Buffer>,
  file: string,
  visitor: { isWanted(type: string): boolean; visit(element: ModelElement): void },
): Promise<void> {
  const reader = new ElementReader(file, visitor)
  await readXml(chunks, { file, part: 'model.xml' }, reader)
  if (!reader.hasModel) throw invalidFile('expected a model in model.xml, got none', { file })
}

class ElementReader {
  hasModel = false
  readonly #file: string
  readonly #visitor: { isWanted(type: string): boolean; visit(element: ModelElement): void }
  /** Tags open around the one at hand, the outermost first. */
  readonly #tags: string[] = []
  /** Elements open inside each other, the outermost first. */
  readonly #elements: OpenElement[] = []
  readonly #relations: OpenEntry[][] = []
  /** Depth of tags at which an element begins that is not wanted; 0 = none. */
  #skippedFrom = 0
  /** Inside an annotation: its properties are not the element’s. */
  #annotations = 0
  #property: string | null = null
  #text: string | null = null
  #nodes = 0
  #count = 0

  constructor(file: string, visitor: { isWanted(type: string): boolean; visit(element: ModelElement): void }) {
    this.#file = file
    this.#visitor = visitor
  }

  open(tag: string, attributes: Readonly<Record<string, string>>): void {
    this.#tags.push(tag)
    if (this.#skippedFrom > 0) return
    if (tag === 'Model') this.hasModel = true
    if (++this.#nodes > MOST_NODES)
      throw invalidFile(`expected elements of at most ${MOST_NODES} parts in model.xml, got a larger one`, { file: this.#file })
    const element = this.#elements.at(-1)
    if (tag === 'Element') this.#openElement(attributes)
    else if (element !== undefined) this.#openInside(tag, attributes, element)
  }

  #countElement(): void {
    if (++this.#count > MOST_ELEMENTS)
      throw invalidFile(`expected at most ${MOST_ELEMENTS} elements in model.xml, got more`, { file: this.#file })
  }

  #openElement(attributes: Readonly<Record<string, string>>): void {
    const type = attributes.Type ?? ''
    if (this.#elements.length === 0) this.#countElement()
    const opened: OpenElement = { type, name: attributes.Name ?? '', properties: new Map(), relations: new Map(), annotations: [] }
    if (this.#elements.length === 0 && !this.#visitor.isWanted(type)) {
      this.#visitor.visit(opened)
      this.#skippedFrom = this.#tags.length
      return
    }
    const entry = this.#relations.at(-1)?.at(-1)
    if (this.#elements.length > 0 && entry !== undefined) entry.element = opened
    this.#elements.push(opened)
  }

  #openInside(tag: string, attributes: Readonly<Record<string, string>>, element: OpenElement): void {
    if (tag === 'Annotation') {
      if (this.#annotations++ === 0) element.annotations.push({ type: attributes.Type ?? '', name: attributes.Name ?? '' })
    } else if (tag === 'Relationship') {
      const entries: OpenEntry[] = []
      element.relations.set(attributes.Name ?? '', entries)
      this.#relations.push(entries)
    } else if (tag === 'Entry') this.#relations.at(-1)?.push({ reference: null, element: null })
    else if (tag === 'References') {
      const entry = this.#relations.at(-1)?.at(-1)
      if (entry !== undefined) entry.reference = attributes.Name ?? null
    } else if (tag === 'Property' && this.#annotations === 0) {
      this.#property = attributes.Name ?? ''
      const value = attributes.Value
      if (value !== undefined) element.properties.set(this.#property, value)
    } else if (tag === 'Value' && this.#property !== null) this.#text = ''
  }

  close(tag: string): void {
    const depth = this.#tags.length
    this.#tags.pop()
    if (this.#skippedFrom > 0) {
      if (depth === this.#skippedFrom) this.#skippedFrom = 0
      return
    }
    const element = this.#elements.at(-1)
    if (element === undefined) return
    if (tag === 'Element') this.#closeElement(element)
    else if (tag === 'Annotation') this.#annotations--
    else if (tag === 'Relationship') this.#relations.pop()
    else if (tag === 'Property') this.#property = null
    else if (tag === 'Value' && this.#property !== null && this.#text !== null) {
      element.properties.set(this.#property, this.#text)
      this.#text = null
    }
  }

  #closeElement(element: OpenElement): void {
    this.#elements.pop()
    if (this.#elements.length > 0) return
    this.#nodes = 0
    this.#visitor.visit(element)
  }

  text(piece: string): void {
    if (this.#text !== null) this.#text += piece
  }
}
