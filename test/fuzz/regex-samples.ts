// Texts that a regular expression probably matches, made from its syntax tree.

import type { CharClass } from '#src/prefilter/regex/char-class.js'
import { classHas } from '#src/prefilter/regex/char-class.js'
import type { RegexNode } from '#src/prefilter/regex/syntax.js'
import type { Random } from './random.js'

/** Characters beyond ASCII that have caught matchers out: folding, normalisation, white space, marks, four bytes. */
export const oddCharacters: readonly string[] = [
  '\u00e9',
  '\u00a0',
  '\u017f',
  '\u212a',
  '\uff1c',
  '\uff04',
  '\u4e2d',
  '\u{1f600}',
  '\u0301',
  '\u00df',
  '\u2028',
  '\u200b',
  '\u0085',
  '\ufffd',
  '\u0130',
  '\ufb01',
  '\u2024',
  '\uff0f',
  '\u{e0024}',
  '\u2215',
]

/** A text that matches if the pattern's assertions happen to hold in it. */
export function sampleRegex(node: RegexNode, random: Random): string {
  switch (node.kind) {
    case 'empty':
    case 'assert':
      return ''
    case 'anyByte':
      return String.fromCharCode(random.below(128))
    case 'class':
      return sampleClass(node.set, random)
    case 'concat':
      return node.items.map((item) => sampleRegex(item, random)).join('')
    case 'alternate':
      return node.items.length === 0 ? '' : sampleRegex(random.pick(node.items), random)
    case 'repeat':
      return sampleRepeat(node.item, node.min, node.max, random)
    default:
      return node satisfies never
  }
}

function sampleRepeat(item: RegexNode, min: number, max: number, random: Random): string {
  const extra = random.chance(0.5) ? 0 : random.below(4)
  let text = ''
  for (let copies = Math.min(max, min + extra); copies > 0; copies--) text += sampleRegex(item, random)
  return text
}

function sampleClass(set: CharClass, random: Random): string {
  if (set.high !== 'none' && random.chance(0.12)) return sampleHigh(set, random)
  // Printable first: control characters are in most negated classes and would drown the rest.
  for (let tries = 0; tries < 24; tries++) {
    const code = tries < 16 ? random.between(0x20, 0x7e) : random.below(128)
    if (classHas(set, code)) return String.fromCharCode(code)
  }
  const members: number[] = []
  for (let code = 0; code < 128; code++) if (classHas(set, code)) members.push(code)
  return members.length > 0 ? String.fromCharCode(random.pick(members)) : sampleHigh(set, random)
}

/** What folds to k and s is the only thing beyond ASCII in their folded literals. */
function sampleHigh(set: CharClass, random: Random): string {
  if (set.high === 'some' && classHas(set, 0x6b) && !classHas(set, 0x21)) return '\u212a'
  if (set.high === 'some' && classHas(set, 0x73) && !classHas(set, 0x21)) return '\u017f'
  return random.pick(oddCharacters)
}
