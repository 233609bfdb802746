import { createHash } from 'node:crypto'
import { createServer, type Server } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { RehouseError } from '../errors.ts'

const WAIT_MS = 120_000
const POLL_MS = 25

/**
 * Runs `work` while no other process on this machine does so for the same folder; the others wait.
 * The lock is a socket name in Linux' abstract namespace: the kernel gives it to one process only and takes it back when that process ends, however it ends.
 * Throws EMBEDDED_FAILED when the lock is not free within two minutes.
 */
export async function withFolderLock<T>(folder: string, work: () => Promise<T>, waitMs = WAIT_MS): Promise<T> {
  const lock = await takeLock(folder, waitMs)
  try {
    return await work()
  } finally {
    await new Promise<void>(resolve => lock.close(() => resolve()))
  }
}

async function takeLock(folder: string, waitMs: number): Promise<Server> {
  const name = `\0rehouse-embedded-${createHash('sha256').update(folder).digest('hex').slice(0, 32)}`
  for (const end = Date.now() + waitMs; ; await sleep(POLL_MS)) {
    const lock = await tryListen(name)
    if (lock) return lock
    if (Date.now() > end) {
      throw new RehouseError(
        'EMBEDDED_FAILED',
        `expected the lock of the built-in PostgreSQL to become free, got none within ${waitMs / 1000} s`,
        {
          where: { file: folder },
          next: 'Another process is starting or stopping it: end that process, then try again.',
        },
      )
    }
  }
}

function tryListen(name: string): Promise<Server | null> {
  const server = createServer(socket => socket.destroy())
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => (error.code === 'EADDRINUSE' ? resolve(null) : reject(error)))
    server.listen({ path: name, exclusive: true }, () => resolve(server))
  })
}
