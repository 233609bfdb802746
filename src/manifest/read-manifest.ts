import { CODES, type Code, RehouseError } from '../errors.ts'
import type { Finding } from '../model/finding.ts'
import type { Mapping } from '../model/mapping.ts'
import { buildMapping } from './build-mapping.ts'
import { checkForm } from './check-form.ts'
import { checkMapping } from './check-mapping.ts'
import { MANIFEST } from './grammar.ts'
import { withLeftOut } from './left-out-entities.ts'
import { Problems } from './problems.ts'
import { readOptions } from './read-options.ts'
import { yamlTree } from './yaml-tree.ts'

export interface ManifestText {
  /** For places in messages; not read. */
  readonly file: string
  readonly text: string
  /** `set`: operator choices (`--set name=value`). */
  readonly options: { readonly set: Readonly<Record<string, string>> }
  /** Files of functions beside the manifest, by the name it has for them. */
  readonly functions?: ReadonlyMap<string, string>
}

export interface CheckedManifest {
  /** Null where a finding is an error. */
  readonly mapping: Mapping | null
  /** In the order of the file, at most 100, each with file, line and column. */
  readonly findings: readonly Finding[]
}

/** The mapping a manifest says. Pure. Throws the first error as a RehouseError with file, line and column; `checkManifest` has all of them. */
export function readManifest(manifest: ManifestText): Mapping {
  const { mapping, findings } = checkManifest(manifest)
  if (mapping) return mapping
  const errors = findings.filter(finding => finding.severity === 'error')
  const first = errors[0]
  if (!first) throw new TypeError('expected an error where there is no mapping, got none')
  const more = errors.length > 1 ? ` (${errors.length - 1} more: \`rehouse check\` lists them.)` : ''
  throw new RehouseError(asCode(first.code), first.message, { where: first.where, next: `${first.next}${more}` })
}

/** Everything that is wrong with a manifest, and the mapping where nothing is. Pure. Never throws, whatever the text is. */
export function checkManifest(manifest: ManifestText): CheckedManifest {
  const problems = new Problems()
  const mapping = read(manifest, problems)
  return { mapping: problems.errors > 0 ? null : mapping && withLeftOut(mapping), findings: problems.findings() }
}

function read({ file, text, options, functions = new Map() }: ManifestText, problems: Problems): Mapping | null {
  const tree = yamlTree(file, text, problems)
  if (!tree) return null
  checkForm(tree, MANIFEST, problems)
  // Builders rely on the form; names are worth checking only when it is right.
  if (problems.errors > 0) return null
  const mapping = buildMapping(file, tree, { options: readOptions(tree, options.set, problems), functions })
  checkMapping(tree, mapping, problems)
  return mapping
}

function asCode(code: string): Code {
  if (!Object.hasOwn(CODES, code)) throw new TypeError(`expected a code of the registry, got ${code}`)
  // Checked on the line above.
  return code as Code
}
