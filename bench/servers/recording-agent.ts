// A stand-in for the Datadog agent that the Go yardstick reports to: takes its traces and counts those with an attack.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'

/** The agent; it listens from `start` to `stop`. */
export interface RecordingAgent {
  readonly url: string
  /** Spans so far in which the yardstick found an attack. */
  countEvents(): number
  stop(): Promise<void>
}

/**
 * What a current agent says of itself. It matters for fairness: without client_drop_p0s the tracer would have to send every
 * span, which no installation does.
 */
const info = JSON.stringify({
  version: '7.70.0',
  endpoints: ['/v0.4/traces', '/v0.6/stats', '/telemetry/proxy/'],
  client_drop_p0s: true,
  span_meta_structs: true,
  long_running_spans: true,
  config: { statsd_port: 0 },
})

/** The span tag of a found attack as MessagePack writes it: 0xac = a string of 12 bytes. No sender's text has that byte before it. */
const eventTag = Buffer.from([0xac, ...Buffer.from('appsec.event')])

/** Starts an agent on a free port of 127.0.0.1. */
export function startRecordingAgent(): Promise<RecordingAgent> {
  let events = 0
  const server = createServer((request, response) => {
    if (request.url?.startsWith('/v0.4/traces')) {
      readBody(request, (body) => {
        events += countOccurrences(body, eventTag)
        answer(response, '{"rate_by_service":{}}')
      })
      return
    }
    request.resume()
    answer(response, request.url === '/info' ? info : '{}')
  })
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      const port = typeof address === 'object' && address !== null ? address.port : 0
      resolve({
        url: `http://127.0.0.1:${port}`,
        countEvents: () => events,
        stop: () =>
          new Promise((stopped) => {
            server.close(() => stopped())
            server.closeAllConnections()
          }),
      })
    })
  })
}

/** How often `wanted` stands in `bytes`. */
export function countOccurrences(bytes: Buffer, wanted: Buffer): number {
  let count = 0
  for (let at = bytes.indexOf(wanted); at >= 0; at = bytes.indexOf(wanted, at + wanted.length)) count++
  return count
}

function readBody(request: IncomingMessage, onBody: (body: Buffer) => void): void {
  const chunks: Buffer[] = []
  request.on('data', (chunk: Buffer) => chunks.push(chunk))
  request.on('end', () => onBody(Buffer.concat(chunks)))
}

function answer(response: ServerResponse, json: string): void {
  response.writeHead(200, { 'Content-Type': 'application/json' })
  response.end(json)
}
