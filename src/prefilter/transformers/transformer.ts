// The engine's transformers as the compiler sees them: what must stand in a text for one to change it at all, and how to do
// exactly what it does. A text without any trigger of its transformers is matched as it is; a text with one is transformed
// by our own code and looked at again. (Facts: spec appsec.md section 4 and probing libddwaf 1.30.1; proof: test/fuzz.)

import { base64Decode, base64urlDecode } from './base64-decode.js'
import { compressWhiteSpace } from './compress-white-space.js'
import { cssDecode } from './css-decode.js'
import { htmlEntityDecode } from './html-entity-decode.js'
import { normalizePath, normalizePathWin } from './normalize-path.js'
import { removeComments } from './remove-comments.js'
import { removeNulls } from './remove-nulls.js'
import { shellUnescape } from './shell-unescape.js'
import { urlDecode, urlDecodeUni } from './url-decode.js'
import { urlBasename, urlPath, urlQuerystring } from './url-parts.js'

/**
 * Rewrites `bytes[0..length)` in place.
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

/** Found in every text. */
const anyText = '^'

/** Names that mean the same. */
const aliases: ReadonlyMap<string, string> = new Map([
  ['remove_nulls', removeNullsName],
  ['shell_unescape', 'cmdLine'],
  ['url_decode_iis', 'urlDecodeUni'],
  ['normalize_path', 'normalizePath'],
  ['remove_comments', 'removeComments'],
  ['url_decode', 'urlDecode'],
  ['html_entity_decode', 'htmlEntityDecode'],
  ['css_decode', 'cssDecode'],
  ['normalize_path_win', 'normalizePathWin'],
  ['compress_whitespace', 'compressWhiteSpace'],
  ['base64_decode', 'base64Decode'],
])

/** All that the compiler knows beside lowercase, which the automata fold. */
export const transformers: ReadonlyMap<string, Transformer> = new Map<string, Transformer>([
  [removeNullsName, { trigger: '\\x00', port: removeNulls }],
  ['urlDecodeUni', { trigger: '[%+]', port: urlDecodeUni }],
  ['normalizePath', { trigger: '\\./|/\\.', port: normalizePath }],
  ['cmdLine', { trigger: `[\\\\"'^,;\\t\\n\\v\\f\\r]|  | [/(]`, port: shellUnescape }],
  ['removeComments', { trigger: '--|#|//|/\\*|<!--', port: removeComments }],
  ['urlDecode', { trigger: '[%+]', port: urlDecode }],
  ['htmlEntityDecode', { trigger: '&', port: htmlEntityDecode }],
  ['cssDecode', { trigger: '\\\\', port: cssDecode }],
  ['normalizePathWin', { trigger: '\\\\|\\./|/\\.', port: normalizePathWin }],
  ['compressWhiteSpace', { trigger: '  ', port: compressWhiteSpace }],
  ['url_path', { trigger: '[?#]', port: urlPath }],
  ['url_querystring', { trigger: anyText, port: urlQuerystring }],
  ['url_basename', { trigger: '[/?#]', port: urlBasename }],
  ['base64Decode', { trigger: anyText, port: base64Decode }],
  ['base64url_decode', { trigger: anyText, port: base64urlDecode }],
  ['unicode_normalize', { trigger: '[^\\x00-\\x7f]', port: undefined }],
])

/** Transformers that give the same on a lower-cased text as the text they give, lower-cased. */
const lowercaseCommutes: ReadonlySet<string> = new Set([
  'normalizePath',
  'normalizePathWin',
  'cmdLine',
  'removeComments',
  'compressWhiteSpace',
  'url_path',
  'url_querystring',
  'url_basename',
])

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
