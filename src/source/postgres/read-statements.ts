import { bug } from '../../errors.ts'
import { type Column, type ManyTables, REST_COLUMN, type Relation } from '../../model/catalogue.ts'
import { qualifiedName, quoteLiteral, quoteName, quoteNames, typedLiteral, underDomains } from '../../postgres/quote.ts'
import type { Attachment, CountedList, ReadRequest } from '../source.ts'

export type ReadShape = Pick<ReadRequest, 'relation' | 'columns' | 'key' | 'after' | 'attach'>

/** How a type that does not belong to PostgreSQL itself is compared; by the type's oid. An empty search path would find another operator of that name, or none. */
export type KeyOperators = ReadonlyMap<number, { readonly equal: string; readonly greater: string }>

/** The key types whose operators must be asked for. */
export function foreignKeyTypes(shape: ReadShape): readonly number[] {
  if (shape.key.kind === 'content') return []
  const types = keyColumns(shape.relation, shape.key.names).map(column => underDomains(column.type))
  return types.filter(type => type.kind === 'base' && type.schema !== 'pg_catalog').map(type => type.oid)
}

/**
 * The statements whose rows, one after the other, are the answer to a request. Pure.
 * The second one is there where a key column takes NULL: the rows with a NULL in their key come last, all of them, whatever `after` is.
 */
export function readStatements(shape: ReadShape, operators: KeyOperators): readonly string[] {
  const { key } = shape
  if (key.kind === 'content') return [`copy (${contentSelect(shape)}) to stdout (format binary)`]
  const selects = keysetSelects(shape, { names: key.names, operators })
  return selects.map(select => `copy (${select}) to stdout (format binary)`)
}

/** The source's own count. Partitions count with their table; children by inheritance are tables of their own. */
export function countStatement(relation: Relation): string {
  return `select pg_catalog.count(*) from ${fromClause(relation)}`
}

/** The source's own sum of a list column's elements. */
export function elementCountStatement(relation: Relation, { column, countsEmpty }: CountedList): string {
  const [listed] = keyColumns(relation, [column])
  if (listed === undefined) throw bug(`expected column ${column}`)
  const name = quoteName(column)
  const empty = countsEmpty ? '1' : '0'
  const type = underDomains(listed.type)
  const size =
    type.kind === 'array'
      ? `case when ${name} is null or pg_catalog.cardinality(${name}) = 0 then ${empty} else pg_catalog.cardinality(${name}) end`
      : jsonSize({ name, empty, prefix: type.name === 'json' ? 'json' : 'jsonb' })
  return `select coalesce(pg_catalog.sum(${size}), 0) from ${fromClause(relation)}`
}

function jsonSize({ name, empty, prefix }: { readonly name: string; readonly empty: string; readonly prefix: 'json' | 'jsonb' }): string {
  const kind = `pg_catalog.${prefix}_typeof(${name})`
  const length = `pg_catalog.${prefix}_array_length(${name})`
  const ofList = `case when ${length} = 0 then ${empty} else ${length} end`
  return `case when ${name} is null or ${kind} = 'null' then ${empty} when ${kind} = 'array' then ${ofList} else 1 end`
}

function keysetSelects(shape: ReadShape, key: { readonly names: readonly string[]; readonly operators: KeyOperators }): readonly string[] {
  const columns = keyColumns(shape.relation, key.names)
  const nullable = columns.filter(column => column.isNullable).map(column => quoteName(column.name))
  const select = selectOf(shape)
  if (key.names.length === 0) return [select]
  const order = `order by ${[...key.names.map(quoteName), ...tieBreakers(shape.relation, key.names)].join(', ')}`
  const conditions = nullable.map(name => `${name} is not null`)
  if (shape.after !== null) conditions.push(afterCondition(columns, shape.after, key.operators))
  const whole = [select, conditions.length === 0 ? '' : `where ${conditions.join(' and ')}`, order].filter(part => part !== '').join(' ')
  if (nullable.length === 0) return [whole]
  return [whole, `${select} where ${nullable.map(name => `${name} is null`).join(' or ')} ${order}`]
}

function selectOf({ relation, columns, attach = [] }: ReadShape): string {
  if (attach.length === 0) return `select ${quoteNames(columns)} from ${fromClause(relation)}`
  const taken = new Set(relation.columns.map(({ name }) => name))
  const parts = attach.map(one => attachedRows(one, taken))
  const items = [...columns.map(quoteName), ...parts.map(({ item }) => item)]
  return `select ${items.join(', ')} from ${fromClause(relation)} as ${DRIVING}${parts.map(({ join }) => join).join('')}`
}

const DRIVING = '"driving row"'

/** What is selected, and what is joined for it. Where a key of theirs makes it one row at most, a join is several times cheaper than a look-up for each row. */
function attachedRows({ relation, columns, on }: Attachment, taken: Set<string>): { readonly item: string; readonly join: string } {
  const as = quoteName(newName(taken))
  const rows = `row(${columns.map(name => `a.${quoteName(name)}`).join(', ')})`
  const from = `${fromClause(relation)} as a`
  const theirs = on.map(pair => pair.theirs)
  if (!isUniqueKey(relation, theirs)) {
    const pairs = on.map(pair => `a.${quoteName(pair.theirs)} = ${DRIVING}.${quoteName(pair.ours)}`)
    return { item: `array(select ${rows} from ${from} where ${pairs.join(' and ')}) as ${as}`, join: '' }
  }
  const keys = on.map(pair => ({ ...pair, as: quoteName(newName(taken)) }))
  const keyed = keys.map(key => `a.${quoteName(key.theirs)} as ${key.as}`).join(', ')
  const pairs = keys.map(key => `${as}.${key.as} = ${DRIVING}.${quoteName(key.ours)}`)
  return { item: as, join: ` left join (select array[${rows}] as ${as}, ${keyed} from ${from}) as ${as} on ${pairs.join(' and ')}` }
}

