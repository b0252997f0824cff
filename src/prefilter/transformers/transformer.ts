// The engine's transformers as the compiler sees them: what must stand in a text for one to change it at all, and how to do
// exactly what it does. A text without any trigger of its transformers is matched as it is; a text with one is transformed
// by our own code and looked at again. (Facts: spec appsec.md section 4 and probing libddwaf 1.30.1; proof: test/fuzz.)

import { normalizePath } from './normalize-path.js'
import { removeComments } from './remove-comments.js'
import { removeNulls } from './remove-nulls.js'
import { shellUnescape } from './shell-unescape.js'
import { urlDecodeUni } from './url-decode-uni.js'

/**
 * Rewrites `bytes[0..length)` in place.
 * @param bytes - at least `growth` times as long as the text.
 * @returns the new length.
 */
export type TransformerPort = (bytes: Uint8Array, length: number) => number

export interface Transformer {
  /** RE2 pattern, case-sensitive: found in every text that the transformer changes. */
  readonly trigger: string
  /** `undefined`: a text with a trigger counts as fired. */
  readonly port: TransformerPort | undefined
}

const lowercaseName = 'lowercase'
const removeNullsName = 'removeNulls'

/** Names that mean the same. */
const aliases: ReadonlyMap<string, string> = new Map([
  ['remove_nulls', removeNullsName],
  ['shell_unescape', 'cmdLine'],
  ['url_decode_iis', 'urlDecodeUni'],
  ['normalize_path', 'normalizePath'],
  ['remove_comments', 'removeComments'],
])

/** All that the compiler knows beside lowercase, which the automata fold. */
export const transformers: ReadonlyMap<string, Transformer> = new Map<string, Transformer>([
  [removeNullsName, { trigger: '\\x00', port: removeNulls }],
  ['urlDecodeUni', { trigger: '[%+]', port: urlDecodeUni }],
  ['normalizePath', { trigger: '\\./|/\\.', port: normalizePath }],
  ['cmdLine', { trigger: `[\\\\"'^,;\\t\\n\\v\\f\\r]|  | [/(]`, port: shellUnescape }],
  ['removeComments', { trigger: '--|#|//|/\\*|<!--', port: removeComments }],
  ['unicode_normalize', { trigger: '[^\\x00-\\x7f]', port: undefined }],
])

/** Transformers that give the same on a lower-cased text as the text they give, lower-cased. */
const lowercaseCommutes: ReadonlySet<string> = new Set(['normalizePath', 'cmdLine', 'removeComments'])

/** What a list of transformers comes down to for one condition. */
export interface TransformChain {
  /** The text is lower-cased somewhere on the way; the pattern is built to be matched on the text as it was. */
  readonly isFolded: boolean
  /** A NUL in the text may change it. */
  readonly removesNulls: boolean
  /** Names in `transformers`, in order. */
  readonly ports: readonly string[]
}

/** @returns the chain, or the name of a transformer that is not known. */
export function readChain(names: readonly string[]): TransformChain | string {
  const known = names.map((name) => aliases.get(name) ?? name)
  const ports: string[] = []
  for (const [index, name] of known.entries()) {
    // In front of all others it needs no port: a NUL in the text itself makes a candidate.
    if (name === removeNullsName && ports.length === 0) continue
    if (name === lowercaseName) {
      const after = known.slice(index + 1)
      if (
        !after.every((later) => lowercaseCommutes.has(later) || later === removeNullsName || later === lowercaseName)
      ) {
        return 'lowercase before a transformer that tells cases apart'
      }
      continue
    }
    if (!transformers.has(name)) return name
    ports.push(name)
  }
  return {
    isFolded: known.includes(lowercaseName) || known.includes('cmdLine'),
    removesNulls: known.includes(removeNullsName),
    ports,
  }
}
