import { type Family, familyOf } from '../cast/sql-family.ts'
import { RehouseError } from '../errors.ts'
import type { CastTarget, ExpressionNode, Literal, NamePart } from '../expression/expression-node.ts'
import { parseExpression } from '../expression/parse-expression.ts'
import { scopeOf, typeExpression } from '../expression/type-expression.ts'
import type { Relation } from '../model/catalogue.ts'
import type { Entity, Expression } from '../model/mapping.ts'
import type { Sql } from '../model/measure.ts'
import type { SqlType } from '../model/sql-type.ts'

/** An expression of the mapping as SQL that the source’s own server computes. Only how it is read is shared with the row program; what it gives is not. */
export interface WitnessSql {
  readonly sql: Sql
  readonly type: SqlType
}

/** Thrown while an expression is turned into SQL; never leaves this file. */
class NoWitness extends Error {
  override readonly name = 'NoWitness'
}

/** Families whose values mean the same on every server. */
const KNOWN: ReadonlySet<Family> = new Set<Family>(['bool', 'int', 'numeric', 'text', 'bpchar', 'date', 'timestamp', 'uuid', 'jsonb'])
const TEXTS: ReadonlySet<Family> = new Set<Family>(['text', 'bpchar'])

/** The names an entity’s expressions may use: its columns, and what `let` makes of them. */
export class WitnessNames {
  readonly #known = new Map<string, WitnessSql | null>()
  readonly #made: ReadonlySet<string>

  constructor(entity: Pick<Entity, 'let' | 'with' | 'list'>, relation: Pick<Relation, 'columns'>) {
    for (const { name, type } of relation.columns)
      this.#known.set(name, KNOWN.has(familyOf(type)) ? { sql: [{ column: name }], type } : null)
    this.#made = new Set([...entity.with, ...entity.let].map(({ name }) => name))
    for (const { name } of entity.with) this.#known.set(name, null)
    if (entity.list !== null) this.#known.set(entity.list.as, null)
    for (const { name, value } of entity.let)
      this.#known.set(name, value.kind === 'expression' ? orNull(expressionSql(value.expression, this)) : null)
  }

  /** Whether a column’s name stands for something else. */
  hides(column: string): boolean {
    return this.#made.has(column)
  }

