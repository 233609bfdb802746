import { everyValue } from '../model/every-value.ts'
import type { Mapping } from '../model/mapping.ts'
import type { Problems } from './problems.ts'

/** Files that are there, and names that tell what a function is given apart. */
export function checkFunctions(mapping: Mapping, problems: Problems): void {
  const known = new Set(mapping.functions.map(({ file }) => file))
  for (const entity of mapping.entities)
    for (const value of everyValue(entity)) {
      if (value.kind !== 'fn') continue
      const invalid = (message: string, next: string): void =>
        problems.add({ code: 'MANIFEST_INVALID', at: value.at, message, next, entity: entity.name })
      const files = [value.file, ...(value.inverse === null || value.inverse === 'none' ? [] : [value.inverse.split('#')[0] ?? ''])]
      for (const file of new Set(files.filter(one => !known.has(one))))
        invalid(
          `expected the file ${file} below the manifest’s folder, got none that can be read`,
          'Correct the path, or let this user read the file.',
        )
      const odd = value.uses.find(({ name }) => !/^[A-Za-z_$][A-Za-z0-9_$]*$/.test(name))
      if (odd)
        invalid(
          `expected names under \`uses\`, got an expression (${odd.value.text})`,
          'Give it a name: `uses: { total: "price * amount" }`.',
        )
      const twice = value.uses.find(({ name }, i) => value.uses.findIndex(other => other.name === name) !== i)
      if (twice && !odd)
        invalid(
          `expected each name under \`uses\` once, got ${twice.name} again`,
          'Write a map of names to expressions: `uses: { a: one.x, b: other.x }`.',
        )
    }
}
