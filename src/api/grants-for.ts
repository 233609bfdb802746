import { type ReadTable, readerGrants, type WriteTable, writerGrants } from '../checks/grants.ts'
import type { MigrationSurvey } from '../run/survey-migration.ts'

const READER = 'rehouse_reader'
const WRITER = 'rehouse_writer'

/** SQL for an administrator, database by database: logins that can do what this mapping needs and nothing else. Sources that need the same are named together. */
export function grantsFor(survey: MigrationSurvey): readonly string[] {
  return [...sourceGrants(survey), ...survey.services.flatMap(service => serviceGrants(service))]
}

function sourceGrants(survey: MigrationSurvey): readonly string[] {
  const groups = new Map<string, { labels: string[]; statements: readonly string[] }>()
  for (const source of survey.sources) {
    const statements = readerGrants({ role: READER, tables: tablesRead(source, survey) })
    const name = statements.join('\n')
    const group = groups.get(name) ?? { labels: [], statements }
    group.labels.push(source.label)
    groups.set(name, group)
  }
  return [...groups.values()].flatMap(({ labels, statements }) => [`-- in ${labels.join(', ')}`, ...statements])
}

function tablesRead(source: MigrationSurvey['sources'][number], survey: MigrationSurvey): readonly ReadTable[] {
  const columns = new Map<string, Set<string>>()
  const add = (table: string, names: readonly string[]): void => {
    columns.set(table, new Set([...(columns.get(table) ?? []), ...names]))
  }
  for (const plan of survey.plans) {
    if (source.tenant !== null && plan.tenant?.code !== source.tenant) continue
    for (const { entity, relation, key } of plan.entities.values()) {
      if (entity.from.source !== source.name) continue
      const compiled = survey.compiled.find(c => c.entity === entity && c.tenant === (plan.tenant?.code ?? null))?.compiled
      // A row without a key is told apart by all of its columns.
      const used = key.source.kind === 'content' ? relation.columns.map(c => c.name) : [...key.names, ...(compiled?.columns ?? [])]
      add(JSON.stringify([relation.schema, relation.name]), used)
    }
  }
  const { tenants } = survey.mapping
  if (tenants.kind === 'relation' && tenants.relation.source === source.name) {
    const relation = source.catalogue.relations.find(r => r.schema === tenants.relation.schema && r.name === tenants.relation.name)
    if (relation)
      add(
        JSON.stringify([relation.schema, relation.name]),
        relation.columns.map(c => c.name),
      )
  }
  return [...columns].map(([table, names]) => {
    const [schema, name] = JSON.parse(table) as [string, string]
    return { schema, name, columns: [...names] }
  })
}

function serviceGrants({ relations, facts, label, ledger, ref }: MigrationSurvey['services'][number]): readonly string[] {
  const written = [...relations.values()]
  const tables = written.map(
    (relation): WriteTable => ({
      schema: relation.schema,
      name: relation.name,
      hasSequence: relation.columns.some(column => column.hasDefault || column.generated.startsWith('identity')),
      owner: relation.owner,
    }),
  )
  const own = new Set(written.map(relation => `${relation.schema}.${relation.name}`))
  const referenced = written
    .flatMap(relation => relation.foreignKeys.map(key => ({ schema: key.referencedSchema, name: key.referencedTable })))
    .filter(
      (table, i, all) =>
        !own.has(`${table.schema}.${table.name}`) && all.findIndex(t => t.schema === table.schema && t.name === table.name) === i,
    )
  const bypassesRowSecurity = written.some(relation => relation.hasRowSecurity)
  const state = ledger === 'absent' ? 'absent' : 'present'
  return [
    `-- in service ${ref.name}: ${label} (now as ${facts.role})`,
    ...writerGrants({ role: WRITER, tables, referenced, bypassesRowSecurity, ledger: state }),
  ]
}
