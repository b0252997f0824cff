// The nondeterministic automaton of all patterns of a ruleset: one arena of nodes in typed arrays, shared by all threads.
// It runs on bytes. Node ids are indexes; suffixes that patterns have in common are one node.

/** What a node does. `bytes` and the tries consume a byte, the others do not. */
export const Op = { bytes: 0, split: 1, assert: 2, accept: 3, trie: 4, foldedTrie: 5 } as const

/** What must hold between two bytes for an `assert` node to let through. */
export const Assert = {
  textStart: 0,
  textEnd: 1,
  lineStart: 2,
  lineEnd: 3,
  wordBoundary: 4,
  notWordBoundary: 5,
} as const

/** Words of a byte set. */
export const maskWords = 8

/** The arena, structured-clonable; its buffers are SharedArrayBuffers, so that a clone shares them. */
export interface Nfa {
  /** `Op` of each node. */
  readonly ops: Uint8Array
  /** bytes: index of the byte set · split: the other way · assert: `Assert` · accept: action · tries: first edge. */
  readonly args: Int32Array
  /** bytes, split, assert: the next node · tries: number of edges. */
  readonly nexts: Int32Array
  /** Byte sets, `maskWords` words each. */
  readonly masks: Uint32Array
  /** Edges of tries, sorted by byte within a node. */
  readonly edgeBytes: Uint8Array
  readonly edgeTargets: Int32Array
}

/** The `accept` action "this value may match": the request is a candidate. Actions above it raise flag `action - 1`. */
export const fireAction = 0

export function maskHas(masks: Uint32Array, mask: number, byte: number): boolean {
  return (((masks[mask * maskWords + (byte >> 5)] ?? 0) >>> (byte & 31)) & 1) === 1
}

/** [0-9A-Za-z_]: what RE2 and the engine's phrase boundaries take for part of a word. */
export function isWordByte(byte: number): boolean {
  const lower = byte | 0x20
  return (byte >= 0x30 && byte <= 0x39) || (lower >= 0x61 && lower <= 0x7a && byte < 0x80) || byte === 0x5f
}

/** ASCII upper case to lower case; every other byte stays. */
export function lowerByte(byte: number): number {
  return byte >= 0x41 && byte <= 0x5a ? byte | 0x20 : byte
}
