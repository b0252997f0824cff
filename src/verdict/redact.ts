// Removes secrets from what an event shows: queries, paths, header values, matched values.
// Stage: [verdict], in the worker, for matched requests only. What is in doubt is hidden: an event that shows too little is still
// an event, one that shows a password is an incident.
import { MirrorwafError, reasonOf } from '../errors.js'
import { cutMark } from './cut-text.js'
import { percentDecodings } from './percent-decodings.js'
import { translateRe2 } from './re2-to-v8.js'
import { createSecretSigns, type SecretSigns } from './secret-signs.js'
import { createTimeGuard, type TimeGuard } from './time-guard.js'

/** What stands for a secret; the engine's own mark in the values it redacts. */
export const redactedMark = '<Redacted>'
/** What stands for text that could not be searched for secrets in time. */
export const outOfTimeMark = '<Redacted: out of time>'

/** Which regular expressions say what is secret, in RE2's syntax: the ones that the engine redacts with. */
export interface RedactionPatterns {
  /** A value whose key matches is a secret. Empty: no key is. */
  readonly keyRegex: string
  /** Matches secrets inside values. Empty: values are not looked into. */
  readonly valueRegex: string
  /**
   * Whether what matches is cut out of the value (the capture groups of the default expression), or the whole value goes: what the
   * engine does with an expression that is not its maker's default.
   */
  readonly isValueRegexDefault: boolean
  /** The default key expression is known to be harmless in V8; another one may take exponential time. */
  readonly isKeyRegexDefault: boolean
  /** Places in bodies whose values are secrets; see `json-paths.ts`. Left out: none. */
  readonly jsonPaths?: readonly string[]
}

/** Removes secrets from the parts of one event after the other; one per worker thread. */
export interface Redactor {
  /** A query as it came, without the `?`: names and values, encoded. */
  redactQuery(query: string): string
  /** A path as it came, without the query. */
  redactPath(path: string): string
  /** @param name - in lower case. */
  redactHeader(name: string, value: string): string
  /** Any other text that a sender wrote. */
  redactText(text: string): string
}

/** Gives work a redactor for one event and bounds the time of all its redactions together. */
export type Redaction = <Value>(work: (redactor: Redactor) => Value) => Value

/**
 * Longest text that is searched; what is beyond is cut off, and marked. The default expressions take at most 3.3 ms for the worst
 * text of this length (measured: `eyI` over and over), because one of them is quadratic.
 */
export const searchLimit = 4096
/** Longest query and path shown. */
export const targetLimit = 8192
/** Pairs or segments that are looked at one by one (2.5 µs each); what follows is searched as one text. */
export const partLimit = 200
/**
 * What was searched and found harmless is not searched again: header values and path segments are the same in most requests (65
 * against 22 µs for the whole event of a common request where every text is searched, measured). Secrets are not remembered.
 */
const harmlessCount = 1024
const harmlessLength = 512
/** For all redactions of one event together; after it everything is hidden. */
const eventBudgetMs = 10

