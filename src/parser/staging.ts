// Memory for requests that are still arriving, bounded over all connections together.
// Stage: listener -> [parser] -> batch. Lends assemblies and slabs; the in-flight limit counts slab bytes, not sockets' claims:
// a Content-Length promises nothing, so slabs grow with the bytes that have come.
import { fixedBytes } from '../batch/record-layout.js'
import { type Slab, type SlabPool, slabSize } from '../batch/slab.js'
import type { ParserLimits } from './limits.js'
import { createPieceScratch, Phase, RequestAssembly } from './request-assembly.js'

/** Free assemblies kept for reuse: more than requests are commonly staged at once, about 1 KiB each. */
const keptAssemblyCount = 1024

/** Hardly a request without an upload is larger. */
const commonRequestBytes = 64 * 1024

/** Lends staging memory to the requests of one listener thread. */
export class Staging {
  readonly #limits: ParserLimits
  readonly #slabs: SlabPool
  readonly #limitBytes: number
  /** Room for the longest request that is kept. */
  readonly #largestBytes: number
  readonly #pieces: Int32Array = createPieceScratch()
  readonly #free: RequestAssembly[] = []
  #usedBytes = 0

  /** @param limitBytes - most slab bytes lent at a time. */
  constructor(limits: ParserLimits, slabs: SlabPool, limitBytes: number) {
    this.#limits = limits
    this.#slabs = slabs
    this.#limitBytes = limitBytes
    this.#largestBytes = slabSize(fixedBytes + limits.headLimitBytes + limits.bodyInspectLimitBytes)
  }

  /** Slab bytes lent now. */
  get usedBytes(): number {
    return this.#usedBytes
  }

  /** An empty assembly; give it back with `giveAssembly`. */
  takeAssembly(): RequestAssembly {
    return this.#free.pop() ?? new RequestAssembly(this.#limits, this.#pieces)
  }

  /** Takes an assembly back, with its slab if it still has one. */
  giveAssembly(assembly: RequestAssembly): void {
    this.dropSlab(assembly)
    assembly.reset()
    if (this.#free.length < keptAssemblyCount) this.#free.push(assembly)
  }

  /**
   * Makes the assembly's slab hold at least `byteLength`, keeping its content.
   * @returns undefined when the in-flight limit is met; the assembly keeps what it had.
   */
  reserve(assembly: RequestAssembly, byteLength: number): Slab | undefined {
    const old = assembly.stagedSlab
    const oldBytes = old?.buffer.byteLength ?? 0
    if (old !== undefined && byteLength <= oldBytes) return old
    const newBytes = this.#grownBytes(byteLength, oldBytes)
    if (this.#usedBytes - oldBytes + newBytes > this.#limitBytes) return undefined
    const slab = this.#slabs.take(newBytes)
    if (old !== undefined) {
      old.bytes.copy(slab.bytes)
      this.#slabs.give(old)
    }
    this.#usedBytes += newBytes - oldBytes
    assembly.stagedSlab = slab
    return slab
  }

  /**
   * A body that has outgrown a common request gets room for twice as much as it needs now, while there is any: a slab that is
   * outgrown too is copied, and lies about until a full collection (12 bodies of 12 MB at once: 330 MB at the peak, 297 with it).
   */
  #grownBytes(byteLength: number, oldBytes: number): number {
    const leastBytes = slabSize(byteLength)
    const roomyBytes = Math.min(leastBytes * 2, this.#largestBytes)
    const isRoomy = oldBytes >= commonRequestBytes && this.#usedBytes - oldBytes + roomyBytes <= this.#limitBytes
    return isRoomy ? Math.max(leastBytes, roomyBytes) : leastBytes
  }

  /** The head is not complete: all bytes from `start` are kept as they are, the tolerant reader may need them. */
  keepRaw(assembly: RequestAssembly, chunk: Buffer, start: number): void {
    const length = chunk.length - start
    const slab = assembly.isShed ? undefined : this.reserve(assembly, fixedBytes + assembly.stagedLength + length)
    if (slab === undefined) this.#shed(assembly)
    else chunk.copy(slab.bytes, fixedBytes + assembly.stagedLength, start)
    assembly.stagedLength += length
    assembly.endChunk()
  }

  /** Keeps a head that was read elsewhere and is complete; body pieces may follow. */
  keepWholeHead(assembly: RequestAssembly, head: Buffer): void {
    this.keepRaw(assembly, head, 0)
    assembly.phase = Phase.body
    assembly.isHeadStaged = true
  }

  /** The head is complete: its rest and the body pieces of this chunk are kept, framing is left out. */
  keepParsed(assembly: RequestAssembly, chunk: Buffer): void {
    const keptLength = assembly.headLength + assembly.bodyKeptBytes
    const slab = assembly.isShed ? undefined : this.reserve(assembly, fixedBytes + keptLength)
    if (slab === undefined) this.#shed(assembly)
    else {
      if (!assembly.isHeadStaged) copyHeadRest(slab, assembly, chunk)
      assembly.copyPieces(slab.bytes, fixedBytes + keptLength - assembly.pieceBytes(), chunk)
    }
    assembly.isHeadStaged = true
    assembly.stagedLength = keptLength
    assembly.endChunk()
  }

  /** The slab leaves for a batch, whose owner gives it back to the slab pool. */
  handOver(assembly: RequestAssembly): Slab | undefined {
    const slab = assembly.stagedSlab
    if (slab !== undefined) this.#usedBytes -= slab.buffer.byteLength
    assembly.stagedSlab = undefined
    return slab
  }

  /** Frees the bytes of a request that is not kept. */
  dropSlab(assembly: RequestAssembly): void {
    const slab = this.handOver(assembly)
    if (slab !== undefined) this.#slabs.give(slab)
  }

  #shed(assembly: RequestAssembly): void {
    this.dropSlab(assembly)
    assembly.isShed = true
  }
}

function copyHeadRest(slab: Slab, assembly: RequestAssembly, chunk: Buffer): void {
  const staged = assembly.stagedLength
  if (assembly.headLength <= staged) return
  chunk.copy(
    slab.bytes,
    fixedBytes + staged,
    assembly.chunkPosition(staged),
    assembly.chunkPosition(assembly.headLength),
  )
}
