import { namesIn, parseExpression } from '../expression/parse-expression.ts'
import type { Relation } from '../model/catalogue.ts'
import type { Inverse } from '../model/compat-result.ts'
import { shapesOf } from '../model/every-shape.ts'
import type { Entity, Expression, MappingValue, Outcome, Related, Shape } from '../model/mapping.ts'
import type { PlanColumn } from '../model/results.ts'
import { matchColumn } from './collect-names.ts'
import { describeValue } from './describe-value.ts'

/** One use of a legacy column: whether a view in the target could give the column back from it, and be written to. */
export interface WayBack {
  readonly source: string
  readonly relation: Pick<Relation, 'schema' | 'name'>
  readonly column: string
  readonly inverse: Inverse
  /** Target column it would come from; null = none. */
  readonly into: string | null
  readonly why: string
}

export interface WayBackInput {
  readonly entity: Entity
  readonly relation: Relation
  /** Relations of its related rows, by path. */
  readonly related: ReadonlyMap<string, { readonly relation: Relation; readonly source: string }>
  readonly described: readonly PlanColumn[]
  /** Of the entity's rows, in the relation's spelling. */
  readonly key: readonly string[]
  /** What `rest` gathers. */
  readonly rest: readonly string[]
}

const ORDER: readonly Inverse[] = ['no', 'read_only', 'updatable']

/** The better of two. */
export function better(a: Inverse, b: Inverse): Inverse {
  return ORDER.indexOf(a) >= ORDER.indexOf(b) ? a : b
}

function worse(a: Inverse, b: Inverse): Inverse {
  return ORDER.indexOf(a) <= ORDER.indexOf(b) ? a : b
}

/** Every way back of the columns an entity reads, construct by construct. A column without any is only looked at. */
export function waysBack(input: WayBackInput): readonly WayBack[] {
  return new Reader(input).read()
}

interface Use {
  readonly inverse: Inverse
  readonly into: string | null
  readonly why: string
}

/** Names in force besides columns: `each` of a shape, members of a list under `with`. */
interface Scope {
  readonly groups: Shape['each']
  /** Path of the list whose members the names are about; '' = the row itself. */
  readonly list: string
}

const ROW: Scope = { groups: null, list: '' }
const DECIDES = 'only decides'

class Reader {
  readonly #input: WayBackInput
  readonly #found: WayBack[] = []

  constructor(input: WayBackInput) {
    this.#input = input
  }

  read(): readonly WayBack[] {
    const { entity, key } = this.#input
    for (const name of key) this.#column(name, { inverse: 'read_only', into: null, why: 'key, from the id map' })
    for (const shape of entity.into) for (const one of shapesOf(shape)) this.#shape({ ...one, alternatives: shape.alternatives })
    for (const rule of entity.rules) {
      this.#names(rule.when, { inverse: 'no', into: null, why: DECIDES }, ROW)
      const from = rule.fate === 'same_as' ? rule.row.from : []
      for (const one of from) this.#names(one, { inverse: 'read_only', into: null, why: 'the row it is, from the id map' }, ROW)
    }
    for (const related of entity.with) this.#matched(related)
    for (const { name } of entity.number) this.#number(name)
    return this.#found
  }

