// A client of the receiver that writes exactly the bytes it is told to and shows exactly what comes back.
import { connect as connectTcp, type NetConnectOpts, type Socket } from 'node:net'
import { type ConnectionOptions, connect as connectTls } from 'node:tls'
import { waitUntil } from '../../e2e/support/wait-until.js'

/** One connection. `received` is latin1 text of all that came. */
export class Client {
  received = ''
  /** The receiver has sent its FIN. */
  isEnded = false
  isClosed = false
  /** Why the connection broke, `ECONNRESET` for example; undefined while it did not. */
  errorCode: string | undefined
  readonly socket: Socket

  private constructor(socket: Socket) {
    this.socket = socket
    socket.on('data', (chunk: Buffer) => {
      this.received += chunk.toString('latin1')
    })
    socket.on('end', () => {
      this.isEnded = true
    })
    socket.on('error', (error: NodeJS.ErrnoException) => {
      this.errorCode = error.code
    })
    socket.on('close', () => {
      this.isClosed = true
    })
  }

  /** @param address - as `Listener.open` gives it. */
  static async connect(address: string): Promise<Client> {
    const socket = connectTcp({ ...optionsFor(address), allowHalfOpen: true })
    socket.setNoDelay(true)
    return Client.#whenConnected(socket, 'connect')
  }

  static async connectTls(address: string, options: ConnectionOptions): Promise<Client> {
    const { port } = addressParts(address)
    return Client.#whenConnected(connectTls({ host: '127.0.0.1', port, ...options }), 'secureConnect')
  }

  static async #whenConnected(socket: Socket, event: string): Promise<Client> {
    const client = new Client(socket)
    await new Promise((resolve, reject) => {
      socket.once(event, resolve)
      socket.once('error', reject)
    })
    return client
  }

  send(...texts: readonly string[]): void {
    for (const text of texts) this.socket.write(text, 'latin1')
  }

  /** Half-close: nothing more is sent, but what comes is read. */
  end(): void {
    this.socket.end()
  }

  /** Waits until `text` has come, as often as `count` says. */
  async awaitText(text: string, count = 1): Promise<void> {
    await waitUntil(
      `${count} times ${JSON.stringify(text)}`,
      () => this.received.split(text).length > count || undefined,
      () => JSON.stringify(this.received),
    )
  }

  async awaitEnd(): Promise<void> {
    await waitUntil('the end of the connection', () => this.isEnded || this.isClosed || undefined)
  }

  close(): void {
    this.socket.destroy()
  }
}

/** Where to connect for an address as the listener describes it. */
function optionsFor(address: string): NetConnectOpts {
  if (address.startsWith('unix:')) return { path: address.slice('unix:'.length) }
  const { host, port } = addressParts(address)
  return { host: host === '::' || host === '0.0.0.0' ? '127.0.0.1' : host, port }
}

/** `[::1]:80` and `127.0.0.1:80` in parts. */
export function addressParts(address: string): { readonly host: string; readonly port: number } {
  const at = address.lastIndexOf(':')
  return { host: address.slice(0, at).replace(/^\[|\]$/g, ''), port: Number(address.slice(at + 1)) }
}
