type Schema = { readonly [keyword: string]: unknown }

/** What a keyword demands of a value. */
type Keyword = (operand: unknown, value: unknown, schema: Schema, root: Schema) => boolean

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
const schemas = (operand: unknown): readonly Schema[] => operand as readonly Schema[]
const has = (value: Readonly<Record<string, unknown>>, name: string): boolean => Object.hasOwn(value, name)
const annotation: Keyword = () => true

function isType(type: unknown, value: unknown): boolean {
  if (type === 'array') return Array.isArray(value)
  if (type === 'object') return isObject(value)
  if (type === 'integer') return Number.isInteger(value)
  return type === 'null' ? value === null : typeof value === type
}

const patterns = new Map<string, RegExp>()

function compiled(pattern: string): RegExp {
  const regExp = patterns.get(pattern) ?? new RegExp(pattern, 'u')
  patterns.set(pattern, regExp)
  return regExp
}

/** Draft-07, as far as our schema goes. */
const KEYWORDS: Readonly<Record<string, Keyword>> = {
  $schema: annotation,
  title: annotation,
  description: annotation,
  definitions: annotation,
  $ref: (operand, value, _, root) => {
    const name = String(operand).replace('#/definitions/', '')
    const definition = (root.definitions as Readonly<Record<string, Schema>>)[name]
    if (!definition) throw new Error(`no definition ${name}`)
    return isValid(definition, value, root)
  },
  type: (operand, value) => [operand].flat().some(type => isType(type, value)),
  const: (operand, value) => JSON.stringify(operand) === JSON.stringify(value),
  enum: (operand, value) => (operand as readonly unknown[]).includes(value),
  pattern: (operand, value) => typeof value !== 'string' || compiled(String(operand)).test(value),
  minimum: (operand, value) => typeof value !== 'number' || value >= Number(operand),
  maximum: (operand, value) => typeof value !== 'number' || value <= Number(operand),
  minItems: (operand, value) => !Array.isArray(value) || value.length >= Number(operand),
  minProperties: (operand, value) => !isObject(value) || Object.keys(value).length >= Number(operand),
  maxProperties: (operand, value) => !isObject(value) || Object.keys(value).length <= Number(operand),
  items: (operand, value, _, root) => !Array.isArray(value) || value.every(item => isValid(operand as Schema, item, root)),
  required: (operand, value) => !isObject(value) || (operand as readonly string[]).every(name => has(value, name)),
  propertyNames: (operand, value, _, root) => !isObject(value) || Object.keys(value).every(name => isValid(operand as Schema, name, root)),
  properties: (operand, value, _, root) =>
    !isObject(value) ||
    Object.entries(operand as Readonly<Record<string, Schema>>).every(
      ([name, schema]) => !has(value, name) || isValid(schema, value[name], root),
    ),
  additionalProperties: (operand, value, schema, root) => {
    if (!isObject(value)) return true
    const known = (schema.properties ?? {}) as Readonly<Record<string, Schema>>
    return Object.keys(value).every(name => has(known, name) || (operand !== false && isValid(operand as Schema, value[name], root)))
  },
  dependencies: (operand, value) =>
    !isObject(value) ||
    Object.entries(operand as Readonly<Record<string, readonly string[]>>).every(
      ([name, others]) => !has(value, name) || others.every(other => has(value, other)),
    ),
  allOf: (operand, value, _, root) => schemas(operand).every(schema => isValid(schema, value, root)),
  anyOf: (operand, value, _, root) => schemas(operand).some(schema => isValid(schema, value, root)),
  oneOf: (operand, value, _, root) => schemas(operand).filter(schema => isValid(schema, value, root)).length === 1,
  not: (operand, value, _, root) => !isValid(operand as Schema, value, root),
}

/** Whether a value is as a draft-07 schema demands. Throws at a keyword it does not know, so that it cannot pass over one. */
export function isValid(schema: Schema, value: unknown, root: Schema = schema): boolean {
  return Object.entries(schema).every(([keyword, operand]) => {
    const demand = KEYWORDS[keyword]
    if (!demand) throw new Error(`expected a known keyword of JSON Schema, got ${keyword}`)
    return demand(operand, value, schema, root)
  })
}
