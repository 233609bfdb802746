import { createHash } from 'node:crypto'
import type { DatabaseDescription } from './database-description.ts'
import { BOM, objectCounts } from './model-xml.ts'
import { escapeXml } from './xml-text.ts'

const HEAD = `${BOM}<?xml version="1.0" encoding="utf-8"?>`
const NAMESPACE = 'http://schemas.microsoft.com/sqlserver/dac/Serialization/2012/02'

/** What Origin.xml says of the data. */
export interface OriginFacts {
  readonly rows: bigint
  /** Upper-case hex SHA-256 of model.xml. */
  readonly modelChecksum: string
}

export function originXml(database: DatabaseDescription, { rows, modelChecksum }: OriginFacts): Buffer {
  const counts = [...objectCounts(database)].map(([kind, count]) => `      <${kind}>${count}</${kind}>`)
  const version =
    database.serverVersion ?? 'Microsoft SQL Server 2019 (RTM) - 15.0.2000.5 (X64) \n\tsynthetic, made by the tests of Rehouse\n'
  return lines(
    HEAD,
    `<DacOrigin xmlns="${NAMESPACE}">`,
    '  <PackageProperties>',
    '    <Version>3.1.0.0</Version>',
    '    <ContainsExportedData>true</ContainsExportedData>',
    '    <StreamVersions>',
    '      <Version StreamName="Data">2.0.0.0</Version>',
    '      <Version StreamName="DeploymentContributors">1.0.0.0</Version>',
    '    </StreamVersions>',
    '  </PackageProperties>',
    '  <Operation>',
    `    <Identity>${guidOf(database.name ?? 'database')}</Identity>`,
    '    <Start>2024-01-02T03:04:05.0000000+00:00</Start>',
    '    <End>0001-01-01T00:00:00.0000000</End>',
    '    <ProductName>Microsoft.SqlServer.Dac, Version=16.0.0.0, Culture=neutral, PublicKeyToken=b03f5f7f11d50a3a</ProductName>',
    '    <ProductVersion>16.0.6403.0</ProductVersion>',
    `    <ProductSchema>${NAMESPACE}</ProductSchema>`,
    '  </Operation>',
    '  <Server>',
    `    <ServerVersion>${escapeXml(version).replaceAll('&#xA;', '\n').replaceAll('&#x9;', '\t')}</ServerVersion>`,
    '    <ObjectCounts>',
    ...counts,
    '    </ObjectCounts>',
    '  </Server>',
    '  <ExportStatistics>',
    '    <SourceDatabaseSize>11248</SourceDatabaseSize>',
    `    <TableRowCountTotalTag>${rows}</TableRowCountTotalTag>`,
    '  </ExportStatistics>',
    '  <Checksums>',
    `    <Checksum Uri="/model.xml">${modelChecksum}</Checksum>`,
    '  </Checksums>',
    '  <ModelSchemaVersion>2.9</ModelSchemaVersion>',
    '</DacOrigin>',
  )
}

export function dacMetadataXml(database: DatabaseDescription): Buffer {
  const name = escapeXml(database.name ?? 'database')
  return lines(HEAD, `<DacType xmlns="${NAMESPACE}">`, `  <Name>${name}</Name>`, '  <Version>0.0.0.0</Version>', '</DacType>')
}

export function contentTypesXml(): Buffer {
  const types = [
    ['xml', 'text/xml'],
    ['BCP', 'application/octet-stream'],
    ['rels', 'application/vnd.openxmlformats-package.relationships+xml'],
  ].map(([extension, type]) => `<Default Extension="${extension}" ContentType="${type}" />`)
  return Buffer.from(`${HEAD}<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">${types.join('')}</Types>`)
}

export interface DataFile {
  readonly path: string
  readonly schema: string
  readonly table: string
}

/** Two relationships for each data file: its schema and its table. */
export function* relationshipsXml(files: readonly DataFile[]): Generator<Buffer> {
  yield Buffer.from(`${HEAD}<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">`)
  for (const { path, schema, table } of files) {
    const one = (type: string): string =>
      `<Relationship Type="${escapeXml(type)}" Target="/${escapeXml(path)}" Id="R${guidOf(`${type} ${path}`).replaceAll('-', '').slice(0, 16)}" />`
    yield Buffer.from(one(`table=${table}`) + one(`schema=${schema}`))
  }
  yield Buffer.from('</Relationships>')
}

function guidOf(text: string): string {
  const hex = createHash('sha256').update(text).digest('hex')
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join('-')
}

function lines(...text: readonly string[]): Buffer {
  return Buffer.from(text.join('\r\n'))
}
