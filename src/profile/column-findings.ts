import { credentialColumn, credentialTable } from '../draft/credentials.ts'
import { asExpression } from '../draft/manifest-text.ts'
import { isPersonal } from '../draft/personal-columns.ts'
import type { ColumnFacts, MomentFacts, NumberFacts, TextFacts } from './column-facts.ts'
import { counted, type ProfileFindings, type Remark } from './findings.ts'
import { type CleanseStep, codeOf } from './manifest-lines.ts'
import type { TableFacts } from './table-facts.ts'

/** Rows from which a share of them means something. */
const ENOUGH_ROWS = 20
const FEW = 0.05
/** Values that repeat: at least so many rows for each. */
const REPEATED = 4
const MOST_LABELS = 500

interface Place {
  readonly tenant: string
  readonly table: TableFacts
  readonly facts: ColumnFacts
}

/** What is remarkable about the columns of a table, one after the other. */
export function columnFindings(tenant: string, table: TableFacts, findings: ProfileFindings): void {
  credentialStore(tenant, table, findings)
  personalColumns(tenant, table, findings)
  for (const facts of table.columns) {
    if (facts.rows === 0) continue
    const place = { tenant, table, facts }
    nulls(place, findings)
    credentials(place, findings)
    if (facts.texts !== null) texts(place, facts.texts, findings)
    if (facts.moments !== null) moments(place, facts.moments, findings)
    if (facts.numbers !== null) numbers(place, facts.numbers, findings)
  }
}

function at({ tenant, table, facts }: Place): Pick<Remark, 'tenant' | 'table' | 'column'> {
  return { tenant, table: table.relation, column: facts.column.name }
}

/** By name, or by what the values look like. */
export function personalKindOf(table: TableFacts, { column, texts: shown }: ColumnFacts): string | null {
  const kind = shown?.personal
  if (kind != null && kind.count * 10 >= (shown?.filled ?? 0)) return kind.kind
  if (/(?:national|social|tax|personal|passport|insurance|licen[cs]e|identity).*(?:id|no|nr|number|code)$/i.test(column.name)) return 'name'
  // The number of an address is no address.
  const isReference = shown === null && /(?:id|key|guid)$/i.test(column.name)
  return !isReference && isPersonal(table.relation.name, column.name, column.type) ? 'name' : null
}

export function isCredentialColumn({ relation }: TableFacts, { column, texts: shown }: ColumnFacts): boolean {
  return credentialColumn(relation.name, column.name) !== null || credentialTable(relation.name) !== null || (shown?.credentials ?? 0) > 0
}

function credentialStore(tenant: string, { relation }: TableFacts, findings: ProfileFindings): void {
  const reason = credentialTable(relation.name)
  if (reason === null) return
  findings.warn('PROFILE_CREDENTIALS', {
    tenant,
    table: relation,
    message: `expected no table of credentials, got one that ${reason}`,
    next: 'Leave it out, unless it is something else.',
    hint: { kind: 'exclude', column: null, reason },
  })
}

function personalColumns(tenant: string, table: TableFacts, findings: ProfileFindings): void {
  const named = table.columns.filter(facts => personalKindOf(table, facts) === 'name').map(({ column }) => column.name)
  const shown = table.columns.filter(facts => !['name', null].includes(personalKindOf(table, facts)))
  if (named.length > 0)
    findings.note('PROFILE_PERSONAL', {
      tenant,
      table: table.relation,
      count: named.length,
      message: `${counted(named.length, 'column')} may hold something about a person, by name: ${named.join(', ')}`,
      next: 'Decide whether the new system needs them, who may see them, and mask them in rehearsals.',
    })
  for (const facts of shown) {
    const personal = facts.texts?.personal
    findings.note('PROFILE_PERSONAL', {
      ...at({ tenant, table, facts }),
      count: personal?.count ?? 0,
      message: `${facts.texts?.areShapesExact === true ? '' : 'about '}${counted(personal?.count ?? 0, 'value')} of ${facts.texts?.filled} ${personal?.count === 1 ? 'looks' : 'look'} like personal data (${personal?.kind})`,
      next: 'Decide whether the new system needs it, who may see it, and mask it in rehearsals.',
    })
  }
}

function credentials(place: Place, findings: ProfileFindings): void {
  const { table, facts } = place
  const byName = credentialColumn(table.relation.name, facts.column.name)
  const count = facts.texts?.credentials ?? 0
  if (byName === null && count === 0) return
  const reason = byName ?? 'holds what looks like password hashes, keys or tokens'
  findings.warn('PROFILE_CREDENTIALS', {
    ...at(place),
    count,
    message: byName === null ? `${counted(count, 'value')} look like a password hash, a key or a token` : `the column ${byName}`,
    next: 'Leave it out, unless it is something else, and take its line out of `into`.',
    hint: { kind: 'exclude', column: facts.column.name, reason },
  })
}

