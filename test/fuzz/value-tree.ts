// Value trees as decoders would send them: the same tree goes to the prefilter and, as an object, to the engine.
import { DecodeTools } from '#src/request/decode-tools.js'
import type { AddressSink, MapKind, RequestAddress, ValueVisitor } from '#src/request/value-visitor.js'

/** Strings and keys are bytes, not always UTF-8. */
export type Tree =
  | { readonly kind: 'text'; readonly bytes: Uint8Array }
  | { readonly kind: 'number'; readonly value: number }
  | { readonly kind: 'boolean'; readonly value: boolean }
  | { readonly kind: 'nil' }
  | { readonly kind: 'list'; readonly items: readonly Tree[] }
  | { readonly kind: 'map'; readonly mapKind: MapKind; readonly entries: readonly (readonly [Uint8Array, Tree])[] }

/** Addresses of one sample, in the order they are sent. */
export type Sample = readonly (readonly [RequestAddress, Tree])[]

export function textTree(text: string | Uint8Array): Tree {
  return { kind: 'text', bytes: typeof text === 'string' ? Buffer.from(text) : text }
}

export function mapTree(mapKind: MapKind, ...entries: readonly (readonly [string | Uint8Array, Tree])[]): Tree {
  return { kind: 'map', mapKind, entries: entries.map(([key, value]) => [Buffer.from(key), value] as const) }
}

const tools = new DecodeTools()

/** Sends a sample as decoders do: long texts in windows, bytes that are not UTF-8 in two readings. */
export function sendSample(sink: AddressSink, sample: Sample): void {
  for (const [address, tree] of sample) sendTree(sink.address(address), tree, false)
}

function sendTree(visitor: ValueVisitor, tree: Tree, isAppended: boolean): void {
  switch (tree.kind) {
    case 'text':
      if (isAppended) tools.text.append(visitor, tree.bytes, 0, tree.bytes.length, false)
      else tools.text.value(visitor, tree.bytes, 0, tree.bytes.length, false)
      return
    case 'number':
      visitor.number(tree.value)
      return
    case 'boolean':
      visitor.boolean(tree.value)
      return
    case 'nil':
      visitor.nil()
      return
    case 'list':
      visitor.openList()
      for (const item of tree.items) sendTree(visitor, item, true)
      visitor.closeList()
      return
    case 'map':
      sendMap(visitor, tree.mapKind, tree.entries)
      return
    default:
      tree satisfies never
  }
}

function sendMap(visitor: ValueVisitor, kind: MapKind, entries: readonly (readonly [Uint8Array, Tree])[]): void {
  visitor.openMap(kind)
  for (const [key, value] of entries) {
    tools.text.key(visitor, key, 0, key.length, false)
    sendTree(visitor, value, kind === 'multi')
  }
  visitor.closeMap()
}

/** For reproducers: JSON with bytes as latin1. */
export function describeSample(sample: Sample): string {
  return JSON.stringify(sample, (_, value) => {
    return value instanceof Uint8Array ? Buffer.from(value).toString('latin1') : value
  })
}
