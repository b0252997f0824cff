// The token that opens the page, and the sessions of browsers that have shown it. Without a token file everybody is let in.
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import { MirrorwafError, reasonOf } from '../errors.js'
import { readTextFile } from '../read-text-file.js'

/** Shorter ones can be guessed. */
export const tokenLeastChars = 16
const tokenMostBytes = 4096

/** Browsers that are logged in at once; the oldest gives way. */
const sessionLimit = 100
const sessionAgeMs = 12 * 3_600_000
const cookieName = 'mirrorwaf_session'

/** Wrong tokens in one minute; beyond it all are refused until the minute is over. */
export const attemptLimit = 20
const attemptPeriodMs = 60_000

/** What became of a token that was shown. */
export type LoginResult =
  | { readonly kind: 'accepted'; readonly cookie: string }
  | { readonly kind: 'refused' }
  | { readonly kind: 'too-many' }

/**
 * Reads a token file; white space around the token is not part of it.
 * @throws MirrorwafError `MWAF_UI_TOKEN`.
 */
export async function readToken(path: string): Promise<string> {
  let text: string
  try {
    text = await readTextFile(path, tokenMostBytes)
  } catch (thrown) {
    throw new MirrorwafError('MWAF_UI_TOKEN', { reason: `${path}: ${reasonOf(thrown)}` }, thrown)
  }
  const token = text.trim()
  if (token.length >= tokenLeastChars) return token
  throw new MirrorwafError('MWAF_UI_TOKEN', { reason: `${path} has fewer than ${tokenLeastChars} characters` })
}

export class Sessions {
  readonly #token: Buffer | undefined
  /** Session and when it ends. */
  readonly #sessions = new Map<string, number>()
  #attempts = 0
  #attemptsEndMs = 0

  /** @param token - `undefined`: everybody is let in. */
  constructor(token: string | undefined) {
    this.#token = token === undefined ? undefined : digest(token)
  }

  /** @param authorization - header; a bearer token is for programs. @param cookies - header. */
  isOpenFor(authorization: string | undefined, cookies: string | undefined, nowMs: number): boolean {
    if (this.#token === undefined) return true
    const session = new RegExp(`(?:^|;\\s*)${cookieName}=([\\w-]+)`).exec(cookies ?? '')?.[1]
    if (session !== undefined && (this.#sessions.get(session) ?? 0) > nowMs) return true
    const bearer = /^Bearer (\S+)$/i.exec(authorization ?? '')?.[1]
    return bearer !== undefined && this.#mayTry(nowMs) && this.#isToken(bearer)
  }

  login(token: string, nowMs: number): LoginResult {
    if (!this.#mayTry(nowMs)) return { kind: 'too-many' }
    if (!this.#isToken(token.trim())) return { kind: 'refused' }
    const session = randomBytes(32).toString('base64url')
    this.#sessions.set(session, nowMs + sessionAgeMs)
    const [oldest] = this.#sessions.keys()
    if (this.#sessions.size > sessionLimit && oldest !== undefined) this.#sessions.delete(oldest)
    return { kind: 'accepted', cookie: `${cookieName}=${session}; Path=/; HttpOnly; SameSite=Strict` }
  }

  /** Wrong tokens are counted over all senders: behind a proxy all have one address. */
  #mayTry(nowMs: number): boolean {
    if (nowMs >= this.#attemptsEndMs) {
      this.#attempts = 0
      this.#attemptsEndMs = nowMs + attemptPeriodMs
    }
    return this.#attempts < attemptLimit
  }

  #isToken(shown: string): boolean {
    const isRight = this.#token !== undefined && timingSafeEqual(digest(shown), this.#token)
    if (!isRight) this.#attempts += 1
    return isRight
  }
}

/** Of one length, as the comparison needs it. */
function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
