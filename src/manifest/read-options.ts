import { nearestWord } from '../base/nearest-word.ts'
import type { Place } from '../model/place.ts'
import type { Problems } from './problems.ts'
import { shorten, type Tree } from './tree.ts'
import { child, childText, entriesOf, oneOrMany, textOf } from './tree-access.ts'

/** The operator choices in force: what `--set` says, else the default. A name or value the manifest does not know is a finding. */
export function readOptions(manifest: Tree, set: Readonly<Record<string, string>>, problems: Problems): Readonly<Record<string, string>> {
  const declared = entriesOf(child(manifest, 'options'))
  const names = declared.map(entry => entry.key)
  for (const name of Object.keys(set))
    if (!names.includes(name)) addUnknown(name, names, { at: child(manifest, 'options')?.at ?? manifest.at, problems })
  const chosen: [string, string][] = []
  for (const { key, keyAt, value } of declared) {
    const values = oneOrMany(child(value, 'values')).map(textOf)
    const fallback = childText(value, 'default')
    const isListed = (text: string): boolean => values.length === 0 || values.includes(text)
    if (fallback !== null && !isListed(fallback))
      problems.add({
        code: 'MANIFEST_INVALID',
        at: child(value, 'default')?.at ?? keyAt,
        message: `expected a default of \`${key}\` among its values, got '${shorten(fallback)}'`,
        next: `Values: ${values.join(', ')}.`,
      })
    const wanted = Object.hasOwn(set, key) ? (set[key] ?? null) : fallback
    if (wanted === null)
      problems.add({
        code: 'USAGE',
        at: keyAt,
        message: `expected a value for the option \`${key}\`, got none`,
        next: `Add --set ${key}=VALUE${values.length > 0 ? `, one of ${values.join(', ')}` : ''}.`,
      })
    else if (Object.hasOwn(set, key) && !isListed(wanted))
      problems.add({
        code: 'USAGE',
        at: keyAt,
        message: `expected one of ${values.join(', ')} for the option \`${key}\`, got '${shorten(wanted)}'`,
        next: `Write --set ${key}=${nearestWord(wanted, values) ?? values[0]}.`,
      })
    else chosen.push([key, wanted])
  }
  return Object.fromEntries(chosen)
}

function addUnknown(name: string, names: readonly string[], { at, problems }: { at: Place; problems: Problems }): void {
  const near = nearestWord(name, names)
  const message = `expected an option of the manifest after --set, got \`${shorten(name)}\`${near ? `; did you mean \`${near}\`?` : ''}`
  problems.add({ code: 'USAGE', at, message, next: names.length > 0 ? `Known: ${names.join(', ')}.` : 'The manifest has no `options`.' })
}
