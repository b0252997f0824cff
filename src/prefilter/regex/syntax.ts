// The syntax tree of a regular expression, reduced to what decides whether a match exists at all.
// Greediness, captures and names do not, so the tree has none.
import type { CharClass } from './char-class.js'

/** Empty-width assertions. `\A` and a `^` without (?m) are textStart; `\z` and a `$` without (?m) are textEnd. */
export type Assertion = 'textStart' | 'textEnd' | 'lineStart' | 'lineEnd' | 'wordBoundary' | 'notWordBoundary'

/** `max` is Infinity for an open repeat. An alternation without items matches nothing. */
export type RegexNode =
  | { readonly kind: 'empty' }
  | { readonly kind: 'class'; readonly set: CharClass }
  /** Any one byte, RE2's \C. */
  | { readonly kind: 'anyByte' }
  | { readonly kind: 'assert'; readonly assertion: Assertion }
  | { readonly kind: 'concat'; readonly items: readonly RegexNode[] }
  | { readonly kind: 'alternate'; readonly items: readonly RegexNode[] }
  | { readonly kind: 'repeat'; readonly item: RegexNode; readonly min: number; readonly max: number }

export const emptyNode: RegexNode = { kind: 'empty' }

/** A sequence; no wrapper around one item. */
export function concatNode(items: readonly RegexNode[]): RegexNode {
  const [first] = items
  if (first === undefined) return emptyNode
  return items.length === 1 ? first : { kind: 'concat', items }
}

/** A choice; no wrapper around one item. */
export function alternateNode(items: readonly RegexNode[]): RegexNode {
  const [first] = items
  return items.length === 1 && first !== undefined ? first : { kind: 'alternate', items }
}
