// Builds what the engine takes out of a walk: null-prototype maps, lists and strings, in parts that fit the engine's limits.
// Stage: [decode] -> engine. Runs for candidates only; bench: scenarios/decode.bench.ts.
// What would not fit (a 257th entry, more bytes than one run should convert) starts another part that repeats the path of the
// open containers, so that key paths stay what they are; the parts run one after another on one context.
// Beside the whole it can build a selection: what a sieve picks, at the same keys and places in lists as in the whole.
import type { EngineInput, EngineValue } from '../engine/engine.js'
import { createMap, InputFrame } from './input-frame.js'
import type { AddressSink, MapKind, RequestAddress, ValueVisitor } from './value-visitor.js'

/** Entries of a container that the engine reads (libddwaf 1.30.1 through native-appsec 11.0.3, tried). */
export const maxContainerEntries = 256
/** Nested containers under an address that the engine reads (the same). */
export const maxNesting = 18
/**
 * Bytes of one part. Converting a part to native objects is not covered by the engine's own time limit: 64 KiB of text take
 * 0.01 ms, as many bytes in two thousand short values 0.3 ms (measured), by which a request's budget may be overrun.
 */
const maxPartBytes = 64 * 1024
/** What a value counts beside its bytes, so that a part of many short values is bounded too. */
const valueCostBytes = 32

/**
 * Takes one part at a time, e.g. runs the engine on it.
 * @param picked - the selection of the part, null in lists for what was not picked; undefined when nothing was.
 * @returns false to stop: no further part is wanted.
 */
export type PartConsumer = (part: EngineInput, picked: EngineInput | undefined) => boolean

/** A container nested deeper than this becomes one flat map of lists, which takes two levels. */
const flatNesting: number = maxNesting - 1

/**
 * Both the sink and the visitor of a walk. Usage: `reset(consumer)`, walk, `flush()`; head and body may be flushed apart, so
 * that the head's addresses run first. Integer-like keys come first in their map, as JavaScript orders them.
 */
export class EngineInputBuilder implements AddressSink, ValueVisitor {
  /** Whether what is sent now is picked. */
  isPicking = false
  readonly #frames: InputFrame[] = [new InputFrame()]
  #depth = 0
  #partBytes = 0
  #consume: PartConsumer = () => false
  #isStopped = true

  /** Forgets the last request. */
  reset(consume: PartConsumer): void {
    this.#consume = consume
    this.#isStopped = false
    this.isPicking = false
    this.#startInput()
  }

  /** True once the consumer wanted no more: what the walk would still have sent was not inspected. */
  get isDone(): boolean {
    return this.#isStopped
  }

  /** A second tree for an address is kept beside the first, as a list. */
  address(name: RequestAddress): ValueVisitor {
    this.#depth = 0
    this.#root.key = name
    return this
  }

  /** Hands over what was built since the last part; nothing if that is empty. */
  flush(): void {
    this.#depth = 0
    this.#handOver()
    this.#startInput()
  }

