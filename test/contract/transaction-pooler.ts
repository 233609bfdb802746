import { once } from 'node:events'
import { createServer, type Socket } from 'node:net'
import pg from 'pg'

/** What PgBouncer in transaction mode is to its clients, as small as it can be: one backend, lent to whoever speaks until it is ready for the next. */
export interface TransactionPooler {
  readonly url: string
  close(): Promise<void>
}

const READY = 'Z'.charCodeAt(0)
const GOODBYE = 'X'.charCodeAt(0)
const IDLE = 'I'.charCodeAt(0)

export async function startTransactionPooler(url: string): Promise<TransactionPooler> {
  const client = new pg.Client({ connectionString: url })
  client.on('error', () => undefined)
  await client.connect()
  // The driver's socket, taken over once it has logged in.
  const { stream: backend } = (client as unknown as { connection: { stream: Socket } }).connection
  backend.removeAllListeners('data')
  let holder: Socket | null = null
  const waiting: (() => void)[] = []
  backend.on('data', bytes => {
    holder?.write(bytes)
    if (!isIdle(bytes)) return
    holder = null
    waiting.shift()?.()
  })
  const sockets = new Set<Socket>()
  const server = createServer(socket => {
    sockets.add(socket)
    socket.on('error', () => undefined)
    socket.once('data', () => {
      socket.write(welcome(1_000_000 + sockets.size))
      socket.on('data', bytes => {
        if (bytes[0] === GOODBYE) return socket.end()
        const speak = (): void => {
          holder = socket
          backend.write(bytes)
        }
        if (holder === null || holder === socket) speak()
        else waiting.push(speak)
      })
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = new URL(url)
  address.port = String((server.address() as { port: number }).port)
  return {
    url: address.href,
    close: async () => {
      for (const socket of sockets) socket.destroy()
      backend.destroy()
      if (server.listening) await new Promise(resolve => server.close(resolve))
    },
  }
}

/** The last message says that no transaction is open. Answers here are small: each comes in one piece. */
function isIdle(bytes: Buffer): boolean {
  return bytes.length >= 6 && bytes[bytes.length - 6] === READY && bytes[bytes.length - 1] === IDLE
}

/** Authentication done, a process id of the pooler's own, ready. */
function welcome(pid: number): Buffer {
  const key = Buffer.alloc(13)
  key.write('K')
  key.writeInt32BE(12, 1)
  key.writeInt32BE(pid, 5)
  return Buffer.concat([Buffer.from([0x52, 0, 0, 0, 8, 0, 0, 0, 0]), key, Buffer.from([READY, 0, 0, 0, 5, IDLE])])
}
