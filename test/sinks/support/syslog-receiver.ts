// A syslog receiver over TCP or TLS that reads frames by their octet counts.
import { createServer, type Server, type Socket } from 'node:net'
import { createServer as createTlsServer, type TlsOptions } from 'node:tls'
import type { Test } from 'tap'

export interface SyslogReceiver {
  readonly port: number
  readonly messages: string[]
  readonly sockets: Set<Socket>
  close(): void
}

export async function startSyslogReceiver(t: Test, port = 0, tls?: TlsOptions): Promise<SyslogReceiver> {
  const messages: string[] = []
  const sockets = new Set<Socket>()
  const listener = (socket: Socket): void => {
    sockets.add(socket)
    let waiting = Buffer.alloc(0)
    socket.on('error', () => {})
    socket.on('data', (chunk: Buffer) => {
      waiting = Buffer.concat([waiting, chunk])
      for (;;) {
        const [frame = '', digits = ''] = /^(\d+) /.exec(waiting.toString('latin1', 0, 12)) ?? []
        const end = frame.length + Number(digits)
        if (frame === '' || waiting.byteLength < end) return
        messages.push(waiting.toString('utf8', frame.length, end))
        waiting = waiting.subarray(end)
      }
    })
  }
  const server: Server = tls === undefined ? createServer(listener) : createTlsServer(tls, listener)
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  const close = (): void => {
    for (const socket of sockets) socket.destroy()
    server.close()
  }
  t.teardown(close)
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  return { port: address.port, messages, sockets, close }
}
