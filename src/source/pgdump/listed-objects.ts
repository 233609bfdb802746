import type { Database } from './ddl-database.ts'
import { nameAtStart } from './sql-text.ts'

/** What a statement makes or does that is no table and no rows is listed: kind, schema, name. */

const CREATE =
  /^create\s+(?:or\s+replace\s+)?(?:(?:temp|temporary|unlogged|recursive|trusted|procedural|constraint|default)\s+)*(materialized\s+view|text\s+search\s+\w+|operator\s+(?:class|family)|foreign\s+data\s+wrapper|event\s+trigger|user\s+mapping\s+for|access\s+method|[a-z]+)\s+(?:if\s+not\s+exists\s+)?/i
/** Said in the catalogue, or of no interest once it has been applied. */
const DESCRIBED = new Set(['table', 'index', 'unique', 'foreign', 'type', 'domain', 'database', 'global', 'local'])
const SETVAL = /^select\s+(?:pg_catalog\s*\.\s*)?setval\s*\(\s*'((?:[^']|'')*)'/i
const LARGE_OBJECT = /^select\s+(?:pg_catalog\s*\.\s*)?(?:lo_create|lo_creat)\s*\(\s*'?(\d+)/i
const LARGE_OBJECT_BYTES = /^select\s+(?:pg_catalog\s*\.\s*)?(?:lo_open|lowrite|lo_close|lo_put)\b/i
const STATISTICS = /^select\s+(?:\*\s+from\s+)?(?:pg_catalog\s*\.\s*)?pg_(?:restore|clear)_(?:relation|attribute)_stats\b/i
const ON_TABLE =
  /^(?:grant|revoke)\s[\s\S]*?\son\s+(?:(table|sequence|schema|function|database|type|domain|language|large\s+object|procedure|routine|foreign\s+\w+|all\s+\w+\s+in\s+schema)\s+)?/i
const QUIET =
  /^(?:begin|commit|end|start|savepoint|release|lock|analyze|vacuum|reindex|cluster|checkpoint|reset|refresh|discard|show|comment|alter|drop|security)\b/i

export function listObject(text: string, database: Database): void {
  const create = CREATE.exec(text)
  if (create !== null) {
    const kind = (create[1] ?? '').toLowerCase().replaceAll(/\s+/g, ' ')
    if (!DESCRIBED.has(kind)) add(database, kind, nameAtStart(text.slice(create[0].length)))
    else if (kind === 'table' && /^create\s[^(]*?\sas\b/i.test(text) && !/^create\s+table\s+[^(]*\(/i.test(text))
      add(database, 'table made by a query', nameAtStart(text.slice(create[0].length)))
    return
  }
  if (/^(?:grant|revoke)\b/i.test(text)) {
    listGrant(text, database)
    return
  }
  if (/^select\b/i.test(text)) {
    listSelect(text, database)
    return
  }
  if (/^alter\s+sequence\b/i.test(text))
    setSequence(database, nameAtStart(text.replace(/^alter\s+sequence\s+(?:if\s+exists\s+)?/i, '')).at(-1) ?? '')
  if (/^alter\s+default\s+privileges\b/i.test(text)) database.addObject('default privilege', '', '')
  else if (!QUIET.test(text)) database.addObject('statement', '', /^\w+/.exec(text)?.[0].toUpperCase() ?? '')
}

function add(database: Database, kind: string, name: readonly string[]): void {
  const hasSchema = name.length > 1
  const schema = hasSchema ? (name.at(-2) ?? '') : WITHOUT_SCHEMA.has(kind) ? '' : database.homeSchema
  database.addObject(kind, schema, name.at(-1) ?? '')
}

const WITHOUT_SCHEMA = new Set([
  'schema',
  'extension',
  'role',
  'user',
  'trigger',
  'rule',
  'policy',
  'language',
  'server',
  'publication',
  'subscription',
  'event trigger',
  'foreign data wrapper',
  'cast',
  'tablespace',
  'transform',
  'user mapping for',
  'access method',
])

function setSequence(database: Database, name: string): void {
  for (const table of database.tables.values())
    for (const column of table.columns) if (column.sequence?.name === name) column.sequence.isSet = true
}

function listGrant(text: string, database: Database): void {
  const match = ON_TABLE.exec(text)
  const name = match === null ? [] : nameAtStart(text.slice(match[0].length))
  database.addObject('grant', name.length > 1 ? (name.at(-2) ?? '') : '', name.at(-1) ?? '')
}

function listSelect(text: string, database: Database): void {
  const sequence = SETVAL.exec(text)?.[1]
  const object = LARGE_OBJECT.exec(text)?.[1]
  if (sequence !== undefined) {
    const name = nameAtStart(sequence.replaceAll("''", "'"))
    setSequence(database, name.at(-1) ?? '')
    database.addObject('sequence value', name.length > 1 ? (name.at(-2) ?? '') : '', name.at(-1) ?? '')
  } else if (object !== undefined) database.addObject('large object', '', object)
  else if (!LARGE_OBJECT_BYTES.test(text) && !STATISTICS.test(text)) database.addObject('statement', '', 'SELECT')
}
