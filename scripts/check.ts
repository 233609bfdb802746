// npm run check: types, lint, format, import arrows, documents in step. One line per check, the details below the ones that failed; exit status 1 if any did.
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { brokenRules, readSources } from './house-rules.ts'

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)))
const LINTED = ['src', 'test', 'scripts', 'bench', 'demo', 'bin'].filter(folder => existsSync(join(ROOT, folder)))

interface Outcome {
  readonly passed: boolean
  readonly details: string
}

type Check = readonly [title: string, run: () => Outcome]

/** A program of node_modules, or one of our scripts. */
function command(program: string, ...args: readonly string[]): Outcome {
  const file = program.endsWith('.ts') ? process.execPath : join(ROOT, 'node_modules', '.bin', program)
  const done = spawnSync(file, program.endsWith('.ts') ? [join(ROOT, program), ...args] : args, { cwd: ROOT, encoding: 'utf8' })
  return { passed: done.status === 0, details: [done.error?.message ?? '', done.stdout ?? '', done.stderr ?? ''].join('\n').trim() }
}

function arrows(): Outcome {
  const broken = brokenRules(readSources(ROOT))
  return { passed: broken.length === 0, details: broken.join('\n') }
}

const CHECKS: readonly Check[] = [
  ['types (tsc)', () => command('tsc', '-p', ROOT)],
  [
    'format and lint (biome)',
    () =>
      command(
        'biome',
        'ci',
        '--error-on-warnings',
        '--diagnostic-level=warn',
        '--colors=off',
        '--reporter=github',
        '--max-diagnostics=500',
      ),
  ],
  ['promises (oxlint, with types)', () => command('oxlint', '--type-aware', '--quiet', ...LINTED)],
  ['import arrows, cycles, budgets, names', arrows],
  [
    'documents in step with the code',
    () => (existsSync(join(ROOT, 'scripts', 'docs.ts')) ? command('scripts/docs.ts', '--check') : { passed: true, details: '' }),
  ],
]

for (const [title, run] of CHECKS) {
  const started = performance.now()
  const { passed, details } = run()
  console.log(`${passed ? 'ok    ' : 'FAILED'}  ${title} (${((performance.now() - started) / 1000).toFixed(1)} s)`)
  if (passed) continue
  process.exitCode = 1
  console.log(`${details}\n`)
}
