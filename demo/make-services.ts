import { readFileSync } from 'node:fs'
import { SERVICES, type ServiceName } from './districts.ts'
import { makeDatabase, type Server } from './make-legacy.ts'

/** Makes the three service databases, anew and without rows, as their owners would. `name` gives a service's database. */
export async function makeServices(server: Server, name: (service: ServiceName) => string): Promise<void> {
  for (const service of SERVICES) {
    const script = readFileSync(new URL(`services/${service}.sql`, import.meta.url), 'utf8')
    await makeDatabase(server, name(service), {}, [script])
  }
}
