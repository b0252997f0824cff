// Seeds: rare characters without which no pattern behind a chain of transformers can match. A text that raises a trigger
// but holds no seed is not transformed at all.
import { type AsciiSet, requiredSets, withBothCases } from '../regex/required-bytes.js'
import type { Matcher } from '../ruleset/condition-test.js'

/** Transformers that only take characters away or lower-case them, apart from making spaces. */
const reducing: ReadonlySet<string> = new Set(['removeNulls', 'normalizePath', 'removeComments', 'cmdLine'])
/** Seeds that make up more than this share of common text would be raised by most texts, and cost more than they save. */
const maxShare = 0.02
const space = 0x20

/** @returns a RE2 class of the seeds, or `undefined` when there are none worth having. */
export function seedPattern(ports: readonly string[], matchers: readonly Matcher[]): string | undefined {
  if (!ports.every((port) => reducing.has(port))) return undefined
  const seeds = new Uint32Array(4)
  for (const matcher of matchers) {
    const rarest = rarestSet(matcher)
    if (rarest === undefined) return undefined
    for (let word = 0; word < 4; word++) seeds[word] = (seeds[word] ?? 0) | (rarest[word] ?? 0)
  }
  const codes = membersOf(seeds).map((code) => `\\x${code.toString(16).padStart(2, '0')}`)
  // A pattern that matches nothing asks for a character of the empty set.
  return shareOf(seeds) > maxShare || codes.length === 0 ? undefined : `[${codes.join('')}]`
}

/** Spaces may be made of other characters, so a set with a space in it is no seed. */
function rarestSet(matcher: Matcher): AsciiSet | undefined {
  if (matcher.kind !== 'regex') return undefined
  const sets = requiredSets(matcher.tree).map(withBothCases)
  const usable = sets.filter((set) => !membersOf(set).includes(space))
  return usable.sort((left, right) => shareOf(left) - shareOf(right))[0]
}

function membersOf(set: AsciiSet): number[] {
  const members: number[] = []
  for (let code = 0; code < 128; code++) if (((set[code >> 5] ?? 0) >>> (code & 31)) & 1) members.push(code)
  return members
}

/** Rough share of a set's characters in the texts of requests. */
function shareOf(set: AsciiSet): number {
  return membersOf(set).reduce((sum, code) => sum + shareOfCode(code), 0)
}

function shareOfCode(code: number): number {
  const character = String.fromCharCode(code)
  if (/[a-z]/.test(character)) return 0.03
  return /[A-Z0-9 .,:;/=_-]/.test(character) ? 0.01 : 0.003
}
