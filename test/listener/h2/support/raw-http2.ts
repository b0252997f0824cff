// Sends HTTP/2 frames over a connection to a listener bench and looks at the frames that come back.
import type { Test } from 'tap'
import { waitUntil } from '../../../e2e/support/wait-until.js'
import type { ListenerBench } from '../../support/bench.js'
import type { Client } from '../../support/client.js'
import { type Frame, frame, frameType, opening, readFrames } from './frames.js'

const acknowledged = 0x1

/** One connection that has sent its preface and settings. */
export class RawHttp2 {
  readonly client: Client

  #pingCount = 0

  private constructor(client: Client) {
    this.client = client
  }

  /** From now on answers pings, as every client does that is not in the middle of a frame. */
  answerPings(): void {
    this.client.socket.on('data', () => {
      const pings = this.ofType(frameType.ping).filter(({ flags }) => (flags & acknowledged) === 0)
      for (const { payload } of pings.slice(this.#pingCount)) this.send(frame(frameType.ping, acknowledged, 0, payload))
      this.#pingCount = pings.length
    })
  }

  static async open(t: Test, bench: ListenerBench): Promise<RawHttp2> {
    const client = await bench.connect(t)
    client.socket.write(opening)
    return new RawHttp2(client)
  }

  send(...frames: readonly Buffer[]): void {
    this.client.socket.write(Buffer.concat(frames))
  }

  get frames(): readonly Frame[] {
    return readFrames(Buffer.from(this.client.received, 'latin1'))
  }

  ofType(type: number): readonly Frame[] {
    return this.frames.filter((each) => each.type === type)
  }

  /** Stream numbers and codes of the streams that were reset. */
  get resets(): readonly (readonly [streamId: number, code: number])[] {
    return this.ofType(frameType.reset).map(({ streamId, payload }) => [streamId, payload.readUInt32BE(0)])
  }

  /** Last stream number and code of each GOAWAY. */
  get goaways(): readonly (readonly [lastStreamId: number, code: number])[] {
    return this.ofType(frameType.goaway).map(({ payload }) => [payload.readUInt32BE(0), payload.readUInt32BE(4)])
  }

  /** Streams that got an answer. */
  get answered(): readonly number[] {
    return this.ofType(frameType.headers).map(({ streamId }) => streamId)
  }

  async awaitFrames(what: string, isThere: (raw: RawHttp2) => boolean): Promise<void> {
    await waitUntil(
      what,
      () => isThere(this) || undefined,
      () => JSON.stringify(this.frames.map(({ type, streamId }) => [type, streamId])),
    )
  }
}
