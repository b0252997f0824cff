// One group: the patterns that values of some addresses are tested for in one pass, and the byte classes they need.
// Computed once by the compiler, shared by all threads.
import { Assert, isWordByte, lowerByte, maskHas, type Nfa, Op } from './nfa.js'

/** Structured-clonable. */
export interface AutomatonGroup {
  /** For people: what is matched here. */
  readonly name: string
  /** First node of each pattern; patterns may start anywhere in a value. */
  readonly starts: Int32Array
  /** Class of each byte; bytes of one class lead to the same places. */
  readonly classOf: Uint8Array
  /** One byte of each class. */
  readonly classBytes: Uint8Array
  /** Flags that any byte of a class raises, wherever it stands. */
  readonly classFlags: Int32Array
  /** Classes whose bytes make the value a candidate at once (1). */
  readonly classFires: Uint8Array
  /** True if a word boundary is asked for anywhere: then states must know what stood before them. */
  readonly hasWordAssertions: boolean
  /** The same for line starts. */
  readonly hasLineAssertions: boolean
  /** NFA nodes behind the starts: no set has more members. */
  readonly nodeCount: number
}

/** Bytes that mean something by themselves. */
export interface ByteTriggers {
  /** Flags raised by a byte. */
  flagsOf(byte: number): number
  fires(byte: number): boolean
}

/** Works out the byte classes of some patterns. */
export function makeGroup(nfa: Nfa, name: string, starts: readonly number[], triggers: ByteTriggers): AutomatonGroup {
  const classes = new ByteClasses()
  for (let byte = 0; byte < 256; byte++) classes.mark(byte, triggers.fires(byte) ? -1 : triggers.flagsOf(byte))
  classes.refine()
  const seen = reachable(nfa, starts)
  const assertions = refineByNodes(nfa, seen, classes)
  const classBytes = classes.orderByUse()
  return {
    name,
    starts: Int32Array.from(starts),
    classOf: classes.classOf,
    classBytes,
    classFlags: Int32Array.from(classBytes, (byte) => triggers.flagsOf(byte)),
    classFires: Uint8Array.from(classBytes, (byte) => (triggers.fires(byte) ? 1 : 0)),
    ...assertions,
    nodeCount: seen.size,
  }
}

type UsedAssertions = Pick<AutomatonGroup, 'hasWordAssertions' | 'hasLineAssertions'>

/** Splits the bytes into classes, one distinction at a time. */
class ByteClasses {
  readonly classOf = new Uint8Array(256)
  readonly #marks = new Int32Array(256)

  /** Says what a byte is under the distinction at hand. */
  mark(byte: number, value: number): void {
    this.#marks[byte] = value
  }

  /** Bytes with different marks part. */
  refine(): void {
    const ids = new Map<number, number>()
    for (let byte = 0; byte < 256; byte++) {
      const key = (this.classOf[byte] ?? 0) * 0x1_0000_0000 + ((this.#marks[byte] ?? 0) >>> 0)
      let id = ids.get(key)
      if (id === undefined) {
        id = ids.size
        ids.set(key, id)
      }
      this.classOf[byte] = id
    }
  }

  /** Numbers the classes by how common their bytes are. @returns the most common byte of each class. */
  orderByUse(): Uint8Array {
    const ids = new Map<number, number>()
    const bytes: number[] = []
    for (const byte of bytesByUse()) {
      const old = this.classOf[byte] ?? 0
      if (ids.has(old)) continue
      ids.set(old, bytes.length)
      bytes.push(byte)
    }
    for (let byte = 0; byte < 256; byte++) this.classOf[byte] = ids.get(this.classOf[byte] ?? 0) ?? 0
    return Uint8Array.from(bytes)
  }
}

/** What requests are mostly made of, most common first: the transitions on these then lie together in memory. */
const commonCharacters =
  'e taoinrslcdumphgbfy.w0v-123k/45x"6789,q=:zj_;(AMCTSPD)EBGILNOFRWHKVUXJQYZ&%+@?\'*[]{}<>!#|~^$`\\'

function bytesByUse(): Set<number> {
  const bytes = new Set(Buffer.from(commonCharacters))
  for (let byte = 0; byte < 256; byte++) bytes.add(byte)
  return bytes
}

function reachable(nfa: Nfa, starts: readonly number[]): Set<number> {
  const seen = new Set<number>(starts)
  for (const node of seen) {
    const next = nfa.nexts[node] ?? 0
    const arg = nfa.args[node] ?? 0
    switch (nfa.ops[node]) {
      case Op.split:
        seen.add(arg).add(next)
        break
      case Op.bytes:
      case Op.assert:
        seen.add(next)
        break
      case Op.trie:
      case Op.foldedTrie:
        for (let edge = arg; edge < arg + next; edge++) seen.add(nfa.edgeTargets[edge] ?? 0)
        break
      default:
        break
    }
  }
  return seen
}

function refineByNodes(nfa: Nfa, nodes: ReadonlySet<number>, classes: ByteClasses): UsedAssertions {
  const masks = new Set<number>()
  const exactBytes = new Set<number>()
  const foldedBytes = new Set<number>()
  const asserts = new Set<number>()
  for (const node of nodes) {
    const op = nfa.ops[node]
    const arg = nfa.args[node] ?? 0
    if (op === Op.bytes) masks.add(arg)
    if (op === Op.assert) asserts.add(arg)
    if (op !== Op.trie && op !== Op.foldedTrie) continue
    const bytes = op === Op.trie ? exactBytes : foldedBytes
    for (let edge = arg; edge < arg + (nfa.nexts[node] ?? 0); edge++) bytes.add(nfa.edgeBytes[edge] ?? 0)
  }
  for (const mask of masks) refineBy(classes, (byte) => (maskHas(nfa.masks, mask, byte) ? 1 : 0))
  refineBy(classes, (byte) => (exactBytes.has(byte) ? byte + 1 : 0))
  refineBy(classes, (byte) => (foldedBytes.has(lowerByte(byte)) ? lowerByte(byte) + 1 : 0))
  const hasWordAssertions = asserts.has(Assert.wordBoundary) || asserts.has(Assert.notWordBoundary)
  if (hasWordAssertions) refineBy(classes, (byte) => (isWordByte(byte) ? 1 : 0))
  const hasLineAssertions = asserts.has(Assert.lineStart) || asserts.has(Assert.lineEnd)
  if (hasLineAssertions) refineBy(classes, (byte) => (byte === 0x0a ? 1 : 0))
  return { hasWordAssertions, hasLineAssertions }
}

function refineBy(classes: ByteClasses, value: (byte: number) => number): void {
  for (let byte = 0; byte < 256; byte++) classes.mark(byte, value(byte))
  classes.refine()
}
