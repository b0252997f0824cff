// A prefix tree of phrases, while the NFA is built: nodes are numbers, edges one map.

export class Trie {
  /** Nodes are numbered from 0, the root; children after their parents. */
  nodeCount = 1
  /** `node * 256 + byte` -> child. */
  readonly #edges = new Map<number, number>()
  readonly #ends = new Set<number>()
  readonly #sortedKeys: Float64Array

  constructor(phrases: readonly Uint8Array[]) {
    for (const phrase of phrases) this.#add(phrase)
    this.#sortedKeys = Float64Array.from(this.#edges.keys()).sort()
  }

  /** A phrase ends here. */
  isEnd(node: number): boolean {
    return this.#ends.has(node)
  }

  /** Visits the children of a node in the order of their bytes. */
  eachEdge(node: number, visit: (byte: number, child: number) => void): void {
    const keys = this.#sortedKeys
    for (let index = this.#firstKeyOf(node); index < keys.length; index++) {
      const key = keys[index] ?? 0
      if (key >= (node + 1) * 256) return
      visit(key - node * 256, this.#edges.get(key) ?? 0)
    }
  }

  #add(phrase: Uint8Array): void {
    let node = 0
    for (const byte of phrase) {
      const key = node * 256 + byte
      let child = this.#edges.get(key)
      if (child === undefined) {
        child = this.nodeCount++
        this.#edges.set(key, child)
      }
      node = child
    }
    this.#ends.add(node)
  }

  #firstKeyOf(node: number): number {
    let low = 0
    let high = this.#sortedKeys.length
    while (low < high) {
      const middle = (low + high) >> 1
      if ((this.#sortedKeys[middle] ?? 0) < node * 256) low = middle + 1
      else high = middle
    }
    return low
  }
}
