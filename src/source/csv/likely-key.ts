import { didYouMean } from '../../base/did-you-mean.ts'
import { RehouseError } from '../../errors.ts'
import type { Declaration, FileDeclaration } from './file-declaration.ts'
import type { WatchedKey } from './key-watch.ts'
import type { RelationFile } from './relation-files.ts'

/** The keys of a file that are watched: those declared; else one it may have: `id`, `<file>_id`, the first column. */
export function watchedKeys(
  file: RelationFile,
  known: { readonly names: readonly string[]; readonly declaration: FileDeclaration | null; readonly place: Declaration | null },
): readonly WatchedKey[] {
  const { names, declaration, place } = known
  const declared = [
    ...(declaration?.key == null ? [] : [{ names: declaration.key, mayBeNull: false }]),
    ...(declaration?.unique ?? []).map(key => ({ names: key, mayBeNull: true })),
  ]
  if (declared.length > 0) {
    return declared.map(key => ({
      ...key,
      columns: key.names.map(name => columnNamed(name, { file, names, place })),
      isDeclared: true,
      isWatched: true,
    }))
  }
  const likely = likelyColumn(file.name, names)
  const name = names[likely]
  return name === undefined ? [] : [{ columns: [likely], names: [name], isDeclared: false, mayBeNull: false, isWatched: true }]
}

function likelyColumn(stem: string, names: readonly string[]): number {
  const plain = names.map(name => name.toLowerCase().replaceAll(/[_\s-]/g, ''))
  const table = stem.toLowerCase().replaceAll(/[_\s-]/g, '')
  const forms = ['id', `${table}id`, `${table.replace(/s$/, '')}id`, `${table.replace(/ies$/, 'y')}id`, `${table.replace(/es$/, '')}id`]
  for (const form of forms) {
    const at = plain.indexOf(form)
    if (at >= 0) return at
  }
  return 0
}

function columnNamed(
  name: string,
  known: { readonly file: RelationFile; readonly names: readonly string[]; readonly place: Declaration | null },
): number {
  const at = known.names.indexOf(name)
  if (at >= 0) return at
  throw new RehouseError(
    'MANIFEST_INVALID',
    `expected a column of ${known.file.label} in its key, got ${name}${didYouMean(name, known.names)}`,
    {
      where: { file: known.place?.place, table: known.file.table, column: name },
      next: `The file has: ${known.names.slice(0, 50).join(', ')}.`,
    },
  )
}