function nulls(place: Place, findings: ProfileFindings): void {
  const { facts } = place
  const { nulls: none, rows, column } = facts
  if (none === rows && rows >= ENOUGH_ROWS)
    findings.note('PROFILE_EMPTY_COLUMN', {
      ...at(place),
      count: rows,
      message: `all ${counted(rows, 'row')} are NULL`,
      next: 'Leave the column out if no source has a value, and take its line out of `into`.',
      hint: { kind: 'exclude', column: column.name, reason: 'always NULL' },
    })
  else if (none > 0 && rows >= ENOUGH_ROWS && none <= rows * FEW)
    findings.note('PROFILE_FEW_NULLS', {
      ...at(place),
      count: none,
      message: `${none} of ${counted(rows, 'row')} ${none === 1 ? 'is' : 'are'} NULL where nearly all have a value`,
      next: 'If the target says NOT NULL, decide what becomes of them: another `if_null` may take a value instead.',
      hint: { kind: 'if_null', column: column.name },
    })
}

function texts(place: Place, facts: TextFacts, findings: ProfileFindings): void {
  const { name } = place.facts.column
  const cleanse = (
    code: Parameters<ProfileFindings['warn']>[0],
    of: { count: number; step: CleanseStep; message: string; next: string },
  ): void => {
    if (of.count === 0) return
    const { count, step, message, next } = of
    findings.warn(code, { ...at(place), count, message, next, hint: { kind: 'cleanse', column: name, step } })
  }
  cleanse('PROFILE_BLANK', {
    count: facts.empty + facts.blank,
    step: 'null_if_blank',
    message: `${facts.empty} texts are empty and ${facts.blank} hold nothing but white space`,
    next: 'Make them NULL, if they mean that there is no value.',
  })
  cleanse('PROFILE_PADDED', {
    count: facts.padded,
    step: 'trim',
    message: `${counted(facts.padded, 'text')} ${facts.padded === 1 ? 'begins or ends' : 'begin or end'} with white space`,
    next: 'Trim them; keys and references made of them would not match.',
  })
  cleanse('PROFILE_CONTROL', {
    count: facts.controls,
    step: 'without_control',
    message: `${counted(facts.controls, 'text')} ${facts.controls === 1 ? 'holds' : 'hold'} control characters, ${facts.nuls} of them a NUL, which PostgreSQL refuses`,
    next: 'Take them out.',
  })
  cleanse('PROFILE_MOJIBAKE', {
    count: facts.mojibake,
    step: 'mend_utf8',
    message: `${counted(facts.mojibake, 'text')} ${facts.mojibake === 1 ? 'shows' : 'show'} letters read in the wrong encoding`,
    next: 'Mend the letters your languages have, as below, and look at some of the rows in the source; letters that were lost (�) stay so.',
  })
  const isLabel = place.facts.distinct <= MOST_LABELS && place.facts.distinct * REPEATED <= facts.filled
  if (isLabel)
    cleanse('PROFILE_VARIANTS', {
      count: facts.variants,
      step: 'collapse',
      message: `${counted(facts.variants, 'value')} of ${place.facts.distinct} ${facts.variants === 1 ? 'differs' : 'differ'} from another only by case, white space or the form of accents`,
      next: 'Bring the spellings together; add `lower` where upper case means nothing, or list them under `map`.',
    })
  readings(place, facts, findings)
}

const TYPES = { integer: 'int8', decimal: 'numeric', date: 'date', boolean: 'bool', uuid: 'uuid' } as const
const KINDS = { integer: 'whole numbers', decimal: 'numbers', date: 'dates', boolean: 'truth values', uuid: 'UUIDs' } as const

