import type { PlanTables } from '../model/plan-result.ts'
import type { PlanEntity, PlanRelated, PlanResult } from '../model/results.ts'
import { renderCompat } from './compat-text.ts'
import { countFindings, renderFindings } from './findings-text.ts'
import type { Page } from './paint.ts'
import { formatCounted } from './quantities.ts'
import { renderTable, shrinking } from './table.ts'
import { printable } from './text-width.ts'
import { wrapText } from './wrap.ts'

/** Phases in order, in each its entities with what fills every column. */
export function renderPlan(result: PlanResult, page: Page): readonly string[] {
  const entities = result.phases.flatMap(phase => phase.entities)
  return [
    page.paint('strong', `Plan of ${printable(result.migration)}`) + page.paint('dim', `  mapping ${result.mapping_hash.slice(0, 12)}`),
    '',
    ...result.phases.flatMap((phase, i) => [
      page.paint('strong', `Phase ${i + 1}: ${printable(phase.name)}`),
      '',
      ...phase.entities.flatMap(entity => [...renderEntity(entity, page), '']),
    ]),
    ...(result.compat === undefined ? [] : renderCompat(result.compat, page)),
    ...renderFindings(result.findings, page),
    `${formatCounted(entities.length, 'entity', 'entities')} in ${formatCounted(result.phases.length, 'phase')}, ${countFindings(result.findings)}.`,
  ]
}

function renderEntity(entity: PlanEntity, page: Page): readonly string[] {
  const rows = entity.estimated_rows === null ? 'an unknown number of rows' : `about ${formatCounted(entity.estimated_rows, 'row')}`
  const facts = [
    entity.into.length === 0
      ? `${entity.from}: left out, each row with its key in the ledger (service ${entity.service})`
      : `${entity.from} → ${entity.into.join(', ')} (service ${entity.service})`,
    `${formatCounted(entity.tenants, 'tenant')}, ${rows}, ${entity.strategy}`,
    ...(entity.tables === null ? [] : [tablesFact(entity.tables)]),
    `key ${entity.key.length === 0 ? 'the whole row' : entity.key.join(', ')}, identifier ${entity.id}`,
    ...(entity.depends_on.length === 0 ? [] : [`after ${entity.depends_on.join(', ')}`]),
    ...(entity.settles.length === 0 ? [] : [`references to ${entity.settles.join(', ')} are checked when all rows are in`]),
    ...entity.related.map(related => relatedFact(related, entity)),
  ]
  return [
    `  ${page.paint('strong', printable(entity.entity))}`,
    ...facts.flatMap(fact => wrapText(printable(fact), page, { first: '    ', indent: 6 })),
    ...renderColumns(entity, { ...page, width: page.width - 4 }).map(line => `    ${line}`),
  ]
}

function tablesFact({ named_in: where, count, shapes }: PlanTables): string {
  return `${formatCounted(count, 'table')} named in ${where}, read one after the other; ${formatCounted(shapes, 'set')} of columns beside those they share`
}

const WAYS: Readonly<Record<PlanRelated['way'], string>> = {
  memory: 'read into memory first',
  merge: 'read beside the rows in the order of their key',
  pushed: 'brought along by the source',
}

function relatedFact({ name, from, way, reason, owned, tenants, estimated_rows: rows }: PlanRelated, entity: PlanEntity): string {
  const size = rows === null ? 'an unknown number of rows' : `about ${formatCounted(rows, 'row')}`
  const whose = tenants === entity.tenants ? '' : ` (${formatCounted(tenants, 'tenant')})`
  return `with ${name} from ${from}: ${size}, ${WAYS[way]}: ${reason}${whose}${owned ? '; each is accounted for here' : ''}`
}

function renderColumns(entity: PlanEntity, page: Page): readonly string[] {
  return renderTable(
    {
      columns: [
        shrinking('column'),
        shrinking('type'),
        shrinking('from'),
        shrinking('how'),
        shrinking('can be lost'),
        shrinking('way back'),
      ],
      rows: entity.columns.map(column => [
        entity.into.length === 1 ? column.column : `${column.table}.${column.column}`,
        column.target_type,
        column.from,
        column.how,
        column.loss === '' || column.loss === 'never' ? '–' : column.loss,
        column.inverse === 'read_only' ? 'read only' : column.inverse,
      ]),
    },
    page,
  )
}
