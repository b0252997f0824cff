// One open container of the engine's input while it is being built.
// Stage: [decode] -> engine.
import type { EngineValue } from '../engine/engine.js'

/** Senders choose the names, so it has no prototype. */
export type MutableMap = { [key: string]: EngineValue }

/** @returns an empty one. */
export function createMap(): MutableMap {
  return Object.create(null)
}

/** A container that is being built. Reused for every container at its depth. */
export class InputFrame {
  kind: 'plain' | 'multi' | 'list' = 'plain'
  map: MutableMap = createMap()
  list: EngineValue[] = []
  /** Lists under keys of `map`: all keys of a `multi` map, repeated keys of a plain one. */
  readonly listByKey: Map<string, EngineValue[]> = new Map()
  /** What was picked out of this container, in a container of the same shape; made with the first pick. */
  pickedMap: MutableMap | undefined = undefined
  pickedList: EngineValue[] | undefined = undefined
  /** The same keys as in `listByKey`, those of which something was picked. */
  readonly pickedListByKey: Map<string, EngineValue[]> = new Map()
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
    else this.map = createMap()
    this.listByKey.clear()
    this.pickedMap = undefined
    this.pickedList = undefined
    this.pickedListByKey.clear()
    this.entryCount = 0
    this.nesting = nesting
  }

  get value(): EngineValue {
    return this.kind === 'list' ? this.list : this.map
  }
}
