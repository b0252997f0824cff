// The subset construction, one step at a time: which NFA nodes wait after one more byte, and what was raised on the way.
// The starts of the patterns wait in front of every byte; what they lead to is remembered per context and byte class.
// Nodes that assert something about the next byte wait in the set and are decided when that byte, or the end, is there.
import type { AutomatonGroup } from './group.js'
import { Assert, fireAction, isWordByte, lowerByte, maskHas, type Nfa, Op } from './nfa.js'

/** What stood before the next byte, as bits of a context. */
export const Context = { afterWord: 1, atStart: 2, afterNewLine: 4 } as const

const contextCount = 8
/** Stands for the end of the value where a byte is expected. */
const endOfText = -1
const maxMark = 0xffff_ffff

/** The scratch arrays, as long as the NFA; all automata of a worker share one, because only one steps at a time. */
export class SubsetScratch {
  readonly nodes: Int32Array
  /** Mark of the step that last added a node to the set, or moved it. */
  readonly added: Uint32Array
  readonly moved: Uint32Array
  mark = 0

  constructor(nodeCount: number) {
    this.nodes = new Int32Array(nodeCount)
    this.added = new Uint32Array(nodeCount)
    this.moved = new Uint32Array(nodeCount)
  }

  /** Begins a step: nothing is added or moved. */
  next(): void {
    if (this.mark === maxMark) {
      this.added.fill(0)
      this.moved.fill(0)
      this.mark = 0
    }
    this.mark++
  }
}

/** What one context and byte class make of the pattern starts. */
interface StartStep {
  readonly nodes: Int32Array
  readonly flags: number
  readonly isFired: boolean
}

/** The results of the last step are its fields. */
export class SubsetStep {
  /** The nodes that wait now: the first `length` of these, in no order, none twice. */
  readonly nodes: Int32Array
  length = 0
  /** Flags that the step raised. */
  flags = 0
  /** A pattern was found. */
  isFired = false
  /** Context after the step. */
  context = 0

  readonly #nfa: Nfa
  readonly #group: AutomatonGroup
  readonly #startNodes: (StartStep | undefined)[] = new Array(contextCount)
  readonly #startSteps: (StartStep | undefined)[]
  readonly #scratch: SubsetScratch
  readonly #moveStack: number[] = []
  readonly #addStack: number[] = []

  constructor(nfa: Nfa, group: AutomatonGroup, scratch: SubsetScratch) {
    this.#nfa = nfa
    this.#group = group
    this.#scratch = scratch
    this.nodes = scratch.nodes
    this.#startSteps = new Array(contextCount * (group.classBytes.length + 1))
  }

  /** True for the members of the set. */
  has(node: number): boolean {
    return this.#scratch.added[node] === this.#scratch.mark
  }

