/** Kinds of addresses that belong to the language but lead nowhere yet: scheme → what it is. */
export const LATER_SCHEMES: Readonly<Record<string, string>> = {
  files: 'a folder of files as source',
  sqlserver: 'SQL Server as source',
  mssql: 'SQL Server as source',
  mysql: 'MySQL as source',
  mariadb: 'MariaDB as source',
  sqlite: 'SQLite as source',
}

/** Sources that are files: scheme → what it is. */
export const FILE_SCHEMES: Readonly<Record<string, string>> = {
  bacpac: 'a BACPAC file',
  csv: 'a folder of CSV files',
  pgdump: 'a PostgreSQL dump',
}

/** What stands before the first colon, in lower case; '' = none. */
export function schemeOf(address: string): string {
  return /^([a-z][a-z0-9+.-]*):/i.exec(address)?.[1]?.toLowerCase() ?? ''
}
