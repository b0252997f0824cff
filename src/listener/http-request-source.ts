// Takes mirrored requests from an existing node:http server instead of a socket of ours; for the library's
// `requestMirrorListener`. Slower than the listener (node:http has parsed and decoded already), same records, same verdicts.
import type { IncomingMessage, ServerResponse } from 'node:http'
import { RecordFlag } from '../batch/record-layout.js'
import type { RecordFacts } from '../batch/record-writer.js'
import type { Slab } from '../batch/slab.js'
import { methodNames } from '../parser/methods.js'
import type { RequestAssembly } from '../parser/request-assembly.js'
import type { Staging } from '../parser/staging.js'
import { layOutHead } from './lay-out-head.js'
import { peerAddressOf } from './peer-address.js'

/** What the source hands its requests to; the pipeline's counting side of the listener. */
export interface HttpRequestTarget {
  readonly staging: Staging
  wallClockMs(monotonicMs: number): number
  onStagedRequest(assembly: RequestAssembly, facts: RecordFacts, slab: Slab): void
  onShedRequest(assembly: RequestAssembly): void
}

/** A listener for node:http's `request` event. */
export type HttpListener = (request: IncomingMessage, response: ServerResponse) => void

/**
 * @param hijack - close the connection without answering once the body has been read; else answer 204.
 * @returns a listener that never throws; what a client does wrong ends as an aborted request.
 */
export function createHttpListener(target: HttpRequestTarget, hijack: boolean): HttpListener {
  return (request, response) => {
    const assembly = target.staging.takeAssembly()
    const facts = factsOf(request)
    const head = layOutHead(assembly, request.method ?? '', request.url ?? '', request.rawHeaders)
    target.staging.keepWholeHead(assembly, Buffer.from(head, 'latin1'))
    request.on('data', (chunk: Buffer) => {
      assembly.beginChunk(chunk, 0)
      assembly.onBody(0, chunk.length)
      target.staging.keepParsed(assembly, chunk)
    })
    request.once('close', () => {
      if (!request.complete) assembly.flags |= RecordFlag.aborted
      facts.receivedAtMs = target.wallClockMs(performance.now())
      deliver(assembly, target, facts)
    })
    request.once('end', () => {
      if (hijack) request.socket.destroy()
      else response.writeHead(204).end()
    })
    request.on('error', ignoreError)
    response.on('error', ignoreError)
  }
}

function deliver(assembly: RequestAssembly, target: HttpRequestTarget, facts: RecordFacts): void {
  const slab = target.staging.handOver(assembly)
  if (slab === undefined) target.onShedRequest(assembly)
  else target.onStagedRequest(assembly, facts, slab)
  target.staging.giveAssembly(assembly)
}

/** To be asked while the socket lives: one that is destroyed knows its peer no more. */
function factsOf(request: IncomingMessage): RecordFacts {
  const method = request.method ?? ''
  return {
    methodId: methodNames.indexOf(method),
    methodStart: 0,
    methodEnd: method.length,
    httpVersion: request.httpVersionMajor * 10 + request.httpVersionMinor,
    parseError: 'none',
    peer: Buffer.from(peerAddressOf(request.socket), 'latin1'),
    peerPort: request.socket.remotePort ?? 0,
    receivedAtMs: 0,
  }
}

/** A reset is how clients end; 'close' follows and does what is to be done. */
function ignoreError(): void {}
