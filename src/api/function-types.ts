import { writeFile } from 'node:fs/promises'
import type { FunctionUses, TypesResult } from '../model/function-uses.ts'
import { isRefComputed } from '../plan/function-ref.ts'
import type { EntityFacts } from '../plan/tenant-plan.ts'
import { surveyMigration } from '../run/survey-migration.ts'
import { openMigration } from './open-migration.ts'
import type { Options } from './options.ts'
import { preflight } from './preflight.ts'

/** What each function of the mapping is given, by the catalogues of the sources. Reads only. */
export async function types(options: Options): Promise<TypesResult> {
  const migration = await openMigration(options)
  try {
    const survey = await surveyMigration(migration, null)
    const found = new Map<string, FunctionUses>()
    for (const { entity, compiled } of survey.compiled)
      for (const one of compiled.functions) {
        const uses = { ...one, entity: entity.name }
        found.set(JSON.stringify(uses), uses)
      }
    const { mapping } = migration
    return {
      functions: [...found.values()],
      entities: [
        ...new Set(
          survey.plans
            .flatMap(plan => [...plan.entities.values()])
            .filter(hasRef)
            .map(({ entity }) => entity.name),
        ),
      ],
      options: Object.keys(mapping.options),
      findings: [...migration.findings, ...preflight(survey)],
    }
  } finally {
    await migration.close()
  }
}

function hasRef({ entity, strategy }: EntityFacts): boolean {
  return !entity.isLeftOut && entity.key !== 'content' && isRefComputed({ entity, strategy })
}

/** Writes generated text over a file of the same name. */
export async function writeTypes(file: string, text: string): Promise<void> {
  await writeFile(file, text)
}
