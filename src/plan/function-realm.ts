import { stripTypeScriptTypes } from 'node:module'
import { createContext, Script } from 'node:vm'
import { RehouseError } from '../errors.ts'
import type { FunctionFile } from '../model/mapping.ts'

/** One call: `values` are primitives; of those that have a shape, JSON text. What it answers belongs to the realm. */
export type CallFunction = (values: readonly Primitive[], tenant: { readonly key: string; readonly zone: string }) => unknown
export type Primitive = string | number | bigint | boolean | null

/**
 * How a value that comes as JSON text is put together inside. `plain`: a text or a boolean; `number`, `bigint`: their digits as a text; `document`: JSON whose numbers keep
 * their digits; members stand in a list, in the order of their names. Null stands for null in all of them.
 */
export type GivenShape =
  | 'plain'
  | 'number'
  | 'bigint'
  | 'document'
  | { readonly list: GivenShape }
  | { readonly members: readonly (readonly [string, GivenShape])[] }

export interface FunctionUse {
  readonly name: string
  /** Under which names the function gets its values. */
  readonly keys: readonly string[]
  /** Of those that come as JSON text; null = as it is. */
  readonly shapes: readonly (GivenShape | null)[]
  /** The identifier of another entity's row, by what the function called it; `wrong`: the name of an error. */
  readonly ref: (entity: string, key: readonly unknown[]) => string | { readonly wrong: string }
  readonly options: Readonly<Record<string, string>>
}

/** What a pure function has no use for: clock, chance, the world outside, and what tells when memory is let go. */
const ABSENT = ['Date', 'Intl', 'WeakRef', 'FinalizationRegistry', 'SharedArrayBuffer', 'Atomics', 'WebAssembly', 'console']

/** On the prototype of a number of a document, in every realm: no document can have it. */
export const JSON_NUMBER = Symbol.for('rehouse.number')

/**
 * Runs inside the realm. Values come in as primitives and are put together here: an object from outside would bring the outside's constructors along.
 * JSON keeps the digits of its numbers: they are instances of JsonNumber, so that nobody takes them for documents.
 */
const INSIDE = `'use strict';
for (const name of ${JSON.stringify(ABSENT)}) delete globalThis[name];
delete Math.random;
const parse = JSON.parse;
const freeze = Object.freeze;
class JsonNumber {
  constructor(text) {
    if (typeof text !== 'string' || !/^-?(?:0|[1-9][0-9]*)(?:\\.[0-9]+)?(?:[eE][+-]?[0-9]+)?$/.test(text)) throw new RangeError('no number');
    this.text = text;
    freeze(this);
  }
  toString() { return this.text; }
}
Object.defineProperty(JsonNumber.prototype, Symbol.for('rehouse.number'), { value: true });
Object.defineProperty(globalThis, 'JsonNumber', { value: freeze(JsonNumber) });
const numbered = text => parse(text, (_key, value, context) => typeof value === 'number' ? new JsonNumber(context.source) : typeof value === 'object' && value !== null ? freeze(value) : value);
const fromEntries = Object.fromEntries, big = BigInt, number = Number, failed = Error;
const build = (shape, value) => {
  if (value === null || shape === 'plain' || shape === 'document') return value;
  if (shape === 'number') return number(value);
  if (shape === 'bigint') return big(value);
  const made = [];
  if (shape.list) {
    for (let i = 0; i < value.length; i++) made[i] = build(shape.list, value[i]);
    return freeze(made);
  }
  for (let i = 0; i < shape.members.length; i++) made[i] = [shape.members[i][0], build(shape.members[i][1], value[i])];
  return freeze(fromEntries(made));
};
globalThis.__bind = (work, keys, forms, options, find) => {
  const names = parse(keys), shapes = parse(forms), option = freeze(parse(options));
  const ref = freeze((entity, ...key) => {
    const found = find(entity, ...key);
    if (found[0] === '+') return found.slice(1);
    const error = new failed(found);
    error.name = found;
    throw error;
  });
  return (key, zone, ...values) => {
    const uses = {};
    for (let i = 0; i < names.length; i++) uses[names[i]] = shapes[i] && values[i] !== null ? build(shapes[i], numbered(values[i])) : values[i];
    return work(freeze(uses), freeze({ tenant: freeze({ key, zone }), option, ref }));
  };
};`

const EXPORTED = /^export\s+(?:const|let|var|class|function\s*\*?|async\s+function)\s+([\p{L}_$][\p{L}\p{N}_$]*)/gmu
const LIST = /^export\s*\{([^}]*)\}\s*;?/gmu