  /** Hands over what was built since the last part, while containers are open. */
  cut(): void {
    if (!this.#isStopped) this.#startPart()
  }

  openMap(kind: MapKind): void {
    this.#open(kind)
  }

  closeMap(): void {
    this.#close()
  }

  openList(): void {
    this.#open('list')
  }

  closeList(): void {
    this.#close()
  }

  key(bytes: Uint8Array, start: number, end: number): void {
    if (this.#isStopped) return
    const top = this.#top
    top.key = textOf(bytes, start, end)
    this.#partBytes += end - start
    if (top.kind === 'multi') {
      this.#listUnderKey()
      if (this.isPicking) this.#pickListUnderKey(this.#depth)
    }
  }

  string(bytes: Uint8Array, start: number, end: number): void {
    if (this.#isStopped) return
    this.#makeRoom()
    this.#partBytes += end - start
    this.#attach(textOf(bytes, start, end))
  }

  /** Takes the place of a string whose text nobody needs, so that key paths and parts are as with it. */
  standIn(byteLength: number): void {
    if (this.#isStopped) return
    this.#makeRoom()
    this.#partBytes += byteLength
    this.#attach(null)
  }

  number(value: number): void {
    this.#scalar(value)
  }

  boolean(value: boolean): void {
    this.#scalar(value)
  }

  nil(): void {
    this.#scalar(null)
  }

  get #root(): InputFrame {
    return this.#frameAt(0)
  }

  get #top(): InputFrame {
    return this.#frameAt(this.#depth)
  }

  #frameAt(depth: number): InputFrame {
    const frame = this.#frames[depth]
    if (frame !== undefined) return frame
    const created = new InputFrame()
    this.#frames[depth] = created
    return created
  }

  #scalar(value: number | boolean | null): void {
    if (this.#isStopped) return
    this.#makeRoom()
    this.#attach(value)
  }

  #open(kind: InputFrame['kind']): void {
    if (this.#isStopped) return
    this.#makeRoom()
    if (this.#nestingOfNext() > flatNesting && this.#top.kind === 'plain') this.#startPart()
    const nesting = this.#nestingOfNext()
    if (nesting > flatNesting) {
      this.#top.flattened++
      return
    }
    const frame = this.#frameAt(this.#depth + 1)
    frame.reset(nesting === flatNesting ? 'multi' : kind, nesting)
    this.#attach(frame.value)
    // Attaching may have started another part, in which this container may lie less deep.
    frame.nesting = this.#nestingOfLast()
    this.#depth++
    if (this.isPicking) this.#pickContainer(this.#depth)
  }

  #close(): void {
    if (this.#isStopped) return
    const frame = this.#top
    if (frame.flattened > 0) {
      frame.flattened--
      return
    }
    if (this.#depth === 0) return
    this.#depth--
  }

  /** Nesting that a container would have if it were the next value. */
  #nestingOfNext(): number {
    const top = this.#top
    const isUnderList = top.kind === 'multi' || (top.kind === 'plain' && top.map[top.key] !== undefined)
    return top.nesting + (isUnderList ? 2 : 1)
  }

  /** Nesting of the container attached last. */
  #nestingOfLast(): number {
    const top = this.#top
    return top.nesting + (top.listUnder(top.key) !== undefined ? 2 : 1)
  }

  #makeRoom(): void {
    this.#partBytes += valueCostBytes
    if (this.#partBytes > maxPartBytes) this.#startPart()
  }

  /** A container is not yet the one at the top here. */
  #attach(value: EngineValue): void {
    this.#place(value)
    if (this.isPicking && (typeof value !== 'object' || value === null)) this.#putPicked(this.#depth, value)
  }

  #place(value: EngineValue): void {
    const top = this.#top
    if (top.kind === 'list') {
      if (top.list.length >= maxContainerEntries) this.#startPart()
      top.list.push(value)
      return
    }
    if (top.kind === 'multi') {
      if (this.#listUnderKey().length >= maxContainerEntries) this.#startPart()
      this.#listUnderKey().push(value)
      return
    }
    if (top.map[top.key] !== undefined) this.#attachRepeated(top, value)
    else this.#setEntry(top, value)
  }

