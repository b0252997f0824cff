// The request's body on its way to the backend: counted, limited, copied for the receiver, held up when the backend is slow.
import { Transform, type TransformCallback } from 'node:stream'
import { MirrorwafError } from '../errors.js'

export interface RequestBodySettings {
  /** The last accepted length. */
  readonly limitBytes: number
  /** Called with each piece; borrowed. */
  readonly onChunk: (chunk: Buffer) => void
  /** The client has sent all of it. */
  readonly onWhole: () => void
}

/** Passes a body through. Fails with `MWAF_GATEWAY_BODY_LIMIT` at the first piece beyond the limit. */
export class RequestBody extends Transform {
  readonly #settings: RequestBodySettings
  #seenBytes = 0

  constructor(settings: RequestBodySettings) {
    super()
    this.#settings = settings
  }

  /** True when pieces wait for the backend to take them; else it is the client that is waited for. */
  get isHeldUp(): boolean {
    return this.writableNeedDrain
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    this.#seenBytes += chunk.length
    if (this.#seenBytes > this.#settings.limitBytes) {
      done(new MirrorwafError('MWAF_GATEWAY_BODY_LIMIT', { limit: this.#settings.limitBytes }))
      return
    }
    this.#settings.onChunk(chunk)
    done(null, chunk)
  }

  override _flush(done: TransformCallback): void {
    this.#settings.onWhole()
    done()
  }
}
