// Picks for the engine what the prefilter cannot clear of a candidate, value by value.
// Stage: decode -> [sieve] -> engine input. The engine takes about 0.1 ms per KiB whatever the text, the prefilter 5 to 100 µs:
// most of what a match would cost goes into values that no rule can match, and 100 KiB of padding in a body would use up a
// request's time before what follows is looked at.
// Sound because a rule can match only if values that its conditions need were picked (`findsAllValues`).
import { type FamilySet, wholeRuleset } from '../prefilter/families.js'
import type { RulesetPrefilter } from '../prefilter/ruleset-prefilter.js'
import type { EngineInputBuilder } from '../request/engine-input.js'
import type { AddressSink, MapKind, RequestAddress, ValueVisitor } from '../request/value-visitor.js'

/**
 * Bytes of a body whose shape is kept, in a run of their own: indexes in lists are those of the whole. Common bodies end
 * before; behind it nothing is kept of what is not picked, so an index counts only what was.
 */
export const shapedBytes: number = 16 * 1024

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

/** Sink and visitor of walks over a head and a body. One per worker thread; `startHead` or `startBody` before each walk. */
export class SuspectSieve implements AddressSink, ValueVisitor {
  readonly #builder: EngineInputBuilder
  readonly #open: OpenContainer[] = [new OpenContainer()]
  readonly #prefilter: RulesetPrefilter
  /** Where the prefilter wants the values of the address at hand. */
  #scanner: ValueVisitor
  #depth = 0
  /** Containers that the builder has open; those above are opened when something in them is picked. */
  #builtDepth = 0
  /** Everything below the current key of the container at this depth is picked; `noPass` = nothing is by that. */
  #passDepth = noPass
  /** Of the part whose shape is kept. */
  #shapedLeftBytes = 0
  /** Whether values that are not picked are built too, for those who want the whole. */
  #isWholeBuilt = false
  /** Whether all of the part whose shape is kept is picked. */
  #picksShaped = false
  #families: FamilySet = 0

  constructor(prefilter: RulesetPrefilter, builder: EngineInputBuilder) {
    this.#prefilter = prefilter
    this.#builder = builder
    this.#scanner = builder
  }

  /** Before a head, of which the builder gets the whole as well. Forgets what the prefilter knows of the request in hand. */
  startHead(): void {
    this.#start(Number.POSITIVE_INFINITY, false)
    this.#isWholeBuilt = true
    this.#families = 0
  }

  /** Before a body. @param picksBeginning - everything in its first `shapedBytes`. */
  startBody(picksBeginning: boolean): void {
    this.#start(shapedBytes, picksBeginning)
    this.#isWholeBuilt = false
  }

  /** Which families of rules may match what was picked since `startHead`, or need it; more of them with each value. */
  get families(): FamilySet {
    return this.#families
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
    this.#passDepth = this.#takeSuspicion() ? 0 : noPass
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
    if (this.#takeSuspicion() && this.#passDepth === noPass) this.#passDepth = this.#depth
    if (!this.#isShaping) {
      this.#top.keepKey(bytes, start, end)
      return
    }
    this.#builder.isPicking = this.#picksAll
    this.#builder.key(bytes, start, end)
    this.#countShaped(end - start)
  }

  string(bytes: Uint8Array, start: number, end: number): void {
    const isPicked = this.#isSuspect(bytes, start, end) || this.#picksAll
    if (!this.#mayBuild(isPicked)) return
    if (isPicked || this.#isWholeBuilt) this.#builder.string(bytes, start, end)
    else this.#builder.standIn(end - start)
    this.#countShaped(end - start)
  }

  number(value: number): void {
    this.#scanner.number(value)
    if (!this.#mayBuild(this.#takeSuspicion() || this.#picksAll)) return
    this.#builder.number(value)
    this.#countShaped(0)
  }

  boolean(value: boolean): void {
    this.#scanner.boolean(value)
    if (!this.#mayBuild(this.#takeSuspicion() || this.#picksAll)) return
    this.#builder.boolean(value)
    this.#countShaped(0)
  }

  nil(): void {
    if (!this.#mayBuild(this.#picksAll)) return
    this.#builder.nil()
    this.#countShaped(0)
  }

  #start(shapedLeftBytes: number, picksShaped: boolean): void {
    this.#shapedLeftBytes = shapedLeftBytes
    this.#picksShaped = picksShaped
    this.#prefilter.reset()
    this.#prefilter.tellsFamilies = true
  }

  #isSuspect(bytes: Uint8Array, start: number, end: number): boolean {
    if (this.#depth > maxSievedDepth) return true
    this.#scanner.string(bytes, start, end)
    return this.#takeSuspicion()
  }

  /**
   * Behind the shaped part a call of the engine for one value is worth it: there may be any number of them. Asked also where all
   * are picked, for the families that a value concerns.
   */
  #takeSuspicion(): boolean {
    const isSuspect = this.#prefilter.takeSuspicion(!this.#isShaping && !this.#picksAll)
    this.#families |= this.#prefilter.takeFamilies()
    return isSuspect
  }

  /** Readies the builder for the next value. @returns false when it is not to have that. */
  #mayBuild(isPicked: boolean): boolean {
    if (!isPicked && !this.#isShaping) return false
    this.#builder.isPicking = isPicked
    this.#build()
    return true
  }

  get #top(): OpenContainer {
    return this.#containerAt(this.#depth)
  }

  /** Whether what is not picked leaves its shape. */
  get #isShaping(): boolean {
    return this.#shapedLeftBytes > 0
  }

  /** Whether everything is picked here, whatever the prefilter says of it. */
  get #picksAll(): boolean {
    return this.#passDepth !== noPass || this.#depth > maxSievedDepth || (this.#picksShaped && this.#isShaping)
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
      this.#families |= wholeRuleset
      this.#mayBuild(true)
      this.#depth++
      this.#openInBuilder(kind)
      return
    }
    this.#depth++
    this.#top.reset(kind)
    this.#mayBuild(this.#picksAll)
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

  /** The shaped beginning is judged by itself, so that its time is not that of what comes after. */
  #countShaped(byteCount: number): void {
    if (this.#shapedLeftBytes <= 0) return
    this.#shapedLeftBytes -= byteCount + valueCostBytes
    if (this.#shapedLeftBytes <= 0) this.#builder.cut()
  }
}
