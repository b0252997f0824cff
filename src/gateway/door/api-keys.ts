// API keys: a file of `NAME KEY` lines, and the check of a request's key against them.
import { createHash } from 'node:crypto'
import { MirrorwafError, reasonOf } from '../../errors.js'
import { readTextFile } from '../../read-text-file.js'
import { type HeaderList, valuesOf } from '../headers.js'

/** Last accepted size: some ten thousand keys. */
const keyFileLimitBytes = 1024 * 1024
/** Shorter keys can be guessed. */
const shortestKeyChars = 16

/** Finds who a key belongs to. Holds digests only; a look-up by digest tells nothing by its timing. */
export class ApiKeys {
  readonly #nameByDigest: ReadonlyMap<string, string>

  constructor(keys: ReadonlyMap<string, string>) {
    this.#nameByDigest = new Map([...keys].map(([key, name]) => [digestOf(key), name]))
  }

  /** @returns the owner's name; `undefined` when there is no key, several, or an unknown one. */
  find(headers: HeaderList, keyHeader: string): string | undefined {
    const [key, ...others] = valuesOf(headers, keyHeader)
    return key === undefined || others.length > 0 ? undefined : this.#nameByDigest.get(digestOf(key))
  }
}

/**
 * Reads a file of keys: `NAME KEY` per line; empty lines and those that begin with `#` are skipped.
 * @throws MirrorwafError `MWAF_GATEWAY_KEYS`; it names the line, never the key.
 */
export async function readApiKeys(path: string): Promise<ApiKeys> {
  try {
    return parseApiKeys(path, await readTextFile(path, keyFileLimitBytes))
  } catch (cause) {
    if (cause instanceof MirrorwafError) throw cause
    throw new MirrorwafError('MWAF_GATEWAY_KEYS', { path, reason: reasonOf(cause) }, cause)
  }
}

/** @throws MirrorwafError `MWAF_GATEWAY_KEYS`. */
export function parseApiKeys(path: string, text: string): ApiKeys {
  const keys = new Map<string, string>()
  for (const [index, line] of text.split('\n').entries()) {
    if (/^\s*(#|$)/.test(line)) continue
    const [, name, key] = /^\s*(\S+)\s+([\x21-\x7e]+)\s*$/.exec(line) ?? []
    const reason = refusalOf(name, key, keys)
    if (name === undefined || key === undefined || reason !== undefined) {
      throw new MirrorwafError('MWAF_GATEWAY_KEYS', { path, reason: `line ${index + 1} ${reason}` })
    }
    keys.set(key, name)
  }
  if (keys.size === 0) throw new MirrorwafError('MWAF_GATEWAY_KEYS', { path, reason: 'it holds no key' })
  return new ApiKeys(keys)
}

function refusalOf(name: string | undefined, key: string | undefined, keys: ReadonlyMap<string, string>) {
  if (name === undefined || key === undefined) return 'is not NAME KEY'
  if (key.length < shortestKeyChars) return `has a key of less than ${shortestKeyChars} characters`
  return keys.has(key) ? 'repeats a key' : undefined
}

function digestOf(key: string): string {
  return createHash('sha256').update(key).digest('base64')
}
