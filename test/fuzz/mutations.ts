// Rewrites of a text that the engine's transformers undo, or that straddle what matchers look at.

import type { Random } from './random.js'
import { oddCharacters } from './regex-samples.js'

type Mutation = (text: string, random: Random) => string

/** Applies none, one or a few mutations. */
export function mutate(text: string, random: Random): string {
  let mutated = text
  while (random.chance(0.45)) mutated = random.pick(mutations)(mutated, random)
  return mutated
}

const swapCase: Mutation = (text, random) =>
  text.replace(/[A-Za-z]/g, (letter) =>
    random.chance(0.4) ? String.fromCharCode(letter.charCodeAt(0) ^ 0x20) : letter,
  )

const insertNul: Mutation = (text, random) => insert(text, '\u0000', random)

const percentEncode: Mutation = (text, random) =>
  mapSome(text, random, (char) =>
    [...Buffer.from(char)].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join(''),
  )

const unicodeEncode: Mutation = (text, random) =>
  mapSome(text, random, (char) => `%${random.pick(['u', 'U'])}${char.charCodeAt(0).toString(16).padStart(4, '0')}`)

const doubleEncode: Mutation = (text) => text.replaceAll('%', '%25')

const plusForSpace: Mutation = (text) => text.replaceAll(' ', '+')

const shellNoise: Mutation = (text, random) =>
  mapSome(text, random, (char) =>
    char === ' ' ? random.pick([', ', ';', ' \t', '  ']) : random.pick(['\\', '"', "'", '^']) + char,
  )

const spaceBeforeSlash: Mutation = (text) => text.replace(/[/(]/g, ' $&')

const comments: Mutation = (text, random) =>
  insert(text, random.pick(['/**/', '/*x*/', '<!--x-->', '<!---->', '--', '//', '#']), random)

const pathNoise: Mutation = (text, random) => text.replaceAll('/', random.pick(['/./', '/x/../', '//', '/././']))

const fullWidth: Mutation = (text, random) =>
  mapSome(text, random, (char) => {
    const code = char.charCodeAt(0)
    return code > 0x20 && code < 0x7f ? String.fromCharCode(code + 0xfee0) : char
  })

const tagCharacters: Mutation = (text, random) =>
  mapSome(text, random, (char) => {
    const code = char.charCodeAt(0)
    return code >= 0x20 && code < 0x7f ? String.fromCodePoint(0xe0000 + code) : char
  })

const combining: Mutation = (text, random) =>
  insert(text, random.pick(['\u0301', '\u200d', '\u0327', '\ufe0f']), random)

const odd: Mutation = (text, random) => insert(text, random.pick(oddCharacters), random)

const dropOne: Mutation = (text, random) => {
  const at = random.below(text.length + 1)
  return text.slice(0, at) + text.slice(at + 1)
}

const surround: Mutation = (text, random) => random.pick(edges) + text + random.pick(edges)

const repeatPart: Mutation = (text, random) => {
  const from = random.below(text.length + 1)
  const part = text.slice(from, from + random.between(1, 4))
  return text.slice(0, from) + part.repeat(random.between(1, 3)) + text.slice(from)
}

const edges = ['', ' ', 'x', '_', '.', '/', '-', '\n', '0', 'é', '\u4e2d', '"', '=', '&'] as const

const mutations: readonly Mutation[] = [
  swapCase,
  swapCase,
  insertNul,
  percentEncode,
  unicodeEncode,
  doubleEncode,
  plusForSpace,
  shellNoise,
  shellNoise,
  spaceBeforeSlash,
  comments,
  comments,
  pathNoise,
  pathNoise,
  fullWidth,
  tagCharacters,
  combining,
  odd,
  dropOne,
  surround,
  surround,
  repeatPart,
]

function insert(text: string, piece: string, random: Random): string {
  const at = random.below(text.length + 1)
  return text.slice(0, at) + piece + text.slice(at)
}

function mapSome(text: string, random: Random, change: (char: string) => string): string {
  const share = random.pick([0.1, 0.3, 1])
  return Array.from(text, (char) => (random.chance(share) ? change(char) : char)).join('')
}
