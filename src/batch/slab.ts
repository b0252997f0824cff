// Reusable shared buffers: the memory behind batches, large bodies and requests that are still arriving.
// Stage: parser -> [batch] -> worker. Hot path; bench: scenarios/parser.bench.ts.
// Shared, not transferred: see src/README.md. Sizes are powers of two, so that a returned slab fits the next request for it.

/** Smallest slab: one page, enough for the head of a common request that arrives in pieces. */
const smallestBytes = 4096

/** One buffer with the three views that records need. */
export class Slab {
  readonly buffer: SharedArrayBuffer
  readonly bytes: Buffer
  readonly words: Int32Array
  readonly doubles: Float64Array

  constructor(byteLength: number) {
    this.buffer = new SharedArrayBuffer(byteLength)
    this.bytes = Buffer.from(this.buffer)
    this.words = new Int32Array(this.buffer)
    this.doubles = new Float64Array(this.buffer)
  }
}

/**
 * Hands out slabs and takes them back. What is kept for reuse is bounded in bytes; the rest is left to the collector.
 * What was given back last is kept, at the cost of the size that takes most room: neither one large body nor a crowd of slow
 * clients may leave slabs behind that nobody takes, while everyday batches find no room.
 */
export class SlabPool {
  /** One list per power of two. */
  readonly #free: readonly Slab[][] = Array.from({ length: 32 }, () => [])
  readonly #keepLimitBytes: number
  #keptBytes = 0

  /** @param keepLimitBytes - most bytes kept free for reuse. */
  constructor(keepLimitBytes: number) {
    this.#keepLimitBytes = keepLimitBytes
  }

  /** Bytes that lie free for reuse. */
  get keptBytes(): number {
    return this.#keptBytes
  }

  /** @returns a slab of at least `byteLength`; its content is whatever the last user left. */
  take(byteLength: number): Slab {
    const size = slabSize(byteLength)
    const slab = this.#free[sizeClass(size)]?.pop()
    if (slab === undefined) return new Slab(size)
    this.#keptBytes -= size
    return slab
  }

  /** Takes a slab back; the giver must not touch it again. */
  give(slab: Slab): void {
    const size = slab.buffer.byteLength
    if (size > this.#keepLimitBytes) return
    while (this.#keptBytes + size > this.#keepLimitBytes) {
      const crowded = this.#mostCrowdedClass()
      if (crowded === sizeClass(size)) return
      this.#keptBytes -= this.#free[crowded]?.pop()?.buffer.byteLength ?? 0
    }
    this.#keptBytes += size
    this.#free[sizeClass(size)]?.push(slab)
  }

  #mostCrowdedClass(): number {
    let crowded = 0
    let mostBytes = 0
    for (let index = 0; index < this.#free.length; index += 1) {
      const bytes = (this.#free[index]?.length ?? 0) * 2 ** index
      if (bytes <= mostBytes) continue
      crowded = index
      mostBytes = bytes
    }
    return crowded
  }
}

/** The size `SlabPool.take` gives for a request of `byteLength`: the next power of two, at least one page. */
export function slabSize(byteLength: number): number {
  if (byteLength <= smallestBytes) return smallestBytes
  return 2 ** (32 - Math.clz32(byteLength - 1))
}

function sizeClass(size: number): number {
  return 31 - Math.clz32(size)
}
