// Builds the arena: nodes are made from the end of a pattern to its start, equal ones once.
import type { CharClass } from '../regex/char-class.js'
import type { Assertion, RegexNode } from '../regex/syntax.js'
import { Assert, maskWords, type Nfa, Op } from './nfa.js'
import { Trie } from './trie.js'

/** A byte set under construction. */
type Mask = Uint32Array

/** Grows one arena; `finish` freezes it. Methods that build return the id of the first node of what leads on to `next`. */
export class NfaBuilder {
  readonly #ops: number[] = []
  readonly #args: number[] = []
  readonly #nexts: number[] = []
  readonly #masks: Mask[] = []
  readonly #maskIds = new Map<string, number>()
  readonly #nodeIds = new Map<number, number>()
  readonly #highRuns = new Map<number, number>()
  readonly #edgeBytes: number[] = []
  readonly #edgeTargets: number[] = []

  accept(action: number): number {
    return this.#intern(Op.accept, action, 0)
  }

  assert(assertion: Assertion, next: number): number {
    return this.#intern(Op.assert, Assert[assertion], next)
  }

  split(first: number, second: number): number {
    return first === second ? first : this.#intern(Op.split, second, first)
  }

  /** One byte of a set. @param has - whether a byte belongs to the set. */
  bytes(has: (byte: number) => boolean, next: number): number {
    const mask = new Uint32Array(maskWords)
    for (let byte = 0; byte < 256; byte++) {
      if (has(byte)) mask[byte >> 5] = (mask[byte >> 5] ?? 0) | (1 << (byte & 31))
    }
    return this.#masked(mask, next)
  }

  /** @param isFolded - the text is lower-cased before it is matched, but the automaton sees it as it was. */
  regex(node: RegexNode, isFolded: boolean, next: number): number {
    switch (node.kind) {
      case 'empty':
        return next
      case 'class':
        return this.#charClass(node.set, isFolded, next)
      case 'anyByte':
        return this.bytes(() => true, next)
      case 'assert':
        return this.assert(node.assertion, next)
      case 'concat':
        return node.items.reduceRight((after, item) => this.regex(item, isFolded, after), next)
      case 'alternate':
        return this.#alternate(node.items, isFolded, next)
      case 'repeat':
        return this.#repeat(node, isFolded, next)
      default:
        return node satisfies never
    }
  }

  /**
   * Any of some non-empty phrases.
   * @param onEnd - the node after a phrase.
   */
  phrases(phrases: readonly Uint8Array[], isFolded: boolean, onEnd: number): number {
    const trie = new Trie(phrases)
    const ids = new Int32Array(trie.nodeCount)
    const op = isFolded ? Op.foldedTrie : Op.trie
    // Children have higher numbers than their parents.
    for (let node = trie.nodeCount - 1; node >= 0; node--) ids[node] = this.#trieNode(trie, node, op, onEnd, ids)
    return ids[0] ?? onEnd
  }

