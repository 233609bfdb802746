export interface DecodedColumn {
  readonly name: string
  /** SQL Server's own type, aliases resolved: `nvarchar`. */
  readonly type: string
  readonly isMax: boolean
  readonly length: number
  readonly precision: number
  readonly scale: number
  readonly isNullable: boolean
}

export interface DecodedShape {
  readonly schema: string
  readonly name: string
  readonly columns: readonly DecodedColumn[]
}

interface Node {
  readonly tag: string
  readonly attributes: ReadonlyMap<string, string>
  readonly children: Node[]
}

function parseXml(text: string): Node {
  const root: Node = { tag: '', attributes: new Map(), children: [] }
  const open: Node[] = [root]
  const plain = text.replace(/<!\[CDATA\[[\s\S]*?\]\]>/g, '')
  for (const [, slash = '', tag = '', rest = '', selfClosing = ''] of plain.matchAll(
    /<(\/?)([A-Za-z]+)((?:\s+[A-Za-z:]+="[^"]*")*)\s*(\/?)>/g,
  )) {
    if (slash === '/') {
      open.pop()
      continue
    }
    const attributes = [...rest.matchAll(/([A-Za-z:]+)="([^"]*)"/g)].map(([, name = '', value = '']) => [name, unescapeXml(value)] as const)
    const node: Node = { tag, attributes: new Map(attributes), children: [] }
    open.at(-1)?.children.push(node)
    if (selfClosing === '') open.push(node)
  }
  return root
}

function unescapeXml(text: string): string {
  const named: Record<string, string> = { lt: '<', gt: '>', quot: '"', apos: "'", amp: '&' }
  return text.replace(/&(?:#x([0-9A-Fa-f]+)|#(\d+)|(\w+));/g, (all, hex, decimal, name) => {
    if (hex) return String.fromCodePoint(Number.parseInt(hex, 16))
    return decimal ? String.fromCodePoint(Number(decimal)) : (named[name] ?? all)
  })
}

/** The tables model.xml describes, with the columns that have a place in the data files. */
export function tableModel(text: string): readonly DecodedShape[] {
  const model = parseXml(text)
    .children.find(node => node.tag === 'DataSchemaModel')
    ?.children.find(node => node.tag === 'Model')
  const elements = model?.children ?? []
  const aliases = new Map(elements.filter(isOf('SqlUserDefinedDataType')).map(alias => [alias.attributes.get('Name') ?? '', alias]))
  return elements.filter(isOf('SqlTable')).map(table => {
    const [schema = '', name = ''] = splitName(table.attributes.get('Name') ?? '')
    const columns = related(table, 'Columns').filter(isOf('SqlSimpleColumn'))
    return { schema, name, columns: columns.map(column => decodedColumn(column, aliases)) }
  })
}

function decodedColumn(column: Node, aliases: ReadonlyMap<string, Node>): DecodedColumn {
  const [specifier] = related(column, 'TypeSpecifier')
  const reference = specifier ? related(specifier, 'Type')[0]?.attributes.get('Name') : undefined
  const alias = aliases.get(reference ?? '')
  const described = alias ?? specifier
  const builtIn = alias ? related(alias, 'Type')[0]?.attributes.get('Name') : reference
  const number = (name: string, otherwise: number): number => Number((described && propertyOf(described, name)) ?? otherwise)
  return {
    name: splitName(column.attributes.get('Name') ?? '').at(-1) ?? '',
    type: splitName(builtIn ?? '').at(-1) ?? '',
    isMax: described !== undefined && propertyOf(described, 'IsMax') === 'True',
    length: number('Length', 0),
    precision: number('Precision', 0),
    scale: number('Scale', 0),
    isNullable: propertyOf(column, 'IsNullable') !== 'False',
  }
}

function isOf(type: string): (node: Node) => boolean {
  return node => node.attributes.get('Type') === type
}

function propertyOf(node: Node, name: string): string | undefined {
  return node.children.find(child => child.tag === 'Property' && child.attributes.get('Name') === name)?.attributes.get('Value')
}

/** What the entries of a relationship hold. */
function related(node: Node, name: string): readonly Node[] {
  const relationship = node.children.find(child => child.tag === 'Relationship' && child.attributes.get('Name') === name)
  return (relationship?.children ?? []).flatMap(entry => entry.children)
}

/** `[a].[b]]c]` → a, b]c. */
function splitName(name: string): readonly string[] {
  return [...name.matchAll(/\[((?:[^\]]|\]\])*)\]/g)].map(([, part = '']) => part.replaceAll(']]', ']'))
}