  /**
   * Moves a set over one byte, or over the end.
   * @param pool - holds the set at `first` up to `last`.
   * @param byteClass - the group's class count stands for the end.
   */
  run(pool: Int32Array, first: number, last: number, context: number, byteClass: number): void {
    const isEnd = byteClass === this.#group.classBytes.length
    const byte = isEnd ? endOfText : (this.#group.classBytes[byteClass] ?? 0)
    const start = this.#startStep(context, byteClass, byte)
    this.#reset()
    this.context = isEnd ? 0 : this.#contextAfter(byte)
    this.isFired = start.isFired || (!isEnd && this.#group.classFires[byteClass] === 1)
    this.flags = start.flags | (isEnd ? 0 : (this.#group.classFlags[byteClass] ?? 0))
    for (const node of start.nodes) {
      this.#scratch.added[node] = this.#scratch.mark
      this.nodes[this.length++] = node
    }
    for (let index = first; index < last && !this.isFired; index++) this.#move(pool[index] ?? 0, context, byte)
  }

  #reset(): void {
    this.#scratch.next()
    this.length = 0
    this.flags = 0
    this.isFired = false
  }

  #contextAfter(byte: number): number {
    const isWord = this.#group.hasWordAssertions && isWordByte(byte)
    const isNewLine = this.#group.hasLineAssertions && byte === 0x0a
    return (isWord ? Context.afterWord : 0) | (isNewLine ? Context.afterNewLine : 0)
  }

  #startStep(context: number, byteClass: number, byte: number): StartStep {
    const key = context * (this.#group.classBytes.length + 1) + byteClass
    const known = this.#startSteps[key]
    if (known !== undefined) return known
    const starts = this.#startNodes[context] ?? this.#closeStarts(context)
    this.#reset()
    this.context = byte === endOfText ? 0 : this.#contextAfter(byte)
    for (const node of starts.nodes) this.#move(node, context, byte)
    const made = this.#snapshot(starts)
    this.#startSteps[key] = made
    return made
  }

  /** The nodes at which patterns may begin in a context. */
  #closeStarts(context: number): StartStep {
    this.#reset()
    for (const node of this.#group.starts) this.#add(node, context)
    const made = this.#snapshot(undefined)
    this.#startNodes[context] = made
    return made
  }

  #snapshot(before: StartStep | undefined): StartStep {
    return {
      nodes: this.nodes.slice(0, this.length),
      flags: this.flags | (before?.flags ?? 0),
      isFired: this.isFired || (before?.isFired ?? false),
    }
  }

  /** Moves one waiting node over a byte or the end. */
  #move(node: number, context: number, byte: number): void {
    const { ops, args, nexts, masks } = this.#nfa
    const stack = this.#moveStack
    stack.push(node)
    for (let top = stack.pop(); top !== undefined; top = stack.pop()) {
      if (this.#scratch.moved[top] === this.#scratch.mark) continue
      this.#scratch.moved[top] = this.#scratch.mark
      const arg = args[top] ?? 0
      const next = nexts[top] ?? 0
      switch (ops[top]) {
        case Op.bytes:
          if (byte !== endOfText && maskHas(masks, arg, byte)) this.#add(next, this.context)
          break
        case Op.trie:
          if (byte !== endOfText) this.#moveTrie(arg, next, byte)
          break
        case Op.foldedTrie:
          if (byte !== endOfText) this.#moveTrie(arg, next, lowerByte(byte))
          break
        case Op.split:
          stack.push(arg, next)
          break
        case Op.assert:
          if (assertionHolds(arg, context, byte)) stack.push(next)
          break
        default:
          this.#act(arg)
          break
      }
    }
  }

  #moveTrie(firstEdge: number, edgeCount: number, wanted: number): void {
    const { edgeBytes, edgeTargets } = this.#nfa
    let low = firstEdge
    let high = firstEdge + edgeCount - 1
    while (low <= high) {
      const middle = (low + high) >> 1
      const found = edgeBytes[middle] ?? 0
      if (found === wanted) {
        this.#add(edgeTargets[middle] ?? 0, this.context)
        return
      }
      if (found < wanted) low = middle + 1
      else high = middle - 1
    }
  }

  /** Adds what is reached from a node without consuming; assertions about the byte before are decided by `context`. */
  #add(node: number, context: number): void {
    const { ops, args, nexts } = this.#nfa
    const stack = this.#addStack
    stack.push(node)
    for (let top = stack.pop(); top !== undefined; top = stack.pop()) {
      if (this.#scratch.added[top] === this.#scratch.mark) continue
      this.#scratch.added[top] = this.#scratch.mark
      const op = ops[top]
      const arg = args[top] ?? 0
      if (op === Op.split) stack.push(arg, nexts[top] ?? 0)
      else if (op === Op.accept) this.#act(arg)
      else if (op !== Op.assert || looksAhead(arg)) this.nodes[this.length++] = top
      else if (holdsBehind(arg, context)) stack.push(nexts[top] ?? 0)
    }
  }

  #act(action: number): void {
    if (action === fireAction) this.isFired = true
    else this.flags |= 1 << (action - 1)
  }
}

function looksAhead(assertion: number): boolean {
  return assertion !== Assert.textStart && assertion !== Assert.lineStart
}

function holdsBehind(assertion: number, context: number): boolean {
  const accepted = assertion === Assert.textStart ? Context.atStart : Context.atStart | Context.afterNewLine
  return (context & accepted) !== 0
}

/** @param next - the byte after the assertion, or `endOfText`. */
function assertionHolds(assertion: number, context: number, next: number): boolean {
  switch (assertion) {
    case Assert.textEnd:
      return next === endOfText
    case Assert.lineEnd:
      return next === endOfText || next === 0x0a
    case Assert.wordBoundary:
      return isAtBoundary(context, next)
    case Assert.notWordBoundary:
      return !isAtBoundary(context, next)
    default:
      return holdsBehind(assertion, context)
  }
}

function isAtBoundary(context: number, next: number): boolean {
  return ((context & Context.afterWord) !== 0) !== (next !== endOfText && isWordByte(next))
}
