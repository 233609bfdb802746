import { connect, createServer, type Socket } from 'node:net'

/** A wire to a server that can be cut: every connection through it ends at once, on both ends, without a word. New ones are let through again. */
export interface Proxy {
  readonly port: number
  cut(): void
  close(): Promise<void>
}

export async function openProxy(host: string, port: number): Promise<Proxy> {
  const open = new Set<Socket>()
  const server = createServer(near => {
    const far = connect(port, host)
    for (const [a, b] of [
      [near, far],
      [far, near],
    ] as const) {
      open.add(a)
      a.setNoDelay(true)
      a.on('data', chunk => {
        if (!b.write(chunk)) a.pause()
      })
      b.on('drain', () => a.resume())
      // An end of either is the end of both.
      a.on('error', () => undefined)
      a.on('close', () => {
        open.delete(a)
        b.destroy()
      })
    }
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const cut = (): void => {
    for (const socket of open) socket.resetAndDestroy()
  }
  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    cut,
    close: () => {
      cut()
      return new Promise(resolve => server.close(() => resolve()))
    },
  }
}
