// npm run docs: writes the generated documents. With --check writes nothing and exits 1, naming those that are stale.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)))

/** Document, the module that makes it and the function in it, which takes nothing and returns (a promise of) the whole text. */
const DOCUMENTS: readonly (readonly [file: string, module: string, render: string])[] = [
  ['docs/canonical-values.md', 'test/scenario/verify/canonical-values.ts', 'renderCanonicalValuesDoc'],
  ['docs/checks.md', 'src/checks/checks-doc.ts', 'renderChecksDoc'],
  ['docs/cli.md', 'src/cli/cli-doc.ts', 'renderCliDoc'],
  ['docs/engines/postgres.md', 'src/cast/type-pairs-doc.ts', 'renderTypePairsDoc'],
  ['docs/identifiers.md', 'src/cast/identifier-vectors.ts', 'identifiersPage'],
  ['docs/errors.md', 'src/report/errors-doc.ts', 'renderErrorsDoc'],
  ['docs/manifest.md', 'src/manifest/manifest-doc.ts', 'renderManifestDoc'],
  ['docs/proof.md', 'test/scenario/verify/proof-doc.ts', 'renderProofDoc'],
  ['docs/reliability.md', 'test/fault/reliability-doc.ts', 'renderReliabilityDoc'],
]

async function render(module: string, name: string): Promise<string> {
  const exported: unknown = (await import(pathToFileURL(join(ROOT, module)).href))[name]
  if (typeof exported !== 'function') throw new Error(`expected ${module} to export the function ${name}, got ${typeof exported}`)
  return String(await exported())
}

function written(file: string): string | null {
  return existsSync(file) ? readFileSync(file, 'utf8') : null
}

const isCheck = process.argv.includes('--check')
for (const [file, module, name] of DOCUMENTS) {
  const path = join(ROOT, file)
  const text = await render(module, name)
  if (written(path) === text) continue
  if (isCheck) {
    console.log(`${file} is stale: run npm run docs.`)
    process.exitCode = 1
  } else {
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, text)
    console.log(`${file} written.`)
  }
}
