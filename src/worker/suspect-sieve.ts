// Lets through to the engine what the prefilter cannot clear of a large body, value by value.
// Stage: decode -> [sieve] -> engine input. Without it padding hides an attack: the engine takes about 0.1 ms per KiB whatever
// the text, so 100 KiB of it use up a request's time before what follows is looked at; the prefilter takes 5 to 100 µs per KiB.
// Sound because a rule can match only if values that its conditions need were let through (`findsAllValues`).
import type { RulesetPrefilter } from '../prefilter/create-prefilter.js'
import type { EngineInputBuilder } from '../request/engine-input.js'
import type { AddressSink, MapKind, RequestAddress, ValueVisitor } from '../request/value-visitor.js'

/**
 * Bytes of a body that go to the engine as they are, in a run of their own: 2 ms of its time. Common bodies end before, so that
 * key paths and fingerprints are those of the whole; behind it an index in a list counts only what was let through.
 */
export const unsievedBytes: number = 16 * 1024

/** What a value counts beside its bytes, so that many short ones reach the limit too; as in the engine input. */
const valueCostBytes = 32

/** Below this many open containers nothing is sieved: engines flatten what lies deeper, and a sender must not choose how much is kept. */
const maxSievedDepth = 64

const noPass = -1

/** One open container, or the address itself at depth 0. Reused for every container at its depth. */
class OpenContainer {
  kind: MapKind | 'list' = 'plain'
  key: Buffer = Buffer.alloc(0)
  keyLength = 0
  /** The key is not handed on yet. */
  isKeyDue = false

  reset(kind: MapKind | 'list'): void {
    this.kind = kind
    this.isKeyDue = false
  }

  keepKey(bytes: Uint8Array, start: number, end: number): void {
    const length = end - start
    if (this.key.length < length) this.key = Buffer.allocUnsafeSlow(Math.max(64, length * 2))
    for (let index = 0; index < length; index++) this.key[index] = bytes[start + index] ?? 0
    this.keyLength = length
    this.isKeyDue = true
  }
}

/** Sink and visitor of a walk over a body. One per worker thread; `start` before each walk. */
export class SuspectSieve implements AddressSink, ValueVisitor {
  readonly #builder: EngineInputBuilder
  readonly #open: OpenContainer[] = [new OpenContainer()]
  readonly #prefilter: RulesetPrefilter
  /** Where the prefilter wants the values of the address at hand. */
  #scanner: ValueVisitor
  #depth = 0
  /** Containers that the builder has open; those above are opened when something in them is let through. */
  #builtDepth = 0
  /** Everything below the current key of the container at this depth is let through; `noPass` = nothing is by that. */
  #passDepth = noPass
  #plainLeftBytes = 0

  constructor(prefilter: RulesetPrefilter, builder: EngineInputBuilder) {
    this.#prefilter = prefilter
    this.#builder = builder
    this.#scanner = builder
  }

  /** Forgets the last body, and what the prefilter knows of the request in hand. */
  start(): void {
    this.#plainLeftBytes = unsievedBytes
    this.#prefilter.reset()
  }

  get isDone(): boolean {
    return this.#builder.isDone
  }

  address(name: RequestAddress): ValueVisitor {
    this.#depth = 0
    this.#builtDepth = 0
    this.#builder.address(name)
    this.#scanner = this.#prefilter.sink.address(name)
    // Depth 0 has no keys, so a pass there lasts as long as the address.
    this.#passDepth = this.#prefilter.takeSuspicion() ? 0 : noPass
    return this
  }

