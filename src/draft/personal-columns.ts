import { familyOf } from '../cast/sql-family.ts'
import type { SqlType } from '../model/sql-type.ts'
import { snakeCase } from './target-names.ts'

/** Tables about people: their texts are personal whatever a column is called. */
const PEOPLE = new Set(
  `person people persons customer customers client clients patient patients student students pupil pupils teacher teachers staff employee employees user users member
  members contact contacts guardian guardians parent parents child children applicant applicants candidate candidates owner owners driver drivers resident residents
  doctor doctors physician nurse visitor visitors subscriber subscribers beneficiary donor donors kunde kunden person personen mitarbeiter schueler lehrer`.split(
    /\s+/,
  ),
)
/** What a column holds of a person, whatever the table. */
const PERSONAL = new Set(
  `firstname lastname middlename fullname surname forename givenname familyname maiden nickname vorname nachname initials mail email phone telephone tel mobile cell fax
  street address addr city town county billing shipping postcode postal zip zipcode birth birthday birthdate birthplace dob born geburtsdatum ssn passport iban bic nationality religion ethnicity race gender sex
  marital signature ip latitude longitude lat lng lon username login note notes comment comments remark remarks memo bio biography message messages diagnosis allergy
  allergies medication salary income disability`.split(/\s+/),
)
const NAMES_OF = new Set([
  'first',
  'last',
  'middle',
  'full',
  'given',
  'family',
  'maiden',
  'user',
  'contact',
  'parent',
  'guardian',
  'display',
])

/** Whether a column may hold something about a person: by its name, and by its table's for texts. Examples leave it out. */
export function isPersonal(table: string, column: string, type: SqlType): boolean {
  const words = snakeCase(column).split('_')
  if (words.some(word => PERSONAL.has(word)) || PERSONAL.has(words.join(''))) return true
  if (words.includes('name') && words.some(word => NAMES_OF.has(word))) return true
  const family = familyOf(type)
  const isText = family === 'text' || family === 'bpchar' || family === 'json' || family === 'jsonb' || family === 'array'
  return (
    isText &&
    snakeCase(table)
      .split('_')
      .some(word => PEOPLE.has(word))
  )
}

const VOLATILE = new Set(
  'modified updated changed last seen accessed login logins balance stamp rowversion version revision counter attempts synced expires'.split(
    ' ',
  ),
)

/** Whether a column is likely to change between the draft and the migration: examples of it would be wrong through nobody's fault. */
export function isVolatile(column: string): boolean {
  return snakeCase(column)
    .split('_')
    .some(word => VOLATILE.has(word))
}
