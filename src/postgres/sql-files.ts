import { readFileSync } from 'node:fs'

/** The text of one of the files of `sql/`. */
export function sqlFile(name: string): string {
  return readFileSync(new URL(`./sql/${name}.sql`, import.meta.url), 'utf8')
}
