import type { CatalogueExtras, SourceRemark } from '../../model/catalogue-extras.ts'
import { NULL_WORD } from './null-spellings.ts'
import type { RelationFiles } from './relation-files.ts'
import { keysOf, type SurveyedFile } from './surveyed-file.ts'

const DECLARE = 'Where it is not what is meant, declare it in the address or in rehouse.columns.yaml (docs/engines/csv.md).'
const MOST_COLUMNS_NAMED = 30

/** What was found out about files that say nothing of themselves. */
export function csvExtras(files: RelationFiles, surveyed: readonly SurveyedFile[]): CatalogueExtras {
  return {
    dialect: 'postgres',
    defaults: [],
    computed: [],
    checks: [],
    comments: [],
    indexes: [],
    objects: files.others.map(name => ({ kind: 'file of another kind', schema: 'csv', name })),
    emptyColumns: surveyed.flatMap(({ file, columns, survey }) =>
      columns.flatMap(({ name, isDeclared }, i) =>
        isDeclared || (survey.columns[i]?.values ?? 0) > 0 ? [] : [{ schema: file.schema, table: file.name, column: name }],
      ),
    ),
    remarks: surveyed.flatMap(remarksOf),
  }
}

function remarksOf(surveyed: SurveyedFile): readonly SourceRemark[] {
  const place = { schema: surveyed.file.schema, table: surveyed.file.name, column: null }
  return [
    {
      ...place,
      severity: 'info',
      message: `expected a catalogue, got a file: read as ${formText(surveyed)}; ${typesText(surveyed)}`,
      next: DECLARE,
    },
    ...keyRemarks(surveyed).map(remark => ({ ...place, ...remark })),
    ...passedRemarks(surveyed).map(message => ({
      ...place,
      severity: 'warning' as const,
      message,
      next: 'Look whether the export is whole.',
    })),
    ...surveyed.columns.flatMap((column, i) => columnRemarks(surveyed, i).map(remark => ({ ...place, column: column.name, ...remark }))),
  ]
}

function formText({ detected: { format }, columns, spellings }: SurveyedFile): string {
  const shown = format.delimiter === '\t' ? 'tabs' : `\`${format.delimiter}\``
  const quote = format.quote === '' ? 'no quotes' : `quotes \`${format.quote}\``
  const nulls = [...new Set(columns.flatMap(column => column.nulls))].sort((a, b) => a - b).map(i => spellings[i] ?? '')
  const spelled = nulls.map(spelling => (spelling === '' ? 'nothing' : `\`${spelling}\``)).join(' or ')
  return `${format.encoding} with ${shown} between fields, ${quote}, ${format.header ? 'a header' : 'no header'}, ${spelled === '' ? 'no NULLs' : `NULL where ${spelled} stands`}`
}

function typesText({ columns, survey }: SurveyedFile): string {
  const named = columns.slice(0, MOST_COLUMNS_NAMED).map(({ name, type, isDeclared }, i) => {
    const isShown = isDeclared || (survey.columns[i]?.values ?? 0) > 0
    return `${name} ${isShown ? type.text : '(no value)'}`
  })
  return named.join(', ') + (columns.length > MOST_COLUMNS_NAMED ? ` and ${columns.length - MOST_COLUMNS_NAMED} more` : '')
}

type Said = Pick<SourceRemark, 'severity' | 'message' | 'next'>

function keyRemarks(surveyed: SurveyedFile): readonly Said[] {
  const keys = keysOf(surveyed)
  const unproven = keys.filter(({ proof }) => proof === 'unknown').map(({ columns }) => columns.join(', '))
  if (unproven.length > 0) {
    return [
      {
        severity: 'warning',
        message: `expected to prove the declared key (${unproven.join('; ')}), got too many keys in no order to hold: it is taken as declared`,
        next: 'Have the export sorted by its key: then it is proven without memory.',
      },
    ]
  }
  const isDeclared = surveyed.declaration !== null && (surveyed.declaration.key !== null || surveyed.declaration.unique.length > 0)
  const [key] = keys
  if (isDeclared || key === undefined) return []
  return [
    {
      severity: 'info',
      message: `expected a declared key, got none: (${key.columns.join(', ')}) is taken for it, as no two rows have the same`,
      next: DECLARE,
    },
  ]
}

function passedRemarks({ survey }: SurveyedFile): readonly string[] {
  const { blankLines, repeatedHeaders, shortRows } = survey.passed
  return [
    ...(blankLines > 0 ? [`expected records only, got ${blankLines} blank lines, which are passed over`] : []),
    ...(repeatedHeaders > 0 ? [`expected the header once, got it ${repeatedHeaders} times more, passed over`] : []),
    ...(shortRows > 0 ? [`expected whole records, got ${shortRows} short ones, filled with NULL`] : []),
    // One of the other kind may be a last line that was added by hand.
    ...(survey.pairs > 0 && survey.singles > 0
      ? [`expected one kind of line ends, got ${survey.pairs} of CRLF and ${survey.singles} of one character`]
      : []),
  ]
}

const LOOKS = {
  date: 'dates of a country (like 03/04/2020)',
  number: 'numbers in the form of a country (like 1.234,50) or with an exponent',
  '': '',
}

function columnRemarks({ survey, columns, wish }: SurveyedFile, i: number): readonly Said[] {
  const [seen, column] = [survey.columns[i], columns[i]]
  if (seen === undefined || column === undefined || column.isDeclared) return []
  const words = wish.nulls === undefined && !column.nulls.includes(NULL_WORD) ? (seen.nulls[NULL_WORD] ?? 0) : 0
  return [
    ...(seen.looks !== '' && wish.text !== true
      ? [
          {
            severity: 'warning' as const,
            message: `expected numbers and times as ISO 8601 and SQL write them, got what looks like ${LOOKS[seen.looks]}: it stays text`,
            next: 'Cast it in the mapping, where its form can be said.',
          },
        ]
      : []),
    ...(words > 0
      ? [
          {
            severity: 'warning' as const,
            message: `expected values, got the word NULL without quotes ${words} times: it stays text`,
            next: 'If it means NULL, say so: ?null=NULL.',
          },
        ]
      : []),
  ]
}