  openMap(kind: MapKind): void {
    if (this.#depth < maxSievedDepth) this.#scanner.openMap(kind)
    this.#enter(kind)
  }

  closeMap(): void {
    if (this.#depth <= maxSievedDepth) this.#scanner.closeMap()
    this.#leave(false)
  }

  openList(): void {
    if (this.#depth < maxSievedDepth) this.#scanner.openList()
    this.#enter('list')
  }

  closeList(): void {
    if (this.#depth <= maxSievedDepth) this.#scanner.closeList()
    this.#leave(true)
  }

  key(bytes: Uint8Array, start: number, end: number): void {
    if (this.#depth > maxSievedDepth) {
      this.#builder.key(bytes, start, end)
      return
    }
    if (this.#passDepth === this.#depth) this.#passDepth = noPass
    this.#scanner.key(bytes, start, end)
    this.#top.keepKey(bytes, start, end)
    if (this.#prefilter.takeSuspicion() && this.#passDepth === noPass) this.#passDepth = this.#depth
    this.#countPlain(end - start)
  }

  string(bytes: Uint8Array, start: number, end: number): void {
    if (!this.#isPassing) {
      this.#scanner.string(bytes, start, end)
      if (!this.#prefilter.takeSuspicion()) return
    }
    this.#build()
    this.#builder.string(bytes, start, end)
    this.#countPlain(end - start)
  }

  number(value: number): void {
    this.#scanner.number(value)
    if (this.#prefilter.takeSuspicion() || this.#isPassing) {
      this.#build()
      this.#builder.number(value)
      this.#countPlain(0)
    }
  }

  boolean(value: boolean): void {
    this.#scanner.boolean(value)
    if (this.#prefilter.takeSuspicion() || this.#isPassing) {
      this.#build()
      this.#builder.boolean(value)
      this.#countPlain(0)
    }
  }

  nil(): void {
    if (!this.#isPassing) return
    this.#build()
    this.#builder.nil()
    this.#countPlain(0)
  }

  get #top(): OpenContainer {
    return this.#containerAt(this.#depth)
  }

  get #isPassing(): boolean {
    return this.#plainLeftBytes > 0 || this.#passDepth !== noPass || this.#depth > maxSievedDepth
  }

  #containerAt(depth: number): OpenContainer {
    const container = this.#open[depth]
    if (container !== undefined) return container
    const created = new OpenContainer()
    this.#open[depth] = created
    return created
  }

  #enter(kind: MapKind | 'list'): void {
    if (this.#depth >= maxSievedDepth) {
      this.#build()
      this.#depth++
      this.#openInBuilder(kind)
      return
    }
    this.#depth++
    this.#top.reset(kind)
    if (this.#isPassing) this.#build()
  }

  #leave(isList: boolean): void {
    if (this.#passDepth === this.#depth) this.#passDepth = noPass
    const isDeep = this.#depth > maxSievedDepth
    if (isDeep || this.#builtDepth === this.#depth) {
      if (isList) this.#builder.closeList()
      else this.#builder.closeMap()
      if (!isDeep) this.#builtDepth--
    }
    this.#depth--
  }

  #openInBuilder(kind: MapKind | 'list'): void {
    if (kind === 'list') this.#builder.openList()
    else this.#builder.openMap(kind)
  }

  /** Opens in the builder what is open here, and hands on the keys that lead to the next value. */
  #build(): void {
    this.#handKey(this.#builtDepth)
    const sievedDepth = Math.min(this.#depth, maxSievedDepth)
    while (this.#builtDepth < sievedDepth) {
      this.#builtDepth++
      this.#openInBuilder(this.#containerAt(this.#builtDepth).kind)
      this.#handKey(this.#builtDepth)
    }
  }

  #handKey(depth: number): void {
    const container = this.#containerAt(depth)
    if (!container.isKeyDue) return
    container.isKeyDue = false
    this.#builder.key(container.key, 0, container.keyLength)
  }

  /** The unsieved beginning is judged by itself, so that its time is not that of what comes after. */
  #countPlain(byteCount: number): void {
    if (this.#plainLeftBytes <= 0) return
    this.#plainLeftBytes -= byteCount + valueCostBytes
    if (this.#plainLeftBytes <= 0) this.#builder.cut()
  }
}
