import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { type CheckedManifest, checkManifest } from '../../../src/manifest/read-manifest.ts'
import type { Finding } from '../../../src/model/finding.ts'
import type { Mapping } from '../../../src/model/mapping.ts'

export const EXAMPLES = ['smallest', 'districts', 'learning', 'constructs'] as const

export function example(name: (typeof EXAMPLES)[number]): string {
  return readFileSync(new URL(`../../fixtures/manifests/${name}.yaml`, import.meta.url), 'utf8')
}

export function check(text: string, set: Readonly<Record<string, string>> = {}): CheckedManifest {
  return checkManifest({ file: 'rehouse.yaml', text, options: { set } })
}

export function read(text: string, set: Readonly<Record<string, string>> = {}): Mapping {
  const { mapping, findings } = check(text, set)
  assert.ok(mapping, JSON.stringify(findings, null, 2))
  return mapping
}

export function findingsOf(text: string, set: Readonly<Record<string, string>> = {}): readonly Finding[] {
  return check(text, set).findings
}

/** A manifest with one entity; the parts a test is about replace the others. */
export function manifest(parts: { top?: string; columns?: string; entity?: string; into?: string } = {}): string {
  const into = parts.into ?? `      public.people:\n        columns: ${parts.columns ?? '{ name: name }'}`
  return `migration: m
sources: { legacy: env:LEGACY_DB }
services: { app: { url: env:APP_DB } }
${parts.top ?? ''}
entities:
  person:
    service: app
    from: public.person
${parts.entity ?? ''}
    into:
${into}
`
}