function readings(place: Place, facts: TextFacts, findings: ProfileFindings): void {
  const { name } = place.facts.column
  const { looks, nearly, filled, impossibleDates } = facts
  const areDates = looks === 'date' || nearly?.kind === 'date'
  if (areDates && impossibleDates > 0)
    findings.warn('PROFILE_INVALID_DATES', {
      ...at(place),
      count: impossibleDates,
      message: `${impossibleDates} of ${filled} dates written as text are in no calendar`,
      next: 'With `as: date` such rows go into quarantine; correct them in the source.',
      hint: { kind: 'as', column: name, type: 'date' },
    })
  if (nearly !== null)
    findings.warn('PROFILE_MIXED', {
      ...at(place),
      count: nearly.others,
      message: `${filled - nearly.others} of ${filled} texts are ${KINDS[nearly.kind]}, ${nearly.others} ${nearly.others === 1 ? 'is' : 'are'} not`,
      next: `Keep it text, or give it the type ${TYPES[nearly.kind]} and send the others into quarantine.`,
    })
  else if (looks !== null && filled >= ENOUGH_ROWS && impossibleDates === 0)
    findings.note('PROFILE_TYPE', {
      ...at(place),
      count: filled,
      message: `all ${filled} texts are ${KINDS[looks]}`,
      next:
        looks === 'integer'
          ? 'Give the column a number’s type in target.sql if it is one; leading zeros of a code would be lost.'
          : `Give the column the type ${TYPES[looks]} in target.sql if that is what it means.`,
      ...(looks === 'date' || looks === 'uuid' ? { hint: { kind: 'as', column: name, type: TYPES[looks] } as const } : {}),
    })
}

function moments(place: Place, facts: MomentFacts, findings: ProfileFindings): void {
  const { column, rows, nulls: none } = place.facts
  const far = facts.before1900 + facts.after2100
  const sentinels = facts.firstDay + facts.lastDay + facts.infinite
  if (far + sentinels > 0) {
    const name = asExpression(column.name)
    const parts = [
      ...(facts.before1900 > 0 ? [`${facts.before1900} before 1900`] : []),
      ...(facts.after2100 > 0 ? [`${facts.after2100} in 2100 or later`] : []),
      ...(facts.firstDay > 0 ? [`${facts.firstDay} on 0001-01-01`] : []),
      ...(facts.lastDay > 0 ? [`${facts.lastDay} on 9999-12-31`] : []),
      ...(facts.infinite > 0 ? [`${facts.infinite} infinite`] : []),
    ]
    findings.warn('PROFILE_DATES', {
      ...at(place),
      count: far + sentinels,
      message: `${counted(far + sentinels, 'date')} can hardly be meant: ${parts.join(', ')}`,
      next: 'Refuse the rows, or, where the day stands for “none”, make it NULL with `case when … then null else … end`.',
      hint: {
        kind: 'rule',
        column: column.name,
        when: `${name} < '1900-01-01' or ${name} >= '2100-01-01'`,
        code: codeOf(column.name, 'implausible'),
      },
    })
  }
  if (facts.isMidnight && rows - none >= ENOUGH_ROWS)
    findings.note('PROFILE_TYPE', {
      ...at(place),
      count: rows - none,
      message: `all ${rows - none} times are midnight: dates, by their looks`,
      next: 'Give the column the type date in target.sql if it is one: no zone then moves it to another day.',
      hint: { kind: 'as', column: column.name, type: 'date' },
    })
}

function numbers(place: Place, facts: NumberFacts, findings: ProfileFindings): void {
  const { column, rows, nulls: none } = place.facts
  const isExact = column.type.name.startsWith('int') || column.type.name === 'oid' || column.type.text.endsWith(',0)')
  if (facts.isWhole && !isExact && rows - none >= ENOUGH_ROWS)
    findings.note('PROFILE_TYPE', {
      ...at(place),
      count: rows - none,
      message: `all ${rows - none} values of type ${column.type.text} are whole numbers`,
      next: 'Give the column the type int8 in target.sql if it only counts.',
    })
  if (facts.special > 0)
    findings.warn('PROFILE_OUTLIER', {
      ...at(place),
      count: facts.special,
      message: `${counted(facts.special, 'value')} ${facts.special === 1 ? 'is' : 'are'} NaN or infinite`,
      next: 'Look at the rows in the source.',
    })
  if (facts.outlier !== 'none' && !isNumbered(place))
    findings.note('PROFILE_OUTLIER', {
      ...at(place),
      message: `the ${facts.outlier === 'low' ? 'smallest value lies' : facts.outlier === 'high' ? 'largest value lies' : 'smallest and largest values lie'} more than ten interquartile ranges away from the middle half (quartiles of a sample)`,
      next: 'Look whether it is a mistake, or a number that stands for “none”.',
    })
}

/** Keys and references are numbered, not measured. */
function isNumbered({ table, facts }: Place): boolean {
  const { name } = facts.column
  return (
    table.keys.some(key => key.columns.includes(name)) ||
    table.relation.foreignKeys.some(key => key.columns.includes(name)) ||
    /id$/i.test(name)
  )
}