  #setEntry(frame: InputFrame, value: EngineValue): void {
    this.#countEntry(frame)
    frame.map[frame.key] = value
  }

  #countEntry(frame: InputFrame): void {
    if (frame.entryCount >= maxContainerEntries) this.#startPart()
    frame.entryCount++
  }

  /** The list under the current key of a `multi` map, made when it is missing. */
  #listUnderKey(): EngineValue[] {
    const top = this.#top
    const existing = top.listUnder(top.key)
    if (existing !== undefined) return existing
    const list: EngineValue[] = []
    this.#countEntry(top)
    top.lists[top.key] = list
    return list
  }

  /** A repeated key keeps all its values, as a list; that puts what lies under it one level deeper. */
  #attachRepeated(frame: InputFrame, value: EngineValue): void {
    const list = frame.listUnder(frame.key)
    if (list !== undefined && list.length < maxContainerEntries) {
      list.push(value)
      return
    }
    const first = frame.map[frame.key]
    if (list !== undefined || first === undefined || frame.nesting + 1 + depthOf(first) > maxNesting) {
      this.#startPart()
      this.#setEntry(frame, value)
      return
    }
    const repeated = [first, value]
    frame.map[frame.key] = repeated
    frame.repeated ??= new Map()
    frame.repeated.set(frame.key, repeated)
    const picked = frame.pickedMap?.[frame.key]
    if (picked !== undefined) this.#setPickedList(frame, [picked])
  }

  /** Picks what was put last into the container at a depth: at its key or place there. */
  #putPicked(depth: number, value: EngineValue): void {
    const frame = this.#frameAt(depth)
    this.#pickContainer(depth)
    if (frame.kind === 'multi') {
      this.#pickListUnderKey(depth)
      return
    }
    if (frame.pickedList !== undefined) {
      putAt(frame.pickedList, frame.list.length - 1, value)
      return
    }
    const list = frame.listUnder(frame.key)
    if (list !== undefined) putAt(this.#pickedListUnderKey(frame), list.length - 1, value)
    else if (frame.pickedMap !== undefined) frame.pickedMap[frame.key] = value
  }

  /** Makes the selection's container at a depth, and those around it, when they are missing. */
  #pickContainer(depth: number): void {
    const frame = this.#frameAt(depth)
    if (frame.pickedMap !== undefined || frame.pickedList !== undefined) return
    if (frame.kind === 'list') frame.pickedList = []
    else frame.pickedMap = createMap()
    const container = frame.pickedList ?? frame.pickedMap
    if (depth > 0 && container !== undefined) this.#putPicked(depth - 1, container)
  }

  /** Values of one name are picked together: mostly there is one, and a rule may take an attribute from all of them. */
  #pickListUnderKey(depth: number): void {
    this.#pickContainer(depth)
    const frame = this.#frameAt(depth)
    const list = frame.listUnder(frame.key)
    if (frame.pickedMap !== undefined && list !== undefined) frame.pickedMap[frame.key] = list
  }

  #pickedListUnderKey(frame: InputFrame): EngineValue[] {
    return frame.pickedRepeated?.get(frame.key) ?? this.#setPickedList(frame, [])
  }

  #setPickedList(frame: InputFrame, list: EngineValue[]): EngineValue[] {
    if (frame.pickedMap !== undefined) frame.pickedMap[frame.key] = list
    frame.pickedRepeated ??= new Map()
    frame.pickedRepeated.set(frame.key, list)
    return list
  }

  #startInput(): void {
    this.#root.reset('plain', 0)
    this.#partBytes = 0
  }

  /** Hands the part over and goes on in a new one, with the same containers open. */
  #startPart(): void {
    this.#handOver()
    this.#partBytes = 0
    this.#root.startPart(0)
    for (let depth = 1; depth <= this.#depth; depth++) {
      const parent = this.#frameAt(depth - 1)
      const frame = this.#frameAt(depth)
      frame.startPart(parent.nesting + (parent.kind === 'multi' ? 2 : 1))
      putFirst(parent, frame.value)
    }
  }

  #handOver(): void {
    if (this.#isStopped || this.#root.entryCount === 0) return
    this.#isStopped = !this.#consume(this.#root.map, this.#root.pickedMap)
  }
}

/** Null stands for what was not picked: no matcher looks at it. */
function putAt(list: EngineValue[], index: number, value: EngineValue): void {
  while (list.length < index) list.push(null)
  list.push(value)
}

/** Puts the one open container into its parent, both empty. */
function putFirst(parent: InputFrame, value: EngineValue): void {
  if (parent.kind === 'list') {
    parent.list.push(value)
    return
  }
  parent.entryCount = 1
  if (parent.kind === 'plain') {
    parent.map[parent.key] = value
    return
  }
  parent.lists[parent.key] = [value]
}

/** Containers inside one another in a value; what is built here has at most `maxNesting`, so that recursion is shallow. */
function depthOf(value: EngineValue): number {
  if (typeof value !== 'object' || value === null) return 0
  let deepest = 0
  for (const child of Object.values(value)) deepest = Math.max(deepest, depthOf(child))
  return deepest + 1
}

function textOf(bytes: Uint8Array, start: number, end: number): string {
  const buffer = bytes instanceof Buffer ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  return buffer.toString('utf8', start, end)
}
