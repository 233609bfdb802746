import type { Flag } from './command-shape.ts'

/** Flags several commands have. */
export const DEFAULT_MANIFEST = 'rehouse.yaml'

export const JSON_FLAG: Flag = {
  name: 'json',
  type: 'switch',
  doc: 'Print exactly one JSON object on stdout; progress goes to stderr as JSON lines',
}

export const MANIFEST_FLAGS: readonly Flag[] = [
  { name: 'manifest', short: 'm', type: 'text', value: 'FILE', doc: 'The manifest', default: DEFAULT_MANIFEST },
  {
    name: 'env-file',
    type: 'text',
    value: 'FILE',
    doc: 'Where settings and secrets are read from that the environment does not have; default is .env beside the manifest, where there is one',
  },
  { name: 'set', type: 'pairs', value: 'NAME=VALUE', doc: 'Choose the value of one of the manifest’s options; repeatable' },
  JSON_FLAG,
]

export const OPERATOR_FLAG: Flag = {
  name: 'operator',
  type: 'text',
  value: 'NAME',
  doc: 'Who the ledger says did it; default is the login name',
}

export const QUARANTINE_FILTERS: readonly Flag[] = [
  { name: 'tenant', type: 'text', value: 'CODE', doc: 'Only this tenant' },
  { name: 'entity', type: 'text', value: 'NAME', doc: 'Only this entity' },
  { name: 'code', type: 'text', value: 'CODE', doc: 'Only rows refused with this code' },
  {
    name: 'key',
    type: 'text',
    value: 'KEY',
    doc: 'Only the row with this legacy key; a composite key is comma-separated, quoted as in CSV',
  },
  { name: 'run', type: 'text', value: 'RUN', doc: 'Only rows refused in this run' },
]
