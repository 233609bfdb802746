import type { EitherForm, Form, MapForm, ObjectForm, TextForm, WordForm } from './form.ts'
import { FORMS, MANIFEST } from './grammar.ts'

export type JsonSchema = { readonly [key: string]: unknown }

/**
 * The JSON Schema (draft-07) of what Rehouse reads, for editors. Made from the same table as the form check: a manifest the schema refuses is refused, one
 * it accepts has the right form. What the schema cannot say (names that must exist, each entity in one phase) `rehouse check` says.
 */
export function manifestJsonSchema(): JsonSchema {
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'Rehouse manifest',
    ...schemaOf(MANIFEST),
    definitions: Object.fromEntries(Object.entries(FORMS).map(([name, form]) => [name, schemaOf(form)])),
  }
}

function schemaOf(form: Form): JsonSchema {
  switch (form.kind) {
    case 'named':
      return { $ref: `#/definitions/${form.name}` }
    case 'text':
      return textSchema(form)
    case 'expression':
      return { type: 'string', pattern: '\\S' }
    case 'word':
      return wordSchema(form)
    case 'integer':
    case 'number':
      return { type: form.kind, minimum: form.least, maximum: form.most }
    case 'flag':
      return form.isOnlyTrue ? { const: true } : { type: 'boolean' }
    case 'plain':
      return { type: ['string', 'number', 'boolean'] }
    case 'literal':
      return {}
    case 'object':
      return objectSchema(form)
    case 'map':
      return mapSchema(form)
    case 'list':
      return { type: 'array', items: schemaOf(form.item), ...(form.least > 0 ? { minItems: form.least } : {}) }
    case 'either':
      return eitherSchema(form)
  }
}

function textSchema(form: TextForm): JsonSchema {
  return form.pattern === '' ? { type: 'string' } : { type: 'string', pattern: form.pattern }
}

function wordSchema(form: WordForm): JsonSchema {
  const known = Object.entries(form.words)
  return { enum: known.map(([word]) => word), description: known.map(([word, doc]) => `${word}: ${doc}`).join('; ') }
}

function objectSchema(form: ObjectForm): JsonSchema {
  const keys = Object.entries(form.keys).flatMap(([name, key]) => ('isLater' in key ? [] : [{ name, key }]))
  const required = keys.filter(({ key }) => key.isRequired).map(({ name }) => name)
  const described = keys.map(({ name, key }) => [
    name,
    describe(schemaOf(key.form), key.otherwise === undefined ? key.doc : `${key.doc} Otherwise: ${key.otherwise}.`),
  ])
  const pairs = form.atMostOne.flatMap((a, i) => form.atMostOne.slice(i + 1).map(b => ({ required: [a, b] })))
  return {
    type: 'object',
    additionalProperties: false,
    properties: Object.fromEntries(described),
    ...(required.length > 0 ? { required } : {}),
    ...(form.isNeverEmpty ? { minProperties: 1 } : {}),
    ...(form.exactlyOne.length > 0 ? { oneOf: form.exactlyOne.map(name => ({ required: [name] })) } : {}),
    ...(pairs.length > 0 ? { not: { anyOf: pairs } } : {}),
    ...(Object.keys(form.needs).length > 0 ? { dependencies: form.needs } : {}),
  }
}

/** Draft-07 ignores what stands beside `$ref`. */
function describe(schema: JsonSchema & { readonly description?: unknown }, description: string): JsonSchema {
  if ('$ref' in schema) return { allOf: [schema], description }
  return { ...schema, description: 'description' in schema ? `${description} ${String(schema.description)}` : description }
}

function mapSchema(form: MapForm): JsonSchema {
  return {
    type: 'object',
    ...(form.key.pattern === '' ? {} : { propertyNames: { pattern: form.key.pattern } }),
    additionalProperties: schemaOf(form.value),
    ...(form.least > 0 ? { minProperties: form.least } : {}),
    ...(form.most < Number.MAX_SAFE_INTEGER ? { maxProperties: form.most } : {}),
  }
}

function eitherSchema(form: EitherForm): JsonSchema {
  return { anyOf: form.cases.flatMap(candidate => ('form' in candidate ? [schemaOf(candidate.form)] : [])) }
}
