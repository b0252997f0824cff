// A Datadog agent that writes down what it is sent and answers as the test says.
import http from 'node:http'
import type { Test } from 'tap'
import { decodeMsgpack, type MsgpackMap, type MsgpackValue } from '../../../e2e/support/msgpack.js'

export interface Payload {
  readonly method: string
  readonly url: string
  readonly headers: http.IncomingHttpHeaders
  readonly bytes: Buffer
  /** All spans of all traces. */
  readonly spans: readonly MsgpackMap[]
}

export class Agent {
  readonly payloads: Payload[] = []
  /** Status codes of the next answers; afterwards 200. */
  readonly statuses: number[] = []
  /** Body of answers. */
  answer = '{}'
  readonly #server: http.Server

  private constructor() {
    this.#server = http.createServer((request, response) => this.#serve(request, response))
  }

  /** @param place - 0 for a free loopback port, or the path of a socket. Ends with the test. */
  static async start(t: Test, place: number | string = 0): Promise<Agent> {
    const agent = new Agent()
    await new Promise<void>((resolve, reject) => {
      agent.#server.once('error', reject)
      if (typeof place === 'string') agent.#server.listen(place, resolve)
      else agent.#server.listen(place, '127.0.0.1', resolve)
    })
    t.teardown(() => agent.stop())
    return agent
  }

  get port(): number {
    const address = this.#server.address()
    return typeof address === 'object' && address !== null ? address.port : 0
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`
  }

  get spans(): readonly MsgpackMap[] {
    return this.payloads.flatMap(({ spans }) => spans)
  }

  stop(): void {
    this.#server.closeAllConnections()
    this.#server.close()
  }

  #serve(request: http.IncomingMessage, response: http.ServerResponse): void {
    const pieces: Buffer[] = []
    request.on('data', (piece: Buffer) => pieces.push(piece))
    request.on('end', () => {
      const bytes = Buffer.concat(pieces)
      const { method = '', url = '', headers } = request
      this.payloads.push({ method, url, headers, bytes, spans: spansIn(decodeMsgpack(bytes)) })
      response.writeHead(this.statuses.shift() ?? 200, { 'Content-Type': 'application/json' })
      response.end(this.answer)
    })
  }
}

/** A string tag of a span. */
export function metaOf(span: MsgpackMap | undefined, name: string): MsgpackValue | undefined {
  return mapIn(span, 'meta').get(name)
}

/** A number tag of a span. */
export function metricOf(span: MsgpackMap | undefined, name: string): MsgpackValue | undefined {
  return mapIn(span, 'metrics').get(name)
}

function mapIn(span: MsgpackMap | undefined, name: string): MsgpackMap {
  const found = span?.get(name)
  return found instanceof Map ? found : new Map()
}

function spansIn(payload: MsgpackValue): readonly MsgpackMap[] {
  const spans = listIn(payload).flatMap(listIn)
  return spans.flatMap((span) => (span instanceof Map ? [span] : []))
}

function listIn(value: MsgpackValue): readonly MsgpackValue[] {
  if (Array.isArray(value)) return value
  throw new Error('a payload is a list of traces, a trace a list of spans')
}