/** A name no column of the driving relation has, which WHERE and ORDER BY name without more. */
function newName(taken: Set<string>): string {
  for (let i = 0; ; i++) {
    const name = `attached ${i}`
    if (taken.has(name)) continue
    taken.add(name)
    return name
  }
}

function afterCondition(columns: readonly Column[], after: readonly string[], operators: KeyOperators): string {
  if (after.length !== columns.length) throw bug(`expected a position of ${columns.length} parts, got ${after.length}`)
  const parts = columns.map((column, i) => ({
    name: quoteName(column.name),
    value: typedLiteral(positionText(after[i] ?? '', column), column.type),
    own: operators.get(underDomains(column.type).oid),
  }))
  if (parts.every(part => part.own === undefined)) {
    return `(${parts.map(part => part.name).join(', ')}) > (${parts.map(part => part.value).join(', ')})`
  }
  const greater = (from: number): string => {
    const { name, value, own } = parts[from] as (typeof parts)[number]
    const isGreater = `${name} ${own?.greater ?? '>'} ${value}`
    if (from === parts.length - 1) return isGreater
    return `(${isGreater} or (${name} ${own?.equal ?? '='} ${value} and ${greater(from + 1)}))`
  }
  return greater(0)
}

/** The canonical text of an interval is its length in microseconds (cast/key-text.ts), which the server would read as seconds. */
function positionText(text: string, column: Column): string {
  return underDomains(column.type).name === 'interval' && /^-?\d+$/.test(text) ? `${text} microseconds` : text
}

/**
 * Equal rows get a number each, so that they stay apart. The digest is SHA-256 of the row as PostgreSQL prints it, all columns in their order,
 * in UTF-8, under the settings of every session (UTC, ISO dates, shortest exact floats): the same text from PostgreSQL 15 to 18.
 */
function contentSelect(shape: ReadShape): string {
  const { relation, columns, after } = shape
  const asNumbered = (name: string): string => `c${relation.columns.findIndex(column => column.name === name)}`
  const whole = `row(${quoteNames(relation.columns.map(column => column.name))})::pg_catalog.text`
  const named = relation.columns.map(column => `${quoteName(column.name)} as ${asNumbered(column.name)}`)
  const digested = `select pg_catalog.sha256(pg_catalog.convert_to(${whole}, 'UTF8')) as digest${listed(named)} from ${fromClause(relation)}`
  const numbered = `select digest, pg_catalog.row_number() over (partition by digest) as copy${listed(columns.map(asNumbered))} from (${digested}) as digested`
  const where =
    after === null
      ? ''
      : ` where (digest, copy) > (${quoteLiteral(after[0] ?? '')}::pg_catalog.bytea, ${quoteLiteral(after[1] ?? '')}::pg_catalog.int8)`
  return `select * from (${numbered}) as numbered${where} order by digest, copy`
}

function listed(parts: readonly string[]): string {
  return parts.map(part => `, ${part}`).join('')
}

function keyColumns(relation: Relation, names: readonly string[]): readonly Column[] {
  return names.map(name => {
    const column = relation.columns.find(candidate => candidate.name === name)
    if (column === undefined) throw bug(`expected key column ${name} in ${relation.schema}.${relation.name}`)
    return column
  })
}

/** A table that others inherit from gives its own rows only: the others are relations of their own. */
export function fromClause(relation: Relation): string {
  // The line break ends a comment at the end of the query.
  if (relation.many !== undefined) return `(${unitedSelect(relation, relation.many)}) as ${quoteName(relation.name)}`
  if (relation.query !== undefined) return `(${relation.query.sql}\n) as ${quoteName(relation.name)}`
  return relation.kind === 'table' || relation.kind === 'foreign_table' ? `only ${qualifiedName(relation)}` : qualifiedName(relation)
}

/** Many tables as one, for what is asked of all their rows: constants, columns of the type they have together, NULL where a table lacks one. */
function unitedSelect({ columns }: Relation, { constants, tables }: ManyTables): string {
  const selects = tables.map(({ relation, constants: values }) => {
    const items = columns.flatMap(({ name, type }) => {
      if (name === REST_COLUMN) return []
      const constant = constants.indexOf(name)
      const own = constant < 0 && relation.columns.some(column => column.name === name)
      const text = values[constant]?.text ?? null
      const value = own
        ? `${quoteName(name)}::${underDomains(type).text}`
        : text === null
          ? `null::${underDomains(type).text}`
          : typedLiteral(text, type)
      return [`${value} as ${quoteName(name)}`]
    })
    return `select ${items.join(', ')} from ${fromClause(relation)}`
  })
  return selects.join(' union all ')
}

/** Where rows lie, so that equal keys come in the same order for the same content. A view has no such thing. */
function tieBreakers(relation: Relation, names: readonly string[]): readonly string[] {
  if (isUniqueKey(relation, names)) return []
  if (relation.kind === 'partitioned') return ['tableoid', 'ctid']
  return relation.kind === 'table' || relation.kind === 'materialized_view' ? ['ctid'] : []
}

/** No two rows without NULLs can have the same key. */
function isUniqueKey(relation: Relation, names: readonly string[]): boolean {
  return relation.uniqueKeys.some(key => !key.isPartialOrExpression && key.columns.every(column => names.includes(column)))
}
