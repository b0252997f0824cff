// Which ASCII characters a text must hold for a pattern to be found in it, whatever their order: a cheap first test where a
// transformer would have to run before the real one.
import type { CharClass } from './char-class.js'
import type { RegexNode } from './syntax.js'

/** Bit `code & 31` of word `code >> 5`: one of these must be there. */
export type AsciiSet = Uint32Array

/** Every match holds a character of each of these sets. Empty when nothing is certain. */
export function requiredSets(node: RegexNode): AsciiSet[] {
  const sets = new Map<string, AsciiSet>()
  collect(node, sets)
  return [...sets.values()]
}

export function intersects(left: AsciiSet, right: AsciiSet): boolean {
  for (let word = 0; word < 4; word++) if (((left[word] ?? 0) & (right[word] ?? 0)) !== 0) return true
  return false
}

/** The set with both cases of every letter in it. */
export function withBothCases(set: AsciiSet): AsciiSet {
  const both = Uint32Array.from(set)
  // Letters of either case have the same bits, in words 2 and 3.
  const letters = ((set[2] ?? 0) | (set[3] ?? 0)) & 0x07ff_fffe
  both[2] = (both[2] ?? 0) | letters
  both[3] = (both[3] ?? 0) | letters
  return both
}

function collect(node: RegexNode, sets: Map<string, AsciiSet>): void {
  switch (node.kind) {
    case 'class':
      addClass(node.set, sets)
      return
    case 'concat':
      for (const item of node.items) collect(item, sets)
      return
    case 'repeat':
      if (node.min > 0) collect(node.item, sets)
      return
    default:
      // Of an alternation nothing is certain; the rest asks for no character.
      return
  }
}

function addClass(set: CharClass, sets: Map<string, AsciiSet>): void {
  if (set.high === 'none') sets.set(set.ascii.join(), set.ascii)
}
