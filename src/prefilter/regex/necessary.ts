// Turns a regular expression into one that is found wherever the first is found and that is smaller: a necessary condition.
// What may be empty at either end of an unanchored pattern decides nothing, and long counted repeats are loosened.
import { alternateNode, concatNode, emptyNode, type RegexNode } from './syntax.js'

/** Counted repeats up to this many copies are kept exact; beyond, `x{40}` becomes `x{12}x*`. */
const maxExactCopies = 12
/** `x{2,6}` is kept up to this many optional copies; beyond, it becomes `xxx*`: optional copies multiply states. */
const maxOptionalCopies = 5

/** A tree that matches somewhere in every text in which `tree` matches somewhere. */
export function necessaryTree(tree: RegexNode): RegexNode {
  return trimEnd(trimStart(loosen(tree)))
}

/** True if the node can match without consuming, whatever stands around it; false also where it is not known. */
function isFreelyEmpty(node: RegexNode): boolean {
  switch (node.kind) {
    case 'empty':
      return true
    case 'repeat':
      return node.min === 0 || isFreelyEmpty(node.item)
    case 'concat':
      return node.items.every(isFreelyEmpty)
    case 'alternate':
      return node.items.some(isFreelyEmpty)
    case 'class':
    case 'anyByte':
    case 'assert':
      return false
    default:
      return node satisfies never
  }
}

function loosen(node: RegexNode): RegexNode {
  switch (node.kind) {
    case 'concat':
      return concatNode(node.items.map(loosen))
    case 'alternate':
      return alternateNode(node.items.map(loosen))
    case 'repeat':
      return loosenRepeat(loosen(node.item), node.min, node.max)
    default:
      return node
  }
}

function loosenRepeat(item: RegexNode, min: number, max: number): RegexNode {
  if (max === 0 || item.kind === 'empty') return emptyNode
  if (min > maxExactCopies) return { kind: 'repeat', item, min: maxExactCopies, max: Infinity }
  if (max - min > maxOptionalCopies) return { kind: 'repeat', item, min, max: Infinity }
  return { kind: 'repeat', item, min, max }
}

function trimStart(node: RegexNode): RegexNode {
  return trim(node, trimStart, (items) => items)
}

function trimEnd(node: RegexNode): RegexNode {
  return trim(node, trimEnd, (items) => items.toReversed())
}

/** Trims one end; `orient` puts that end first and, applied again, back. */
function trim(
  node: RegexNode,
  self: (node: RegexNode) => RegexNode,
  orient: (items: readonly RegexNode[]) => readonly RegexNode[],
): RegexNode {
  if (isFreelyEmpty(node)) return emptyNode
  if (node.kind === 'alternate') return alternateNode(node.items.map(self))
  if (node.kind === 'repeat') return { ...node, max: node.min }
  if (node.kind !== 'concat') return node
  const items = [...orient(node.items)]
  while (items[0] !== undefined && isFreelyEmpty(items[0])) items.shift()
  const [first] = items
  if (first !== undefined) items[0] = self(first)
  return concatNode(orient(items))
}
