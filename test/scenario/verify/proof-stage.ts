import { join } from 'node:path'
import { migrate, type VerifyOptions, verify } from '../../../src/index.ts'
import type { VerifyResult } from '../../../src/model/results.ts'
import { newDatabase, type TestDatabase, type TestLike } from '../../support/postgres.ts'
import { TEST_SALT, workFolder } from '../../support/rehouse-process.ts'
import { LEGACY_SQL, MANIFEST, SOUTH_SQL, TARGET_SQL } from './school-manifest.ts'

/** Two legacy databases, migrated into one target that can be changed and put back. */
export interface ProofStage {
  readonly target: TestDatabase
  readonly folder: string
  readonly env: Readonly<Record<string, string>>
  readonly sources: Readonly<Record<'north' | 'south', TestDatabase>>
  migrate(manifest?: string): Promise<void>
  verify(options?: Partial<VerifyOptions>): Promise<VerifyResult>
  /** Remembers every row of target and ledger as they are now. */
  keep(): Promise<void>
  /** As it was when it was kept. */
  restore(): Promise<void>
}

export async function openProofStage(t: TestLike): Promise<ProofStage> {
  const sources = { north: await newDatabase(t), south: await newDatabase(t) }
  for (const source of Object.values(sources)) await source.script(LEGACY_SQL)
  await sources.south.script(SOUTH_SQL)
  const target = await newDatabase(t)
  await target.script(TARGET_SQL)
  const folder = workFolder(t, { 'rehouse.yaml': MANIFEST })
  const [north, south] = [sources.north.url, sources.south.url]
  const env = {
    LEGACY_north: north,
    LEGACY_south: south,
    SWAPPED_north: south,
    SWAPPED_south: north,
    APP: target.url,
    REHOUSE_SALT: TEST_SALT,
    HOME: folder,
  }
  const manifest = join(folder, 'rehouse.yaml')
  return {
    target,
    folder,
    env,
    sources,
    migrate: async (file = manifest) => {
      const result = await migrate({ manifest: file, env })
      if (result.status !== 'findings') throw new Error(`expected a run with findings, got ${JSON.stringify(result)}`)
    },
    verify: options => verify({ manifest, env, showValues: true, ...options }),
    keep: () => target.script(KEEP),
    restore: () => target.script(RESTORE),
  }
}

const EACH = `select n.nspname as schema, c.relname as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
  where n.nspname in ('app', 'rehouse') and c.relkind = 'r'`

const KEEP = `create schema kept;
do $$ declare t record; begin
  for t in ${EACH} loop execute format('create table kept.%I as table %I.%I', t.schema || '_' || t.name, t.schema, t.name); end loop;
end $$`

/** Constraints that were added or dropped are put back too. */
const RESTORE = `
set session_replication_role = replica;
alter table app.contacts drop constraint if exists phone_owner;
do $$ declare t record; columns text; begin
  for t in ${EACH} loop
    select string_agg(quote_ident(attname), ', ' order by attnum) into columns from pg_attribute
      where attrelid = format('%I.%I', t.schema, t.name)::regclass and attnum > 0 and not attisdropped;
    execute format('delete from %I.%I', t.schema, t.name);
    execute format('insert into %I.%I (%s) overriding system value select %s from kept.%I', t.schema, t.name, columns, columns, t.schema || '_' || t.name);
  end loop;
end $$;
set session_replication_role = origin`
