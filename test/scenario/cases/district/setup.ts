import { cpSync, mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { handOver } from '../../../../demo/hand-over.ts'
import { withSession } from '../../../../demo/make-legacy.ts'
import { newDatabase, type TestDatabase, type TestLike, testServer } from '../../../support/postgres.ts'
import { TEST_SALT, workFolder } from '../../../support/rehouse-process.ts'

export interface District {
  readonly code: string
  readonly database: string
  readonly zone: string
  readonly students: number
  readonly isOld: boolean
}

export const DISTRICTS: readonly District[] = [
  { code: 'ALDER', database: 'Alder', zone: 'America/New_York', students: 180, isOld: false },
  { code: 'BIRCH', database: 'Birch', zone: 'America/Chicago', students: 120, isOld: false },
  { code: 'CEDAR', database: 'Cedar', zone: 'America/Los_Angeles', students: 90, isOld: true },
]
export const SERVICES = ['identity', 'configuration', 'student', 'staff', 'section', 'assessment'] as const

export interface Bed {
  /** As they were before they were handed over, by the tenant’s code; '' = the shared one. For the oracle only. */
  readonly legacy: ReadonlyMap<string, TestDatabase>
  readonly services: ReadonlyMap<string, TestDatabase>
  readonly folder: string
  readonly options: { readonly manifest: string; readonly env: Readonly<Record<string, string>> }
  /** Writes the files again, as the databases are now. */
  handOver(): Promise<void>
  /** Empty services of their own. */
  another(): Promise<Pick<Bed, 'services' | 'options'>>
}

const here = (name: string): string => join(import.meta.dirname, name)
const read = (name: string): string => readFileSync(here(name), 'utf8')

export async function openBed(t: TestLike): Promise<Bed> {
  const legacy = new Map<string, TestDatabase>()
  const login = await newDatabase(t)
  await login.script(read('login.sql'))
  legacy.set('', login)
  for (const [i, district] of DISTRICTS.entries()) legacy.set(district.code, await districtDatabase(t, { district, number: i + 1 }))
  const folder = workFolder(t)
  cpSync(here('rehouse.yaml'), join(folder, 'rehouse.yaml'))
  const handedOver = async (): Promise<void> => {
    mkdirSync(join(folder, 'exports'), { recursive: true })
    for (const [code, database] of legacy) {
      const name = DISTRICTS.find(district => district.code === code)?.database ?? 'Login'
      await withSession(database.url, {}, session => handOver(session, { path: join(folder, 'exports', `${name}.bacpac`), database: name }))
    }
  }
  await handedOver()
  const another = async (): Promise<Pick<Bed, 'services' | 'options'>> => {
    const services = await serviceDatabases(t)
    const urls = [...services].map(([name, { url }]) => [`${name.toUpperCase()}_DB`, url] as const)
    const env = { ...Object.fromEntries(urls), REHOUSE_SALT: TEST_SALT, REHOUSE_STAGING: (await testServer()).url('postgres') }
    return { services, options: { manifest: join(folder, 'rehouse.yaml'), env } }
  }
  return { legacy, folder, handOver: handedOver, another, ...(await another()) }
}

async function districtDatabase(t: TestLike, { district, number }: { district: District; number: number }): Promise<TestDatabase> {
  const database = await newDatabase(t)
  const settings = { 'case.number': String(number), 'case.students': String(district.students), synchronous_commit: 'off' }
  await withSession(database.url, settings, async session => {
    await session.script(read('district.sql'))
    if (district.isOld) await session.script(read('old-schema.sql'))
  })
  return database
}

/** The part of target.sql under the service’s name. */
async function serviceDatabases(t: TestLike): Promise<ReadonlyMap<string, TestDatabase>> {
  const parts = read('target.sql').split(/^-- (?=\w+$)/m)
  const made = new Map<string, TestDatabase>()
  for (const name of SERVICES) {
    const database = await newDatabase(t)
    await database.script(parts.find(part => part.startsWith(`${name}\n`))?.slice(name.length) ?? '')
    made.set(name, database)
  }
  return made
}