  #shape(shape: Shape): void {
    const scope: Scope = { groups: shape.each, list: '' }
    if (shape.when) this.#names(shape.when, { inverse: 'no', into: null, why: DECIDES }, scope)
    for (const { name, value } of shape.columns) {
      const described = this.#input.described.find(one => one.table === `${shape.schema}.${shape.table}` && one.column === name)
      const into = described === undefined ? `${shape.schema}.${shape.table}.${name}` : `${described.table}.${described.column}`
      this.#value(value, {
        use: { inverse: castInverse(value, { described, isChoice: shape.alternatives.length > 0 }), into, why: whyOf(value, described) },
        scope,
      })
    }
  }

  #value(value: MappingValue, { use, scope }: { readonly use: Use; readonly scope: Scope }): void {
    const decides: Use = { inverse: 'no', into: null, why: DECIDES }
    switch (value.kind) {
      case 'constant':
        return
      case 'expression':
        this.#names(value.expression, use, scope)
        return
      case 'pipeline': {
        this.#names(value.from, use, scope)
        if (value.when) this.#names(value.when, decides, scope)
        for (const outcome of [...value.ifNull, ...value.otherwise, ...value.onLoss]) this.#outcome(outcome, { use, scope })
        return
      }
      case 'ref':
        for (const from of value.from) this.#names(from, { ...use, why: 'reference, by the id map' }, scope)
        if (value.when) this.#names(value.when, decides, scope)
        for (const outcome of value.missing) this.#outcome(outcome, { use, scope })
        return
      case 'id':
        for (const from of value.from ?? []) this.#names(from, use, scope)
        if (value.from === null && value.strategy === 'keep')
          for (const name of this.#input.key) this.#column(name, { ...use, why: 'kept' })
        return
      case 'fn':
        for (const { value: given } of value.uses) this.#names(given, use, scope)
        return
      case 'rest':
        for (const name of this.#input.rest) this.#column(name, { ...use, why: 'member of the rest' })
        return
      case 'collect':
        this.#collection(value, { use, scope })
        return
      case 'json':
        for (const field of value.fields)
          this.#value(field.value, { use: { ...use, inverse: worse(use.inverse, inverseOf(field.value)) }, scope })
    }
  }

  #outcome({ take }: Outcome, { use, scope }: { readonly use: Use; readonly scope: Scope }): void {
    if (take !== null && 'from' in take) this.#names(take.from, { ...use, inverse: 'read_only', why: 'stands in for another' }, scope)
  }

  /** Members can be written back where the element keeps what tells them apart. */
  #collection(value: Extract<MappingValue, { kind: 'collect' }>, { use }: { readonly use: Use; readonly scope: Scope }): void {
    const scope: Scope = { groups: null, list: value.list }
    const keeps = value.key !== null || this.#keepsKey(value)
    const inverse: Inverse = keeps ? 'updatable' : 'read_only'
    const own = { ...use, inverse, why: keeps ? 'member of a collection' : 'member of a collection that keeps no key' }
    this.#value(value.value, { use: own, scope })
    if (value.key !== null) this.#names(value.key, own, scope)
  }

  #keepsKey(value: Extract<MappingValue, { kind: 'collect' }>): boolean {
    const relation = this.#input.related.get(value.list)?.relation
    const kept = value.value.kind === 'json' ? value.value.fields.map(field => field.value) : [value.value]
    const names = kept.flatMap(one => (one.kind === 'expression' ? [one.expression.text.trim()] : []))
    const key = relation?.primaryKey ?? []
    return (
      key.length > 0 &&
      key.every(column => names.some(name => name === column || matchColumn(name, { columns: [{ name: column }] }) !== null))
    )
  }

  #names(expression: Expression, use: Use, scope: Scope): void {
    const names = namesOf(expression)
    const isBare = names.length === 1 && BARE.test(expression.text.trim())
    const own = isBare || use.inverse === 'no' ? use : { ...use, inverse: worse(use.inverse, 'read_only'), why: 'part of an expression' }
    for (const name of names) this.#name(name, { use: own, scope })
  }

  /** Follows a name to the columns it stands for. */
  #name(parts: readonly string[], { use, scope }: { readonly use: Use; readonly scope: Scope }): void {
    const { entity, related } = this.#input
    const [first = '', ...rest] = parts
    const named = entity.let.find(({ name }) => name === first)
    if (scope.list !== '') this.#inRelated([...scope.list.split('.'), ...parts], use)
    else if (scope.groups?.as === first) this.#group(rest, { use, each: scope.groups })
    else if (named !== undefined) {
      const why = named.value.kind === 'expression' ? use.why : whyOf(named.value, undefined)
      this.#value(named.value, { use: { ...use, inverse: worse(use.inverse, inverseOf(named.value)), why }, scope: ROW })
    } else if (entity.number.some(({ name }) => name === first)) return
    else if (entity.list?.as === first) this.#element(use)
    else if (related.has(first)) this.#inRelated(parts, use)
    else this.#column(parts.join('.'), use)
  }

  #group(parts: readonly string[], { use, each }: { readonly use: Use; readonly each: NonNullable<Shape['each']> }): void {
    if (each.list !== null) this.#names(each.list, { ...use, why: 'element of a list' }, ROW)
    for (const group of each.groups)
      for (const field of group) if (field.name === parts[0]) this.#names(field.value, { ...use, why: 'row of a group, by its label' }, ROW)
  }

  /** A list whose elements are rows comes back whole where they keep what tells them apart. */
  #element(use: Use): void {
    const { list } = this.#input.entity
    if (list === null) return
    const keeps = this.#keptElements()
    const inverse = keeps ? worse(use.inverse, 'updatable') : worse(use.inverse, 'read_only')
    this.#column(list.column, { ...use, inverse, why: keeps ? 'element of a list' : 'element of a list whose key is kept nowhere' })
  }

  #keptElements(): boolean {
    const { entity } = this.#input
    const parts = entity.key === null || entity.key === 'content' ? [] : entity.key.filter(part => part.includes(entity.list?.as ?? ''))
    const stored = entity.into.flatMap(shapesOf).flatMap(shape => shape.columns.map(({ value }) => value))
    const texts = stored.flatMap(value => (value.kind === 'expression' ? [value.expression.text.trim()] : []))
    const elements = parts.filter(part => part.startsWith(`${entity.list?.as}.`) || part.startsWith('ordinal('))
    return elements.length > 0 && elements.every(part => texts.includes(part))
  }

  /** What is read through a related row is its own entity's to write; where there is none, it can be read. */
  #inRelated(parts: readonly string[], use: Use): void {
    const { related } = this.#input
    for (let i = parts.length - 1; i > 0; i--) {
      const of = related.get(parts.slice(0, i).join('.'))
      if (of === undefined) continue
      const column = matchColumn(parts.slice(i).join('.'), of.relation)
      const isMember = use.why.startsWith('member of')
      const inverse = isMember ? use.inverse : worse(use.inverse, 'read_only')
      const why = isMember || use.inverse === 'no' ? use.why : 'read through a related row'
      if (column !== null) this.#found.push({ source: of.source, relation: of.relation, column, ...use, inverse, why })
      return
    }
  }

  #matched(related: Related): void {
    const decides: Use = { inverse: 'no', into: null, why: DECIDES }
    const visit = (one: Related, path: string): void => {
      const full = path === '' ? one.name : `${path}.${one.name}`
      const inner: Scope = { groups: null, list: full }
      const outer: Scope = { groups: null, list: path }
      for (const { theirs, ours } of one.match) {
        this.#names(theirs, decides, inner)
        this.#value(ours, { use: decides, scope: outer })
      }
      if (one.where) this.#names(one.where, decides, inner)
      for (const next of one.with) visit(next, full)
    }
    visit(related, '')
  }

  #number(name: string): void {
    const numbering = this.#input.entity.number.find(one => one.name === name)
    for (const order of numbering?.order ?? []) this.#names(order, { inverse: 'no', into: null, why: 'only its place is kept' }, ROW)
    for (const within of numbering?.within ?? []) this.#names(within, { inverse: 'no', into: null, why: DECIDES }, ROW)
    if (numbering?.where) this.#names(numbering.where, { inverse: 'no', into: null, why: DECIDES }, ROW)
  }

  #column(name: string, use: Use): void {
    const { entity, relation } = this.#input
    const column = matchColumn(name, relation)
    if (column === null) return
    this.#found.push({ source: entity.from.source, relation, column, ...use })
  }
}

