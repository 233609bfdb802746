import { isPerTenant } from '../base/address-template.ts'
import { splitName } from '../base/table-label.ts'
import { type Entity, type Exclusion, type Mapping, type Related, VIEWS } from '../model/mapping.ts'
import { checkCleanse } from './check-cleanse.ts'
import { checkEntity } from './check-entity.ts'
import { checkFunctions } from './check-functions.ts'
import { checkSourceName, unknownName } from './check-names.ts'
import { checkPhases } from './check-phases.ts'
import type { Problems } from './problems.ts'
import type { Tree } from './tree.ts'
import { child, oneOrMany } from './tree-access.ts'

/** What no single place of a manifest can tell: names that must exist, entities in exactly one phase, rows of one tenant kept from the others. */
export function checkMapping(manifest: Tree, mapping: Mapping, problems: Problems): void {
  checkAddresses(mapping, problems)
  checkTenants(mapping, problems)
  checkCleanse(mapping, problems)
  checkFunctions(mapping, problems)
  checkPhases(manifest, mapping.entities, problems)
  for (const exclusion of [...mapping.exclude.tables, ...mapping.exclude.columns]) checkExclusion(exclusion, mapping, problems)
  for (const exclusion of mapping.exclude.tables) checkAudited(exclusion, problems)
  for (const { rows, at } of mapping.exclude.columns)
    if (rows !== null)
      problems.add({
        code: 'MANIFEST_INVALID',
        at,
        message: `expected \`rows\` only beside an excluded table, got \`rows: ${rows}\` beside a column`,
        next: 'Take `rows` out: leaving a column out leaves out no row.',
      })
  checkViews(mapping, problems)
  checkFinish(manifest, mapping, problems)
  for (const entity of mapping.entities) checkEntity(manifest, entity, { mapping, problems })
}

/** In which database is said where there are several. */
function checkFinish(manifest: Tree, { services, finish }: Mapping, problems: Problems): void {
  const names = services.map(service => service.name)
  for (const [i, { service, at }] of finish.entries()) {
    const isUnsaid = oneOrMany(child(manifest, 'finish'))[i]?.kind !== 'map'
    if (!names.includes(service)) problems.add({ at, ...unknownName('a service', service, names) })
    else if (isUnsaid && names.length > 1)
      problems.add({
        code: 'MANIFEST_INVALID',
        at,
        message: `expected the service a statement under \`finish\` is for, got ${names.length} services and none named`,
        next: `Write { service: ${service}, sql: … }.`,
      })
  }
}

/** `view/name` is one of the mapping's. */
function checkViews(mapping: Mapping, problems: Problems): void {
  const names = mapping.views.map(view => view.name)
  const check = ({ from, at }: { readonly from: Entity['from']; readonly at: Entity['at'] }, entity: string): void => {
    const isView = from.schema === VIEWS && from.source === mapping.sources[0]?.name
    if (isView && names.length > 0 && !names.includes(from.name)) problems.add({ at, ...unknownName('a view', from.name, names), entity })
  }
  const checkRelated = (related: readonly Related[], entity: string): void => {
    for (const one of related) {
      check(one, entity)
      checkRelated(one.with, entity)
    }
  }
  for (const entity of mapping.entities) {
    check(entity, entity.name)
    checkRelated(entity.with, entity.name)
  }
}

const LITERAL_PASSWORD = /^postgres(?:ql)?:\/\/[^:@/]*:(?!env:|file:)[^@/?]+@|[?&]password=(?!env:|file:)[^&]/

function checkAddresses(mapping: Mapping, problems: Problems): void {
  for (const { url, at } of mapping.sources) {
    if (/\{(?!tenant\.[^{}\s]+\})/.test(url))
      problems.add({
        code: 'MANIFEST_INVALID',
        at,
        message: 'expected {tenant.COLUMN} where an address has braces, got something else',
        next: 'Write {tenant.code}, or another column of the tenants.',
      })
    if (isPerTenant(url) && mapping.tenants.kind === 'single')
      problems.add({
        code: 'MANIFEST_INVALID',
        at,
        message: 'expected tenants for an address with {tenant.…}, got `tenants: single`',
        next: 'List the tenants under `tenants`.',
      })
  }
  for (const { url, at } of mapping.services)
    if (url.includes('{'))
      problems.add({
        code: 'MANIFEST_NOT_SUPPORTED',
        at,
        message: 'expected one database per service, got an address with {…}; a target database per tenant is not supported yet',
        next: 'Give the service one database and a `tenant_column`.',
      })
  for (const { url, at } of [...mapping.sources, ...mapping.services, ...(mapping.staging ? [mapping.staging] : [])])
    if (LITERAL_PASSWORD.test(url))
      problems.add({
        code: 'MANIFEST_SECRET',
        at,
        isWarning: true,
        message: 'expected a reference to the password, got the password itself in the manifest',
        next: 'Write postgres://USER:env:NAME@HOST/DATABASE, or env:NAME for the whole address.',
      })
}

function checkTenants(mapping: Mapping, problems: Problems): void {
  const { tenants } = mapping
  if (tenants.kind !== 'relation') return
  checkSourceName(tenants.relation, tenants.at, { mapping, problems })
  const source = mapping.sources.find(({ name }) => name === tenants.relation.source)
  if (source && isPerTenant(source.url))
    problems.add({
      code: 'MANIFEST_INVALID',
      at: tenants.at,
      message: `expected tenants from a shared source, got \`${source.name}\`, of which there is one per tenant`,
      next: 'Take them from a source without {tenant.…}, or from a CSV file.',
    })
}

/** Each row is listed under the table's own key: it must be told which table. */
function checkAudited({ pattern, rows, at }: Exclusion, problems: Problems): void {
  const isOpen = splitName(pattern).parts.some(part => !part.isQuoted && part.text.includes('*'))
  if (rows !== 'audit' || !isOpen) return
  problems.add({
    code: 'MANIFEST_INVALID',
    at,
    message: `expected the name of one table for \`rows: audit\`, got \`${pattern}\`, which may mean several`,
    next: 'Name each table by itself, or write `rows: count`.',
  })
}

function checkExclusion(exclusion: Exclusion, mapping: Mapping, problems: Problems): void {
  const { source } = splitName(exclusion.pattern)
  if (source !== null) checkSourceName({ source, schema: '', name: '' }, exclusion.at, { mapping, problems })
}
