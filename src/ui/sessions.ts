// The token that opens the page, and the sessions of browsers that have shown it. Without a token file everybody is let in.
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import { MirrorwafError, reasonOf } from '../errors.js'
import { readTextFile } from '../read-text-file.js'
import type { LoginBrake } from './login-brake.js'

/** Shorter ones can be guessed. */
export const tokenLeastChars = 16
const tokenMostBytes = 4096

/** Browsers that are logged in at once; the oldest gives way. */
const sessionLimit = 100
const sessionAgeMs = 12 * 3_600_000
const cookieName = 'mirrorwaf_session'

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

/** Whether somebody may see the page. */
export type Access = 'open' | 'closed' | 'too-many'

export class Sessions {
  readonly #token: Buffer | undefined
  readonly #brake: LoginBrake
  /** Session and when it ends. */
  readonly #sessions = new Map<string, number>()

  /** @param token - `undefined`: everybody is let in. */
  constructor(token: string | undefined, brake: LoginBrake) {
    this.#token = token === undefined ? undefined : digest(token)
    this.#brake = brake
  }

  /** Whether a browser has logged in, or no token is needed. @param cookies - header. */
  hasSession(cookies: string | undefined, nowMs: number): boolean {
    if (this.#token === undefined) return true
    const session = new RegExp(`(?:^|;\\s*)${cookieName}=([\\w-]+)`).exec(cookies ?? '')?.[1]
    return session !== undefined && (this.#sessions.get(session) ?? 0) > nowMs
  }

  /** For programs, which show the token each time. @param authorization - header. @param address - of the sender. */
  async judgeBearer(authorization: string | undefined, address: string): Promise<Access> {
    const bearer = /^Bearer (\S+)$/i.exec(authorization ?? '')?.[1]
    if (bearer === undefined) return 'closed'
    const result = await this.#brake.try(address, () => this.#isToken(bearer))
    if (result === 'too-many') return result
    return result === 'right' ? 'open' : 'closed'
  }

  /** @param address - of the sender. */
  async login(token: string, address: string, nowMs: number): Promise<LoginResult> {
    const result = await this.#brake.try(address, () => this.#isToken(token.trim()))
    if (result === 'too-many') return { kind: 'too-many' }
    if (result === 'wrong') return { kind: 'refused' }
    const session = randomBytes(32).toString('base64url')
    this.#sessions.set(session, nowMs + sessionAgeMs)
    const [oldest] = this.#sessions.keys()
    if (this.#sessions.size > sessionLimit && oldest !== undefined) this.#sessions.delete(oldest)
    return { kind: 'accepted', cookie: `${cookieName}=${session}; Path=/; HttpOnly; SameSite=Strict` }
  }

  #isToken(shown: string): boolean {
    return this.#token !== undefined && timingSafeEqual(digest(shown), this.#token)
  }
}

/** Of one length, as the comparison needs it. */
function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