const BARE = /^(?:"[^"]+"|[\p{L}_][\p{L}\p{N}_$]*)(?:\.(?:"[^"]+"|[\p{L}_][\p{L}\p{N}_$]*))*$/u

/** Of a value by itself, before any cast. */
function inverseOf(value: MappingValue): Inverse {
  if (value.kind === 'fn') return value.inverse === null || value.inverse === 'none' ? 'no' : 'updatable'
  if (value.kind === 'expression') return BARE.test(value.expression.text.trim()) ? 'updatable' : 'read_only'
  return value.kind === 'pipeline' ? 'read_only' : 'updatable'
}

/** Of a value with its cast. The plan takes a name with dots for an expression; here it is followed. */
function castInverse(
  value: MappingValue,
  { described, isChoice }: { readonly described: PlanColumn | undefined; readonly isChoice: boolean },
): Inverse {
  if (described === undefined) return 'read_only'
  if (isChoice) return described.inverse
  if (described.loss !== 'never') return worse(described.inverse, 'read_only')
  const bare = (of: Expression): Expression => (BARE.test(of.text.trim()) ? { ...of, text: 'x' } : of)
  if (value.kind === 'expression') return describeValue({ ...value, expression: bare(value.expression) }).inverse
  return value.kind === 'pipeline' ? describeValue({ ...value, from: bare(value.from) }).inverse : described.inverse
}

function whyOf(value: MappingValue, described: PlanColumn | undefined): string {
  if (value.kind === 'fn')
    return value.inverse === null || value.inverse === 'none' ? 'function without inverse' : `back by ${value.inverse}`
  if (value.kind === 'json') return 'member of a document'
  if (described === undefined || described.inverse === 'updatable') return 'column'
  if (described.loss !== 'never') return 'cast that loses'
  if (value.kind === 'pipeline') return value.map !== null ? 'map of several to one' : 'replaced where it is NULL, cleansed or left out'
  return 'column'
}

function namesOf(expression: Expression): readonly (readonly string[])[] {
  try {
    return namesIn(parseExpression(expression))
  } catch {
    return []
  }
}