  /** As the mapping finds names: exactly, else as the only one that differs in upper and lower case alone. */
  find(parts: readonly NamePart[]): WitnessSql {
    const [part, second] = parts
    if (part === undefined || second !== undefined) throw new NoWitness('an expression over more than columns of the row')
    const { text, isQuoted } = part
    const folded = isQuoted ? [] : [...this.#known.keys()].filter(name => name.toLowerCase() === text.toLowerCase())
    const name = this.#known.has(text) ? text : folded.length === 1 ? folded[0] : undefined
    const found = name === undefined ? null : this.#known.get(name)
    if (found == null) throw new NoWitness('an expression over more than columns of the row')
    return found
  }

  /** The type of a part of an expression. */
  typeOf(node: ExpressionNode): SqlType {
    const names = [...this.#known].flatMap(([name, known], slot) => (known === null ? [] : [{ name: [name], slot, type: known.type }]))
    return typeExpression(node, scopeOf(names)).type
  }
}

function orNull(made: WitnessSql | { readonly reason: string }): WitnessSql | null {
  return 'sql' in made ? made : null
}

/** The expression as SQL, or why a server would not be asked for it. */
export function expressionSql(expression: Expression, names: WitnessNames): WitnessSql | { readonly reason: string } {
  try {
    const node = parseExpression(expression)
    return { sql: render(node, names), type: names.typeOf(node) }
  } catch (error) {
    if (error instanceof NoWitness) return { reason: error.message }
    // Names and types the mapping itself is checked for.
    if (error instanceof RehouseError) return { reason: 'an expression over more than columns of the row' }
    throw error
  }
}

function render(node: ExpressionNode, names: WitnessNames): Sql {
  const sql = (part: ExpressionNode): Sql => render(part, names)
  switch (node.kind) {
    case 'name':
      return names.find(node.parts).sql
    case 'literal':
      return literal(node.literal)
    case 'compare':
      return ['(', ...compared(node.left, names), ` ${node.operator} `, ...compared(node.right, names), ')']
    case 'distinct':
      return ['(', ...compared(node.left, names), ` is ${node.isNegated ? 'not ' : ''}distinct from `, ...compared(node.right, names), ')']
    case 'and':
    case 'or':
      return ['(', ...joined(node.items.map(sql), ` ${node.kind} `), ')']
    case 'not':
      return ['(not ', ...sql(node.item), ')']
    case 'negate':
      return ['(- ', ...sql(node.item), ')']
    case 'null_test':
      return ['(', ...sql(node.item), node.isNegated ? ' is not null)' : ' is null)']
    case 'in':
      return ['(', ...compared(node.item, names), node.isNegated ? ' not in (' : ' in (', ...joined(node.list.map(sql), ', '), '))']
    case 'between': {
      const bounds = [compared(node.low, names), compared(node.high, names)]
      return ['(', ...compared(node.item, names), node.isNegated ? ' not between ' : ' between ', ...joined(bounds, ' and '), ')']
    }
    case 'arithmetic':
      return ['(', ...sql(node.left), ` ${node.operator} `, ...sql(node.right), ')']
    case 'concat':
      return ['(', ...sql(node.left), ' || ', ...sql(node.right), ')']
    case 'coalesce':
      return ['coalesce(', ...joined(node.items.map(sql), ', '), ')']
    case 'nullif':
      return ['nullif(', ...compared(node.left, names), ', ', ...compared(node.right, names), ')']
    case 'case':
      return choice(node, names)
    case 'call':
      if (node.name === 'lower' || node.name === 'upper') throw new NoWitness('lower and upper are as the server’s language has them')
      return [`pg_catalog.${node.name}(`, ...joined(node.args.map(sql), ', '), ')']
    case 'cast':
      return cast(node, names)
    case 'member':
      if (familyOf(names.typeOf(node.left)) !== 'jsonb') throw new NoWitness('a member of a document that is kept as text')
      return ['(', ...sql(node.left), ` ${node.operator} `, ...sql(node.right), ')']
    default:
      throw new NoWitness('an expression over more than columns of the row')
  }
}

function literal(value: Literal): Sql {
  if (value.kind === 'null') return ['null']
  if (value.kind === 'bool') return [String(value.value)]
  return value.kind === 'number' ? [value.text] : [{ literal: value.text }]
}

/** Texts compare by code point, whatever the collation of the column. */
function compared(node: ExpressionNode, names: WitnessNames): Sql {
  const isText = node.kind !== 'literal' && TEXTS.has(familyOf(names.typeOf(node)))
  return isText ? ['(', ...render(node, names), ')::pg_catalog.text collate "C"'] : render(node, names)
}

function choice({ operand, arms, otherwise }: Extract<ExpressionNode, { kind: 'case' }>, names: WitnessNames): Sql {
  const head = operand === null ? ['case'] : ['case ', ...compared(operand, names)]
  const own = arms.flatMap(arm => [
    ' when ',
    ...(operand === null ? render(arm.when, names) : compared(arm.when, names)),
    ' then ',
    ...render(arm.value, names),
  ])
  return [...head, ...own, ...(otherwise === null ? [] : [' else ', ...render(otherwise, names)]), ' end']
}

const CAST_FROM: ReadonlySet<Family> = new Set<Family>(['bool', 'int', 'numeric', 'text', 'bpchar', 'uuid'])

function cast({ item, to }: Extract<ExpressionNode, { kind: 'cast' }>, names: WitnessNames): Sql {
  const from = familyOf(names.typeOf(item))
  const isKnown = to.name === 'date' ? from === 'date' || from === 'timestamp' : CAST_FROM.has(from)
  if (!isKnown) throw new NoWitness('a cast that depends on settings of the server')
  return ['(', ...render(item, names), `)::pg_catalog.${castName(to)}`]
}

function castName({ name, limits }: CastTarget): string {
  return limits === null ? name : `${name}(${limits.precision}, ${limits.scale})`
}

function joined(parts: readonly Sql[], by: string): Sql {
  return parts.flatMap((part, i) => (i === 0 ? part : [by, ...part]))
}
