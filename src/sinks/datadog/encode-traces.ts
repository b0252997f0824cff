// Writes spans as the agent's trace endpoint reads them: MessagePack, a list of traces, each a list of spans.
// Sole import of @msgpack/msgpack.
import { Encoder } from '@msgpack/msgpack'
import type { Span } from './span.js'

/** Encodes payloads; one per sink. Ids and times are 64-bit integers. */
export class TraceEncoder {
  readonly #encoder = new Encoder({ useBigInt64: true, initialBufferSize: 256 * 1024 })

  /** @param spans - each a trace of its own: a mirrored request has one span here. @returns new bytes. */
  encode(spans: readonly Span[]): Uint8Array {
    return this.#encoder.encode(spans.map((span) => [span]))
  }
}