  finish(): Nfa {
    const masks = new Uint32Array(new SharedArrayBuffer(this.#masks.length * maskWords * 4))
    for (const [index, mask] of this.#masks.entries()) masks.set(mask, index * maskWords)
    return {
      ops: sharedBytes(this.#ops),
      args: sharedInts(this.#args),
      nexts: sharedInts(this.#nexts),
      masks,
      edgeBytes: sharedBytes(this.#edgeBytes),
      edgeTargets: sharedInts(this.#edgeTargets),
    }
  }

  /**
   * One character. A character beyond ASCII is one byte or more >= 0x80: less exact than its one to four bytes, but every
   * run of such bytes then looks the same, and the automata stay small.
   */
  #charClass(set: CharClass, isFolded: boolean, next: number): number {
    const hasAscii = set.ascii.some((word) => word !== 0)
    const ascii = hasAscii ? this.#masked(maskOf(set, isFolded, false), next) : undefined
    if (set.high === 'none') return ascii ?? this.#masked(new Uint32Array(maskWords), next)
    const high = this.#masked(highMask, this.#highRun(next))
    return ascii === undefined ? high : this.split(ascii, high)
  }

  /** Any number of bytes >= 0x80. */
  #highRun(next: number): number {
    let loop = this.#highRuns.get(next)
    if (loop === undefined) {
      loop = this.#reserveSplit(next)
      this.#args[loop] = this.#masked(highMask, loop)
      this.#highRuns.set(next, loop)
    }
    return loop
  }

  #alternate(items: readonly RegexNode[], isFolded: boolean, next: number): number {
    const branches = items.map((item) => this.regex(item, isFolded, next))
    if (branches.length === 0) return this.#masked(new Uint32Array(maskWords), next)
    return branches.reduceRight((rest, branch) => this.split(branch, rest))
  }

  #repeat(node: RegexNode & { readonly kind: 'repeat' }, isFolded: boolean, next: number): number {
    let entry = next
    if (node.max === Infinity) entry = this.#loop(node.item, isFolded, next)
    else
      for (let copy = node.min; copy < node.max; copy++)
        entry = this.split(this.regex(node.item, isFolded, entry), next)
    for (let copy = 0; copy < node.min; copy++) entry = this.regex(node.item, isFolded, entry)
    return entry
  }

  #loop(item: RegexNode, isFolded: boolean, next: number): number {
    const loop = this.#reserveSplit(next)
    this.#args[loop] =
      item.kind === 'class'
        ? this.#masked(maskOf(item.set, isFolded, item.set.high !== 'none'), loop)
        : this.regex(item, isFolded, loop)
    return loop
  }

  #trieNode(trie: Trie, node: number, op: number, onEnd: number, ids: Int32Array): number {
    const firstEdge = this.#edgeBytes.length
    trie.eachEdge(node, (byte, child) => {
      this.#edgeBytes.push(byte)
      this.#edgeTargets.push(ids[child] ?? 0)
    })
    const edgeCount = this.#edgeBytes.length - firstEdge
    if (edgeCount === 0) return onEnd
    const inner = this.#push(op, firstEdge, edgeCount)
    return trie.isEnd(node) ? this.split(inner, onEnd) : inner
  }

  #masked(mask: Mask, next: number): number {
    return this.#intern(Op.bytes, this.#internMask(mask), next)
  }

  #reserveSplit(next: number): number {
    return this.#push(Op.split, next, next)
  }

  #intern(op: number, arg: number, next: number): number {
    const key = (arg * idLimit + next) * opLimit + op
    const known = this.#nodeIds.get(key)
    if (known !== undefined) return known
    const id = this.#push(op, arg, next)
    this.#nodeIds.set(key, id)
    return id
  }

  #push(op: number, arg: number, next: number): number {
    this.#ops.push(op)
    this.#args.push(arg)
    this.#nexts.push(next)
    return this.#ops.length - 1
  }

  #internMask(mask: Mask): number {
    const key = mask.join()
    const known = this.#maskIds.get(key)
    if (known !== undefined) return known
    this.#masks.push(mask)
    this.#maskIds.set(key, this.#masks.length - 1)
    return this.#masks.length - 1
  }
}

/** Every byte >= 0x80. */
const highMask: Mask = Uint32Array.of(0, 0, 0, 0, 0xffff_ffff, 0xffff_ffff, 0xffff_ffff, 0xffff_ffff)
/** Letters in words 2 (capitals) and 3. */
const letterBits = 0x07ff_fffe
const idLimit = 2 ** 22
const opLimit = 8

/** @param isFolded - a capital belongs to the set when its small letter does. */
function maskOf(set: CharClass, isFolded: boolean, withHigh: boolean): Mask {
  const mask = new Uint32Array(maskWords)
  mask.set(set.ascii)
  if (isFolded) mask[2] = ((mask[2] ?? 0) & ~letterBits) | ((mask[3] ?? 0) & letterBits)
  if (withHigh) mask.fill(0xffff_ffff, 4)
  return mask
}

function sharedBytes(values: readonly number[]): Uint8Array {
  const shared = new Uint8Array(new SharedArrayBuffer(values.length))
  shared.set(values)
  return shared
}

function sharedInts(values: readonly number[]): Int32Array {
  const shared = new Int32Array(new SharedArrayBuffer(values.length * 4))
  shared.set(values)
  return shared
}
