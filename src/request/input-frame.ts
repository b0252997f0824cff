// One open container of the engine's input while it is being built.
// Stage: [decode] -> engine.
import type { EngineValue } from '../engine/engine.js'

/** Senders choose the names, so it has no prototype. */
export type MutableMap = { [key: string]: EngineValue }

/** A `multi` map: the values of each name. */
type ListMap = { [key: string]: EngineValue[] }

/** @returns an empty one. */
export function createMap(): MutableMap {
  return Object.create(null)
}

function createListMap(): ListMap {
  return Object.create(null)
}

/**
 * A container that is being built. Reused for every container at its depth, but nothing that holds a request's values is: what an
 * old Map held once would outlive V8's young collections, 8 kB of each request (measured).
 */
export class InputFrame {
  kind: 'plain' | 'multi' | 'list' = 'plain'
  map: MutableMap = createMap()
  list: EngineValue[] = []
  /** In place of `map` in a `multi` one. */
  lists: ListMap = createListMap()
  /** Lists under repeated keys of a plain map; made with the first. */
  repeated: Map<string, EngineValue[]> | undefined = undefined
  /** What was picked out of this container, in a container of the same shape; made with the first pick. */
  pickedMap: MutableMap | undefined = undefined
  pickedList: EngineValue[] | undefined = undefined
  /** The same keys as in `repeated`, those of which something was picked. */
  pickedRepeated: Map<string, EngineValue[]> | undefined = undefined
  entryCount = 0
  key = ''
  /** 0 for the address map, 1 for an address's own container. */
  nesting = 0
  /** Containers that were opened below and put into this one instead, because they would lie too deep. */
  flattened = 0

  reset(kind: InputFrame['kind'], nesting: number): void {
    this.kind = kind
    this.key = ''
    this.flattened = 0
    this.startPart(nesting)
  }

  /** Begins again, empty, with the same kind and current key. */
  startPart(nesting: number): void {
    if (this.kind === 'list') this.list = []
    else if (this.kind === 'multi') this.lists = createListMap()
    else this.map = createMap()
    this.repeated = undefined
    this.pickedMap = undefined
    this.pickedList = undefined
    this.pickedRepeated = undefined
    this.entryCount = 0
    this.nesting = nesting
  }

  get value(): EngineValue {
    if (this.kind === 'list') return this.list
    return this.kind === 'multi' ? this.lists : this.map
  }

  /** The list that collects values under a key; `undefined`: there is none. */
  listUnder(key: string): EngineValue[] | undefined {
    return this.kind === 'multi' ? this.lists[key] : this.repeated?.get(key)
  }
}
