import type { RunStatusResult, Status, StatusResult } from '../model/results.ts'
import type { Page, Tone } from './paint.ts'
import { formatAbout, formatCount, formatCounted, formatRate } from './quantities.ts'
import { left, renderTable, right } from './table.ts'
import { printable } from './text-width.ts'
import { equationText } from './totals-text.ts'
import { wrapText } from './wrap.ts'

export const STATUS_TONES: Readonly<Record<'running' | Status, Tone>> = {
  running: 'strong',
  clean: 'good',
  findings: 'warn',
  stopped: 'bad',
  interrupted: 'warn',
  failed: 'bad',
}

export function renderStatus(result: StatusResult, page: Page): readonly string[] {
  if (result.runs.length === 0) return ['No run yet.']
  return result.runs.flatMap((run, i) => [...(i === 0 ? [] : ['']), ...renderRun(run, page)])
}

function renderRun(run: RunStatusResult, page: Page): readonly string[] {
  const times = run.finished_at === null ? `since ${run.started_at}` : `${run.started_at} to ${run.finished_at}`
  return [
    `Run ${page.paint('strong', printable(run.run))} ${page.paint(STATUS_TONES[run.status], run.status)}, ${times}, by ${printable(run.operator)}`,
    ...(run.sample === undefined
      ? []
      : [page.paint('warn', `a sample: about ${formatCounted(run.sample, 'row')} of each entity and tenant`)]),
    equationText(run.totals),
    ...(run.bottleneck === null ? [] : [`slowest part: ${printable(run.bottleneck)}`]),
    ...(run.entities.length === 0 ? [] : renderEntities(run, page)),
    ...run.entities.flatMap(entity =>
      entity.failure === null
        ? []
        : wrapText(`${entity.entity}, tenant ${entity.tenant ?? '(shared)'}: ${entity.failure.code}: ${entity.failure.message}`, page, {
            first: '  ',
            indent: 4,
          }).map(line => page.paint('bad', printable(line))),
    ),
  ]
}

function renderEntities(run: RunStatusResult, page: Page): readonly string[] {
  const isRunning = run.status === 'running'
  const live = isRunning ? [right('rows/s'), right('time left')] : []
  return renderTable(
    {
      columns: [
        left('tenant'),
        left('entity'),
        left('state'),
        left('consistency'),
        right('read'),
        right('loaded'),
        right('quarantined'),
        ...live,
      ],
      rows: run.entities.map(entity => [
        entity.tenant ?? '(shared)',
        entity.entity,
        entity.state,
        entity.consistency ?? '–',
        formatCount(entity.counts.read),
        formatCount(entity.counts.loaded),
        formatCount(entity.counts.quarantined),
        ...(isRunning
          ? [
              entity.rows_per_second === null ? '–' : formatRate(entity.rows_per_second),
              entity.eta_seconds === null ? '–' : formatAbout(entity.eta_seconds),
            ]
          : []),
      ]),
    },
    page,
  )
}