/** Header names whose values are credentials, whatever the key expression says. */
const credentialHeader = /^(?:proxy-)?authorization$|cookie|api[_-]?key|token|secret|passw|session/
/** A header value that begins so is a credential, whatever its name. */
const credentialScheme = /^\s*(?:bearer|basic|digest|negotiate|ntlm|hawk|aws4-hmac-sha256)\s/i
/** Looked for in every text, also under expressions of the operator's own. */
const alwaysSecret: readonly RegExp[] = [
  // JSON web tokens, whole; the default expression leaves their head.
  /(?<![\w-])ey[\w-]{8,}\.[\w-]{4,}(?:\.[\w-]*){0,3}/g,
  /\bbearer[\s+]+[\w.~+/=-]+/gi,
  // User name and password of a URL.
  /(?<=\/\/)[^\s/?#"']{1,256}(?=@)/g,
  // A private key, also one whose end was cut off.
  /-----BEGIN[^-]*PRIVATE[^-]*-----[^-]*(?:-----END[^-]*-----)?/g,
]

/** The same in a path, over the segments that a URL in it falls into. */
const userInfoInPath = /(?<=\/\/)[^\s/?#"']{1,256}(?=@|%40)/gi

/** `user:password@` at the start of a path's segment; the user stays. */
const passwordInSegment = /(?<=^|\/)([^\s/:@%]{1,64}(?::|%3a))[^\s/]{1,256}(?=@|%40)/gi

/** After a secret's key: the rest of its name, `=` or `:`, and a value that is not redacted yet. Bounded, so that it stays linear. */
const assignmentTail = `[\\w.\\[\\]-]{0,32}["']?\\s{0,8}[:=](?!\\s*["']?\\s*${redactedMark})\\s{0,8}\\S`

/**
 * @param nowMs - a clock that does not step, e.g. of the thread's processor time.
 * @param cheapNowMs - one that never runs slower than `nowMs` and is quick to read: as long as this one has not reached the end of
 * an event's time, the other is not asked.
 * @throws MirrorwafError `MWAF_REDACTION_PATTERN` for an expression that V8 cannot do like RE2.
 */
export function createRedaction(
  patterns: RedactionPatterns,
  nowMs: () => number,
  cheapNowMs: () => number = nowMs,
): Redaction {
  const redactor = new PatternRedactor(patterns, new EventClock(nowMs, cheapNowMs))
  // V8 compiles an expression when it first and second runs: 6 and 10 ms for the default ones (measured, idle machine), which
  // would hide a thread's first events as out of time. `sign` is a word for which a text is searched, here with no secret after it.
  redactor.redactQuery('name=first sign')
  redactor.redactHeader('name', 'name=second sign')
  if (patterns.isValueRegexDefault && patterns.isKeyRegexDefault) {
    return (work) => {
      redactor.begin()
      return work(redactor)
    }
  }
  // Unlike the defaults an operator's expression may take exponential time in V8.
  const guard: TimeGuard = createTimeGuard(eventBudgetMs)
  return (work) => {
    for (let attempt = 1; attempt <= guardAttemptCount; attempt += 1) {
      const startMs = nowMs()
      redactor.begin()
      const value = guard(() => work(redactor))
      if (value !== undefined) return value
      if (nowMs() - startMs >= eventBudgetMs / 2) break
    }
    return work(hideAll)
  }
}

/** The guard counts wall time: a thread that waited for a processor has used it up without searching, and tries again. */
const guardAttemptCount = 5

/** Used when an expression ran out of time: nothing was searched, so nothing is shown. */
const hideAll: Redactor = {
  redactQuery: () => outOfTimeMark,
  redactPath: () => outOfTimeMark,
  redactHeader: () => outOfTimeMark,
  redactText: () => outOfTimeMark,
}

/** The time of one event. To read the processor time costs 0.4 to 1.8 µs (measured), so it is read once while there is time. */
class EventClock {
  readonly #nowMs: () => number
  readonly #cheapNowMs: () => number
  #deadlineMs = Number.POSITIVE_INFINITY
  #cheapDeadlineMs = Number.POSITIVE_INFINITY

  constructor(nowMs: () => number, cheapNowMs: () => number) {
    this.#nowMs = nowMs
    this.#cheapNowMs = cheapNowMs
  }

  start(): void {
    this.#deadlineMs = this.#nowMs() + eventBudgetMs
    this.#cheapDeadlineMs = this.#cheapNowMs() + eventBudgetMs
  }

  get isOver(): boolean {
    return this.#cheapNowMs() > this.#cheapDeadlineMs && this.#nowMs() > this.#deadlineMs
  }
}

class PatternRedactor implements Redactor {
  readonly #key: RegExp | undefined
  readonly #value: RegExp | undefined
  /** The same with the places of its captures, where secrets are cut out; only for texts that match: each use makes a copy of it. */
  readonly #captures: RegExp | undefined
  /** A secret's key with `=` or `:` after it and something that is not redacted yet. */
  readonly #assignment: RegExp | undefined
  /** Spares most texts the search; undefined where it is not known what the expressions need. */
  readonly #signs: SecretSigns | undefined
  readonly #clock: EventClock
  /** Texts that were searched and hold no secret. */
  readonly #harmless = new Set<string>()
  /** Names of headers whose values are no credentials by their name. */
  readonly #harmlessNames = new Set<string>()

  constructor(patterns: RedactionPatterns, clock: EventClock) {
    const key = translate(patterns.keyRegex, '--obfuscation-key-regex')
    const value = translate(patterns.valueRegex, '--obfuscation-value-regex')
    this.#key = compile(key, 'iu', '--obfuscation-key-regex')
    this.#value = compile(value, 'iu', '--obfuscation-value-regex')
    if (patterns.isValueRegexDefault) this.#captures = compile(value, 'giud', '--obfuscation-value-regex')
    this.#assignment = compile(key && `(?:${key})${assignmentTail}`, 'iu', '--obfuscation-key-regex')
    this.#signs = createSecretSigns(patterns.keyRegex, patterns.valueRegex)
    this.#clock = clock
  }

  /** Starts the time of one event. */
  begin(): void {
    this.#clock.start()
  }

  redactQuery(query: string): string {
    if (this.#isPlain(query)) return query
    if (looksStructured(query)) return this.redactText(query)
    return this.#redactParts(query, '&', (pair) => this.#redactPair(pair))
  }

  redactPath(path: string): string {
    if (this.#isPlain(path)) return path
    const isSearched = this.#value !== undefined
    const bare = isSearched
      ? path.replace(userInfoInPath, redactedMark).replace(passwordInSegment, `$1${redactedMark}`)
      : path
    return this.#redactParts(bare, '/', (segment) => this.#redactParts(segment, ';', (part) => this.#redactPair(part)))
  }

  redactHeader(name: string, value: string): string {
    if (credentialScheme.test(value) || this.#isCredentialName(name)) return redactedMark
    return this.redactText(value)
  }

  redactText(text: string): string {
    if (text === '' || this.#isPlain(text)) return text
    if (this.#harmless.has(text)) return text
    if (this.#clock.isOver) return outOfTimeMark
    if (text.length <= searchLimit) return this.#noteHarmless(text, this.#hideSecrets(text))
    const kept = this.#withoutOpenEnd(text.slice(0, searchLimit))
    return `${this.#hideSecrets(kept)}${cutMark(Buffer.byteLength(text) - Buffer.byteLength(kept))}`
  }

  #isCredentialName(name: string): boolean {
    if (this.#harmlessNames.has(name)) return false
    if (credentialHeader.test(name) || this.#isSecretKey(name)) return true
    note(this.#harmlessNames, name)
    return false
  }

  /** True for text in which nothing would be found, neither in the whole nor in a part of it. */
  #isPlain(text: string): boolean {
    return this.#signs !== undefined && text.length <= searchLimit && !this.#clock.isOver && !this.#signs(text)
  }

  #noteHarmless(text: string, shown: string): string {
    if (shown === text) note(this.#harmless, text)
    return shown
  }

  /** Redacts part after part; bounded by their number and by the longest text shown. */
  #redactParts(text: string, separator: string, redact: (part: string) => string): string {
    let shown = ''
    let start = 0
    for (let count = 0; start <= text.length; count++) {
      if (count === partLimit) return shown + this.redactText(text.slice(start))
      if (shown.length > targetLimit) return `${shown}${cutMark(Buffer.byteLength(text.slice(start)))}`
      const found = text.indexOf(separator, start)
      const end = found < 0 ? text.length : found
      shown += redact(text.slice(start, end))
      if (found >= 0) shown += separator
      start = end + 1
    }
    return shown
  }

  #redactPair(pair: string): string {
    const equals = pair.indexOf('=')
    if (equals < 0) return this.redactText(pair)
    const name = pair.slice(0, equals)
    const isSecret = equals < pair.length - 1 && this.#isSecretKey(name)
    const shown = isSecret ? redactedMark : this.redactText(pair)
    return shown === redactedMark ? `${this.redactText(name)}=${redactedMark}` : shown
  }

  #isSecretKey(name: string): boolean {
    const key = this.#key
    return key !== undefined && percentDecodings(name.slice(0, searchLimit)).some((decoded) => key.test(decoded))
  }

  /** The text without its secrets; when one shows only after decoding, nothing of the text is left. */
  #hideSecrets(text: string): string {
    const cleared = this.#cutSecrets(text)
    for (const decoded of percentDecodings(cleared)) {
      if (this.#assignment?.test(decoded) === true) return redactedMark
      if (decoded !== cleared && this.#cutSecrets(decoded) !== decoded) return redactedMark
    }
    return cleared
  }

  #cutSecrets(text: string): string {
    if (this.#value === undefined) return text
    if (this.#captures === undefined && this.#value.test(text)) return redactedMark
    const cleared = alwaysSecret.reduce((shown, expression) => shown.replace(expression, redactedMark), text)
    return this.#captures !== undefined && this.#value.test(cleared) ? cutCaptures(cleared, this.#captures) : cleared
  }

  /** What was cut off may have held the end by which a secret is known; so its beginning goes too. */
  #withoutOpenEnd(kept: string): string {
    const whole = kept.replace(/[^\s&;,"]{1,256}$/, '')
    const lastKey = this.#key === undefined ? -1 : lastMatch(whole, this.#key)
    return lastKey < 0 ? whole : whole.slice(0, lastKey)
  }
}

/** Remembers a text without letting the set grow beyond its bounds. */
function note(harmless: Set<string>, text: string): void {
  if (text.length > harmlessLength) return
  if (harmless.size === harmlessCount) harmless.clear()
  harmless.add(text)
}

/** Puts the mark in place of what the expression captured, or of the whole match when it captured nothing. */
function cutCaptures(text: string, expression: RegExp): string {
  let shown = ''
  let end = 0
  for (const match of text.matchAll(expression)) {
    for (const [from, to] of secretRanges(match)) {
      // A JSON string that goes on after an escaped quote: its rest would stay behind.
      if (text.endsWith('\\"', to)) return redactedMark
      shown += text.slice(end, from) + redactedMark
      end = to
    }
  }
  return shown + text.slice(end)
}

function secretRanges({ indices = [] }: RegExpExecArray): readonly (readonly [number, number])[] {
  const ranges = indices.filter((range) => range !== undefined)
  return ranges.length > 1 ? ranges.slice(1) : ranges
}

function lastMatch(text: string, expression: RegExp): number {
  let last = -1
  for (const match of text.matchAll(new RegExp(expression.source, `${expression.flags}g`))) last = match.index
  return last
}

/** A query that is one JSON text instead of pairs. */
function looksStructured(query: string): boolean {
  return /^(?:\s|%20|\+){0,8}(?:["{[]|%22|%7b|%5b)/i.test(query)
}

function translate(pattern: string, option: string): string | undefined {
  if (pattern === '') return undefined
  const translation = translateRe2(pattern)
  if (translation.kind === 'pattern') return translation.source
  throw new MirrorwafError('MWAF_REDACTION_PATTERN', { option, reason: translation.reason })
}

function compile(source: string | undefined, flags: string, option: string): RegExp | undefined {
  if (source === undefined) return undefined
  try {
    return new RegExp(source, flags)
  } catch (thrown) {
    throw new MirrorwafError('MWAF_REDACTION_PATTERN', { option, reason: reasonOf(thrown) }, thrown)
  }
}
