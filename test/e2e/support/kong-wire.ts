// Kong's side of the plugin protocol, as in kong/runloop/plugin_servers: MessagePack-RPC over a Unix socket, one call at a time
// on a connection; while a phase runs, each answer of the plugin server is either a question to the PDK or "ret".
import { connect, type Socket } from 'node:net'
import { decodeMsgpack, type MsgpackValue } from './msgpack.js'
import { encodeMsgpack, type Packable } from './msgpack-encode.js'

/** What Kong answers a plugin's questions with. A name that is missing is an error of the test. */
export type PdkAnswers = Readonly<Record<string, (...args: readonly MsgpackValue[]) => Packable>>

/** One Kong worker with one connection to a plugin server. */
export class KongWire {
  readonly #path: string
  #socket: Socket | undefined
  #messageId = 0

  constructor(path: string) {
    this.#path = path
  }

  /** @throws Error with the plugin server's words when it refuses. */
  async call(method: string, ...args: readonly Packable[]): Promise<MsgpackValue> {
    this.#messageId += 1
    const socket = (this.#socket ??= connect(this.#path))
    const answer = await roundTrip(socket, encodeMsgpack([0, this.#messageId, method, args]))
    if (!Array.isArray(answer)) throw new Error('the answer is no list')
    const [kind, id, error, result] = answer
    if (kind !== 1 || id !== this.#messageId)
      throw new Error(`answer ${String(kind)} ${String(id)} to ${this.#messageId}`)
    if (error !== null) throw new Error(String(error))
    return result ?? null
  }

  /** @returns the number of the instance. */
  async startInstance(name: string, config: object): Promise<number> {
    return Number(field(await this.call('plugin.StartInstance', { Name: name, Config: JSON.stringify(config) }), 'Id'))
  }

  /** Runs one phase to its end. @returns the questions that were asked. */
  async runPhase(instance: number, phase: string, answers: PdkAnswers): Promise<readonly string[]> {
    const asked: string[] = []
    let step = await this.call('plugin.HandleEvent', { InstanceId: instance, EventName: phase })
    const event = Number(field(step, 'EventId'))
    for (;;) {
      const data = field(step, 'Data')
      if (data === 'ret') return asked
      const method = String(field(data, 'Method'))
      const args = field(data, 'Args')
      asked.push(method)
      const answer = answers[method]
      if (answer === undefined) throw new Error(`${method} was asked, which this request has no answer to`)
      const value = answer(...(Array.isArray(args) ? args : []))
      const stepMethod = method.endsWith('.get_headers') ? 'plugin.StepMultiMap' : 'plugin.Step'
      step = await this.call(stepMethod, { EventId: event, Data: value })
    }
  }

  close(): void {
    this.#socket?.destroy()
  }
}

/** A member of a map. */
export function field(value: MsgpackValue | undefined, name: string): MsgpackValue {
  return value instanceof Map ? (value.get(name) ?? null) : null
}

function roundTrip(socket: Socket, bytes: Buffer): Promise<MsgpackValue> {
  return new Promise((resolve, reject) => {
    let received = Buffer.alloc(0)
    const stop = (): void => {
      socket.off('data', onData)
      socket.off('error', onError)
      socket.off('close', onClose)
    }
    const onData = (piece: Buffer): void => {
      received = Buffer.concat([received, piece])
      try {
        const value = decodeMsgpack(received)
        stop()
        resolve(value)
      } catch {
        // A cut value: the rest is on its way; if it is not, the connection's end or the test's time-out says so.
      }
    }
    const onError = (error: Error): void => {
      stop()
      reject(error)
    }
    const onClose = (): void => onError(new Error('the plugin server hung up'))
    socket.on('data', onData)
    socket.on('error', onError)
    socket.on('close', onClose)
    socket.write(bytes)
  })
}
