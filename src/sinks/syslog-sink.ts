// Events as syslog messages over TCP or TLS. The protocol has no acknowledgement: what the system took and the other side never
// read is lost without a sign, and what was sent in part is sent again whole.
import { connect as connectTcp, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { MirrorwafError, reasonOf } from '../errors.js'
import { formatEvent } from './formats/event-format.js'
import { linesOf, readEvent } from './read-event.js'
import { severityOf } from './severity.js'
import type { EventBlock, Sink, WriteResult } from './sink.js'
import { readTlsFiles, type TlsMaterial } from './sink-files.js'
import type { SyslogSpec } from './sink-spec.js'
import { frameSyslog, type SyslogOrigin } from './syslog-message.js'

const batchLimitBytes = 256 * 1024
const decoder = new TextDecoder()

export class SyslogSink implements Sink {
  readonly name: string
  readonly batchLimitBytes: number = batchLimitBytes
  readonly #spec: SyslogSpec
  readonly #origin: SyslogOrigin
  #tls: TlsMaterial = {}
  #socket: Socket | undefined
  #isClosed = false

  constructor(spec: SyslogSpec, origin: SyslogOrigin) {
    this.#spec = spec
    this.#origin = origin
    const host = spec.host.includes(':') ? `[${spec.host}]` : spec.host
    this.name = `syslog:${spec.isTls ? 'tls' : 'tcp'}://${host}:${spec.port}`
  }

  async open(): Promise<void> {
    try {
      this.#tls = await readTlsFiles(this.#spec.tls)
    } catch (thrown) {
      throw new MirrorwafError('MWAF_SINK_TARGET', { target: this.name, reason: reasonOf(thrown) }, thrown)
    }
  }

  async write(block: EventBlock): Promise<WriteResult> {
    try {
      this.#socket ??= await this.#connect()
      await this.#send(this.#socket, this.#frame(block))
      return { kind: 'written' }
    } catch (thrown) {
      await this.reopen()
      return { kind: 'retry', detail: reasonOf(thrown), retryAfterMs: undefined }
    }
  }

  /** The next write connects anew. */
  async reopen(): Promise<void> {
    this.#socket?.destroy()
    this.#socket = undefined
  }

  async close(): Promise<void> {
    this.#isClosed = true
    // What the system has taken still goes out; a connection that is being made is given up.
    this.#socket?.end()
    this.#socket?.unref()
    this.#socket = undefined
  }

  #frame({ lines }: EventBlock): Buffer {
    const frames: Buffer[] = []
    for (const line of linesOf(lines)) {
      const event = readEvent(line)
      const native = decoder.decode(line).trimEnd()
      const now = new Date().toISOString()
      if (event === undefined) frames.push(frameSyslog(this.#origin, 'info', now, native))
      else {
        const text = formatEvent(event, this.#spec.format) ?? native
        frames.push(frameSyslog(this.#origin, severityOf(event), event.timestamp, text))
      }
    }
    return Buffer.concat(frames)
  }

  #connect(): Promise<Socket> {
    if (this.#isClosed) return Promise.reject(new Error('it is closed'))
    const { host, port, isTls, timeoutMs } = this.#spec
    return new Promise((resolve, reject) => {
      const socket = isTls
        ? connectTls({ host, port, ...this.#tls, minVersion: 'TLSv1.2' }, ready)
        : connectTcp({ host, port }, ready)
      const timer = setTimeout(() => socket.destroy(new Error(`no connection within ${timeoutMs} ms`)), timeoutMs)
      socket.setKeepAlive(true, timeoutMs)
      // Also later: an error without a hearer would end the thread.
      socket.on('error', fail)
      socket.on('close', () => {
        fail(new Error('the connection was closed'))
        if (this.#socket === socket) this.#socket = undefined
      })
      // Whatever a receiver says is read away, so that its end is seen.
      socket.resume()
      function ready(): void {
        clearTimeout(timer)
        resolve(socket)
      }
      function fail(error: Error): void {
        clearTimeout(timer)
        reject(error)
      }
    })
  }

  #send(socket: Socket, bytes: Buffer): Promise<void> {
    const { timeoutMs } = this.#spec
    return new Promise((resolve, reject) => {
      const onClose = (): void => settle(new Error('the connection was closed'))
      const timer = setTimeout(() => settle(new Error(`not taken within ${timeoutMs} ms`)), timeoutMs)
      socket.once('close', onClose)
      socket.write(bytes, (error) => settle(error ?? undefined))
      function settle(error: Error | undefined): void {
        clearTimeout(timer)
        socket.off('close', onClose)
        if (error === undefined) resolve()
        else reject(error)
      }
    })
  }
}