interface Realm {
  bind(use: FunctionUse): CallFunction
}

/** A file is evaluated once; whatever it keeps between calls would show when calls are repeated. */
const realms = new WeakMap<FunctionFile, Realm>()

/** A function of a file, ready to be called. Throws FUNCTION_INVALID where the file cannot be run or has no such function. */
export function bindFunction(file: FunctionFile, use: FunctionUse): CallFunction {
  const known = realms.get(file) ?? openRealm(file)
  realms.set(file, known)
  return known.bind(use)
}

function openRealm(file: FunctionFile): Realm {
  const { script, names } = asScript(file)
  const context = createContext({}, { name: file.file, codeGeneration: { strings: false, wasm: false } })
  const run = (code: string, name: string): unknown => new Script(code, { filename: name }).runInContext(context, { timeout: LOAD_MS })
  let members: Record<string, unknown>
  try {
    run(INSIDE, 'rehouse')
    // The script ends in an object of the realm.
    members = run(script, file.file) as Record<string, unknown>
  } catch (cause) {
    throw invalid(
      file,
      `expected a file that can be run without a clock, chance, imports or the world outside, got ${nameOf(cause)}`,
      cause,
    )
  }
  return {
    bind: ({ name, keys, shapes, options, ref }) => {
      if (!names.includes(name) || typeof members[name] !== 'function')
        throw invalid(file, `expected an exported function ${name}, got ${names.length === 0 ? 'no export at all' : names.join(', ')}`)
      const bind = context['__bind'] as (
        work: unknown,
        keys: string,
        shapes: string,
        options: string,
        find: (entity: unknown, ...key: unknown[]) => string,
      ) => (...values: unknown[]) => unknown
      // Text in, text out: nothing of this side gets into the realm.
      const find = (entity: unknown, ...key: unknown[]): string => {
        const found = ref(String(typeof entity === 'string' ? entity : ''), key)
        return typeof found === 'string' ? `+${found}` : found.wrong
      }
      const call = bind(members[name], JSON.stringify(keys), JSON.stringify(shapes), JSON.stringify(options), find)
      return (values, tenant) => call(tenant.key, tenant.zone, ...values)
    },
  }
}

/** How long a file may take to be evaluated. */
const LOAD_MS = 5_000

/** TypeScript's types taken away, exports collected: a module as a script that ends in its exports. */
function asScript(file: FunctionFile): { script: string; names: readonly string[] } {
  let code = strip(file)
  if (/^\s*import\b(?!\s*\()/mu.test(code)) throw invalid(file, 'expected a function file that imports nothing but types, got an import')
  if (/^export\s+(?:default|\*)/mu.test(code)) throw invalid(file, 'expected functions exported by name, got another export')
  const names = [...code.matchAll(EXPORTED)].map(match => match[1] ?? '')
  for (const match of code.matchAll(LIST))
    for (const part of (match[1] ?? '').split(',')) {
      const name = part.trim()
      if (name === '') continue
      if (!/^[\p{L}_$][\p{L}\p{N}_$]*$/u.test(name))
        throw invalid(file, 'expected functions exported under their own names, got another export')
      names.push(name)
    }
  code = code.replaceAll(LIST, '').replaceAll(/^export\s+(?=const|let|var|class|function|async)/gmu, '')
  return { script: `(() => { 'use strict'\n${code}\nreturn { ${names.join(', ')} } })()`, names }
}

function strip(file: FunctionFile): string {
  // Node calls the very stripping it runs this file by experimental; the person who runs a migration has no use for that.
  const { emitWarning } = process
  process.emitWarning = () => undefined
  try {
    return /\.[cm]?ts$/.test(file.file) ? stripTypeScriptTypes(file.source, { mode: 'strip' }) : file.source
  } catch (cause) {
    throw invalid(file, `expected TypeScript whose types can be taken away, got ${nameOf(cause)}`, cause)
  } finally {
    process.emitWarning = emitWarning
  }
}

/** The kind of an error, never its text: that may hold a value. */
export function nameOf(error: unknown): string {
  const name: unknown = typeof error === 'object' && error !== null && 'name' in error ? error.name : null
  return typeof name === 'string' && /^[A-Za-z]{1,40}$/.test(name) ? name : 'something thrown that is no error'
}

function invalid(file: FunctionFile, message: string, cause?: unknown): RehouseError {
  return new RehouseError('FUNCTION_INVALID', message, {
    where: { file: file.file },
    next: 'Export functions by name: `export const name: MappingFunction<…> = (uses, context) => ({ value: … })`; everything they need comes through `uses`.',
    cause,
  })
}
