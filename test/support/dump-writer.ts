import { builtinType } from '../../src/cast/builtin-types.ts'
import { valueText } from '../../src/cast/value-text.ts'
import type { SourceTable } from '../contract/source.ts'
import { ddlOf, fieldsOf, quoted } from '../contract/table-spec.ts'

/** Dumps as pg_dump writes them, of tables said in a test. */

/** One field as COPY’s text format has it. */
export function copyText(text: string | null): string {
  return text === null ? '\\N' : text.replaceAll(/[\\\b\f\n\r\t\v]/g, letter => ESCAPED[letter] ?? letter)
}

const ESCAPED: Readonly<Record<string, string>> = {
  '\\': '\\\\',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\v': '\\v',
}

/** Rows as texts of their values. */
export function rowTexts({ spec, rows }: SourceTable): readonly (readonly (string | null)[])[] {
  return rows.map(row =>
    fieldsOf(spec, row).map((field, i) =>
      field === null ? null : valueText(builtinType(spec.columns[i]?.type ?? ''))(field, 0, field.length),
    ),
  )
}

export function copyLines(table: SourceTable): string {
  return rowTexts(table)
    .map(row => `${row.map(copyText).join('\t')}\n`)
    .join('')
}

export function copyStatement({ spec }: SourceTable): string {
  return `COPY public.${quoted(spec.name)} (${spec.columns.map(column => quoted(column.name)).join(', ')}) FROM stdin;\n`
}

export const HEAD = `--
-- PostgreSQL database dump
--

-- Dumped from database version 18.4
-- Dumped by pg_dump version 18.4

SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SELECT pg_catalog.set_config('search_path', '', false);

`
export const TAIL = `--
-- PostgreSQL database dump complete
--
`

export function copyScript(tables: readonly SourceTable[]): string {
  const ddl = tables.map(({ spec }) => `${ddlOf(spec)};\n\n`).join('')
  const rows = tables.map(table => `${announcement(table)}${copyStatement(table)}${copyLines(table)}\\.\n\n`).join('')
  return `${HEAD}${ddl}${rows}${TAIL}`
}

/** `--inserts`, so many rows to a statement; tables take turns, so that statements of several stand among each other. */
export function insertScript(tables: readonly SourceTable[], rowsPerInsert: number): string {
  const ddl = tables.map(({ spec }) => `${ddlOf(spec)};\n\n`).join('')
  const statements = tables.map(table => {
    const rows = rowTexts(table).map(row => `(${row.map(literal).join(', ')})`)
    const into = `INSERT INTO public.${quoted(table.spec.name)} VALUES\n\t`
    return Array.from(
      { length: Math.ceil(rows.length / rowsPerInsert) },
      (_, i) => `${into}${rows.slice(i * rowsPerInsert, (i + 1) * rowsPerInsert).join(',\n\t')};\n`,
    )
  })
  const longest = Math.max(0, ...statements.map(list => list.length))
  const turns = Array.from({ length: longest }, (_, i) => statements.map(list => list[i] ?? '').join('')).join('')
  return `${HEAD}${ddl}${tables.map(announcement).join('')}${turns}${TAIL}`
}

function announcement({ spec }: SourceTable): string {
  return `--\n-- Data for Name: ${spec.name}; Type: TABLE DATA; Schema: public; Owner: -\n--\n\n`
}

function literal(text: string | null): string {
  return text === null ? 'NULL' : `'${text.replaceAll("'", "''")}'`
}
