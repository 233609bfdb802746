/** A tree of XML to be written with tabs and CRLF, as SQL Server's tools write it. */
export interface XmlElement {
  readonly tag: string
  readonly attributes: Readonly<Record<string, string>>
  readonly children: readonly (XmlElement | string)[]
}

export function xml(tag: string, attributes: Readonly<Record<string, string>>, ...children: readonly (XmlElement | string)[]): XmlElement {
  return { tag, attributes, children }
}

/** A string child is written as it is, on a line of its own. */
export function* xmlLines(element: XmlElement, depth: number): Generator<string> {
  const indent = '\t'.repeat(depth)
  const attributes = Object.entries(element.attributes).map(([name, value]) => ` ${name}="${escapeXml(value)}"`)
  const open = `${indent}<${element.tag}${attributes.join('')}`
  if (element.children.length === 0) {
    yield `${open} />\r\n`
    return
  }
  yield `${open}>\r\n`
  for (const child of element.children) {
    if (typeof child === 'string') yield `${indent}\t${child}\r\n`
    else yield* xmlLines(child, depth + 1)
  }
  yield `${indent}</${element.tag}>\r\n`
}

export function escapeXml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll('\r', '&#xD;')
    .replaceAll('\n', '&#xA;')
    .replaceAll('\t', '&#x9;')
}

export function cdata(text: string): string {
  return `<![CDATA[${text.replaceAll(']]>', ']]]]><![CDATA[>')}]]>`
}
