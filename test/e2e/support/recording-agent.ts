// A Datadog agent that only writes down the spans it is sent: how the Go peer's verdicts are seen.
import http from 'node:http'
import type { Test } from 'tap'
import { portOf } from './free-ports.js'
import { decodeMsgpack, type MsgpackMap, type MsgpackValue } from './msgpack.js'

/** What this reads of a span: its string tags. */
export type SpanTags = MsgpackMap

export class RecordingAgent {
  readonly spans: SpanTags[] = []
  /** The same spans with all their fields. */
  readonly wholeSpans: MsgpackMap[] = []
  /** The first payload that could not be read. */
  failure: unknown
  readonly #server: http.Server

  private constructor() {
    this.#server = http.createServer((request, response) => this.#serve(request, response))
  }

  /** Listens on a free loopback port until the test `t` is over. */
  static async start(t: Test): Promise<RecordingAgent> {
    const agent = new RecordingAgent()
    await new Promise<void>((resolve, reject) => {
      agent.#server.once('error', reject)
      agent.#server.listen(0, '127.0.0.1', resolve)
    })
    t.teardown(() => {
      agent.#server.closeAllConnections()
      agent.#server.close()
    })
    return agent
  }

  get url(): string {
    return `http://127.0.0.1:${portOf(this.#server)}`
  }

  #serve(request: http.IncomingMessage, response: http.ServerResponse): void {
    const pieces: Buffer[] = []
    request.on('data', (piece) => pieces.push(Buffer.from(piece)))
    request.on('end', () => {
      if (request.url === '/v0.4/traces') this.#record(Buffer.concat(pieces))
      const isKnown = request.url === '/info' || request.url === '/v0.4/traces'
      response.writeHead(isKnown ? 200 : 404, { 'Content-Type': 'application/json' })
      // No span_meta_structs: then the matches come as JSON in a tag instead of a structure of their own.
      response.end(request.url === '/info' ? JSON.stringify({ endpoints: ['/v0.4/traces'] }) : '{}')
    })
  }

  #record(bytes: Buffer): void {
    try {
      for (const trace of listOf(decodeMsgpack(bytes))) {
        for (const span of listOf(trace)) {
          this.spans.push(tagsOf(span))
          if (span instanceof Map) this.wholeSpans.push(span)
        }
      }
    } catch (thrown) {
      this.failure ??= thrown
    }
  }
}

function listOf(value: MsgpackValue): readonly MsgpackValue[] {
  if (Array.isArray(value)) return value
  throw new Error('the tracer sent something other than a list of traces of spans')
}

function tagsOf(span: MsgpackValue): SpanTags {
  const meta = span instanceof Map ? span.get('meta') : undefined
  return meta instanceof Map ? meta : new Map()
}
