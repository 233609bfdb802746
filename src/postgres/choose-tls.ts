import type { ConnectionOptions } from 'node:tls'
import { Session } from './session.ts'

/**
 * Which of several ways to connect works: `sslmode` allow and prefer mean to try two. Asks the server only where there is a choice; the failure of the last is the one reported.
 */
export async function chooseTls(
  address: { readonly url: string; readonly tls: readonly (ConnectionOptions | false)[] },
  side: 'source' | 'target',
): Promise<ConnectionOptions | false> {
  const [first, ...others] = address.tls
  if (first === undefined) return false
  if (others.length === 0) return first
  try {
    const session = await Session.open({ url: address.url, ssl: first, applicationName: 'rehouse', side })
    await session.close()
    return first
  } catch {
    // What is wrong besides TLS shows again with the next way, and is reported then.
    return chooseTls({ url: address.url, tls: others }, side)
  }
}
