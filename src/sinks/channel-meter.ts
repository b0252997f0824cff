// How many bytes are on their way from the main thread to the reporting thread. The receiver acknowledges in shared memory, so
// the main thread's loop is not woken for it. Both counts wrap at 2^32; their difference is right as long as it stays below 2^31.

/** More than any sensible channel, and safely below where the difference would turn negative. */
export const channelLimitMaxBytes: number = 2 ** 30

export function allocateChannelMeter(): SharedArrayBuffer {
  return new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT)
}

/** One side's view; the sender calls `send` and `outstandingBytes`, the receiver `acknowledge`. */
export class ChannelMeter {
  readonly #acknowledged: Int32Array
  #sent = 0

  constructor(memory: SharedArrayBuffer) {
    this.#acknowledged = new Int32Array(memory)
  }

  send(byteCount: number): void {
    this.#sent = (this.#sent + byteCount) | 0
  }

  acknowledge(byteCount: number): void {
    Atomics.add(this.#acknowledged, 0, byteCount)
  }

  get outstandingBytes(): number {
    return (this.#sent - Atomics.load(this.#acknowledged, 0)) | 0
  }
}
