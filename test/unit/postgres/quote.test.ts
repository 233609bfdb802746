import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { builtinType } from '../../../src/cast/builtin-types.ts'
import { RehouseError } from '../../../src/errors.ts'
import { addressLabel } from '../../../src/postgres/address-label.ts'
import { qualifiedName, quoteLiteral, quoteName, typedLiteral } from '../../../src/postgres/quote.ts'

test('a name cannot leave its quotes', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), name => {
      fc.pre(!name.includes('\0'))
      const quoted = quoteName(name)
      assert.equal(quoted.slice(1, -1).replaceAll('""', '"'), name)
      assert.doesNotMatch(quoted.slice(1, -1).replaceAll('""', ''), /"/)
    }),
  )
  assert.equal(qualifiedName({ schema: 'a"b', name: 'C.d' }), '"a""b"."C.d"')
})

test('a value cannot leave its quotes, whatever standard_conforming_strings is', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), value => {
      fc.pre(!value.includes('\0'))
      const literal = quoteLiteral(value)
      const isEscaped = literal.startsWith(" E'")
      const inside = literal.slice(isEscaped ? 3 : 1, -1)
      assert.equal(isEscaped ? inside.replaceAll('\\\\', '\\').replaceAll("''", "'") : inside.replaceAll("''", "'"), value)
      assert.equal(value.includes('\\'), isEscaped)
    }),
  )
})

test('NUL, which would end the statement, is refused', () => {
  assert.throws(() => quoteName('a\0b'), RehouseError)
  assert.throws(() => quoteLiteral('\0'), RehouseError)
})

test('a value is written as the type under a domain', () => {
  const domain = {
    ...builtinType('text'),
    kind: 'domain',
    schema: 'public',
    name: 'd',
    text: 'public.d',
    element: builtinType('numeric', 655_366),
  } as const
  assert.equal(typedLiteral("1'", domain), "'1'''::numeric(10,2)")
})

test('a label shows neither password nor parameters', () => {
  assert.equal(addressLabel('postgres://u:secret@h:1/d?password=secret'), 'postgres://u@h:1/d')
  assert.equal(addressLabel('postgres:///d?host=/run/pg'), 'postgres:///run/pg/d')
  assert.equal(addressLabel('secret secret'), 'postgres://…')
})
