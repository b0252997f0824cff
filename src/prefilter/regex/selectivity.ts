// How rarely a pattern is found by chance: a rough measure in bits, to choose between conditions and to weigh merging groups.
import type { CharClass } from './char-class.js'
import type { RegexNode } from './syntax.js'

/** Bits that the least demanding way through the pattern asks of a text. */
export function selectivityBits(node: RegexNode): number {
  switch (node.kind) {
    case 'empty':
    case 'anyByte':
      return 0
    case 'assert':
      return 1
    case 'class':
      return classBits(node.set)
    case 'concat':
      return node.items.reduce((sum, item) => sum + selectivityBits(item), 0)
    case 'alternate':
      return node.items.reduce((least, item) => Math.min(least, selectivityBits(item)), Infinity)
    case 'repeat':
      return node.min * selectivityBits(node.item)
    default:
      return node satisfies never
  }
}

function classBits(set: CharClass): number {
  let size = set.high === 'none' ? 0 : 32
  for (let code = 0; code < 128; code++) size += ((set.ascii[code >> 5] ?? 0) >>> (code & 31)) & 1
  return Math.max(0, Math.log2(128 / Math.max(size, 1)))
}
