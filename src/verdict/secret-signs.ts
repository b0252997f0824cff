// Tells texts that cannot hold a secret from those that must be searched: most of what an event shows holds none of the words that
// the expressions look for, and to look for the words costs a tenth of the search.
// A test holds it against the search, over mutated secrets. Made by hand for the default expressions: see `knownExpressions`.
import { createHash } from 'node:crypto'
import { percentDecodings } from './percent-decodings.js'

/** False for a text in which the redactor finds nothing to hide, whether it looks at the whole or at parts of it. */
export type SecretSigns = (text: string) => boolean

/** SHA-256 of the key expression, a line feed, and the value expression that the words below are taken from. */
const knownExpressions = 'bf592a4e68ff63ceb2b3edb5acbc43b6a1a4ee5acb409bc26cfcdfa2c1dcb961'

/** The shortest text that is changed: `//a@`, and `a:b@` in a path. */
const shortestLength = 4

/**
 * Secrets that need no name: tokens, keys, the user of a URL. Under the flags of the expressions themselves, so that letters fold
 * alike (`u` takes a long s for an s).
 */
const secretItself = /ey[\w-]|bearer|gh[opsu]_|-----begin|ssh-rsa/iu
/** What stands in the names of secrets; each expression wants `=` or `:` after it. */
const secretName = /pass|pw|secret|key|token|consumer|sign|auth|sess|sid|jwt/iu

/** @returns nothing for expressions that the words were not taken from: then every text must be searched. */
export function createSecretSigns(keyRegex: string, valueRegex: string): SecretSigns | undefined {
  const digest = createHash('sha256').update(`${keyRegex}\n${valueRegex}`).digest('hex')
  return digest === knownExpressions ? mayHoldSecret : undefined
}

function mayHoldSecret(text: string): boolean {
  if (text.length < shortestLength) return false
  // A `+` may become a space, and no word holds either.
  return text.includes('%') ? percentDecodings(text).some(hasSign) : hasSign(text)
}

function hasSign(text: string): boolean {
  if (secretItself.test(text) || text.includes('@')) return true
  return (text.includes('=') || text.includes(':')) && secretName.test(text)
}
