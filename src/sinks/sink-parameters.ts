// The options of one `--events` value, `NAME=VALUE&...`: each is taken once, and what nobody took is unknown.
import { nearestName } from '../options/nearest.js'
import type { RateLimit } from './sink-spec.js'

const periodsMs: ReadonlyMap<string, number> = new Map([
  ['s', 1000],
  ['m', 60_000],
  ['h', 3_600_000],
])
/** As many as a reporting thread can take in a second; more is no limit. */
const rateLimitMax = 1_000_000

export class SinkParameters {
  /** Throws with a reason; the text of the value is added there. */
  readonly refuse: (reason: string) => never
  readonly #given: ReadonlyMap<string, string>
  readonly #known = new Set<string>()

  /** @param text - what follows the `?`; percent escapes are read, a `+` stays what it is. */
  constructor(text: string, refuse: (reason: string) => never) {
    this.refuse = refuse
    const given = new Map<string, string>()
    for (const pair of text.split('&').filter((part) => part !== '')) {
      const equals = pair.indexOf('=')
      const name = equals < 0 ? pair : pair.slice(0, equals)
      if (equals < 0) refuse(`${name} has no value: write ${name}=VALUE`)
      if (given.has(name)) refuse(`${name} is given twice`)
      given.set(name, decodeValue(pair.slice(equals + 1)) ?? refuse(`the value of ${name} has a wrong percent escape`))
    }
    this.#given = given
  }

  text(name: string, fallback: string): string {
    const value = this.#take(name)
    if (value === '' || value?.includes('\0') === true) this.refuse(`the value of ${name} is empty or holds a NUL byte`)
    return value ?? fallback
  }

  choice<Word extends string>(name: string, words: readonly Word[], fallback: Word): Word {
    const value = this.#take(name)
    if (value === undefined) return fallback
    const found = words.find((word) => word === value)
    if (found !== undefined) return found
    const near = nearestName(value, words)
    const hint = near === undefined ? '' : ` (did you mean ${near}?)`
    return this.refuse(`${name}=${value}${hint} is not one of ${words.join(', ')}`)
  }

  switch(name: string, fallback: boolean): boolean {
    return this.choice(name, ['on', 'off'], fallback ? 'on' : 'off') === 'on'
  }

  /** Words between commas, or between `+`, because an environment variable is cut at commas. */
  words(name: string): readonly string[] {
    const words = this.#take(name)?.split(/[,+]/) ?? []
    if (!words.every((word) => /^[\w.-]+$/.test(word))) this.refuse(`${name} is not a list of words between commas`)
    return words
  }

  /** More than nothing: what gets no event is no sink. */
  ratio(name: string, fallback: number): number {
    const value = this.#take(name)
    if (value === undefined) return fallback
    const isNumber = /^(?:\d+\.?\d*|\.\d+)$/.test(value)
    if (!isNumber || Number(value) <= 0 || Number(value) > 1) this.refuse(`${name}=${value} is not above 0 and up to 1`)
    return Number(value)
  }

  count(name: string, fallback: number, min: number, max: number): number {
    const value = this.#take(name)
    if (value === undefined) return fallback
    const isInRange = /^\d{1,9}$/.test(value) && Number(value) >= min && Number(value) <= max
    if (!isInRange) this.refuse(`${name}=${value} is not a whole number, ${min} to ${max}`)
    return Number(value)
  }

  /** `100/s`, `10/m` or `500/h`. */
  rate(name: string): RateLimit | undefined {
    const value = this.#take(name)
    if (value === undefined) return undefined
    const [, digits = '', period = ''] = /^(\d{1,7})\/([smh])$/.exec(value) ?? []
    const eventCount = Number(digits)
    const periodMs = periodsMs.get(period)
    if (periodMs === undefined || eventCount < 1 || eventCount > rateLimitMax) {
      return this.refuse(`${name}=${value} is not like 100/s, 10/m or 500/h (1 to ${rateLimitMax})`)
    }
    return { eventCount, periodMs }
  }

  /** `500ms` or `10s`. */
  duration(name: string, fallbackMs: number, maxMs: number): number {
    const value = this.#take(name)
    if (value === undefined) return fallbackMs
    const [, digits = '', unit = ''] = /^(\d{1,7})(ms|s|m)$/.exec(value) ?? []
    const milliseconds = Number(digits) * (unit === 'ms' ? 1 : (periodsMs.get(unit) ?? 0))
    if (milliseconds < 1 || milliseconds > maxMs)
      this.refuse(`${name}=${value} is not like 500ms or 10s (1ms to ${maxMs}ms)`)
    return milliseconds
  }

  /** Refuses what nobody asked for. */
  finish(): void {
    for (const name of this.#given.keys()) {
      if (this.#known.has(name)) continue
      const near = nearestName(name, this.#known)
      const hint = near === undefined ? '' : ` (did you mean ${near}?)`
      const accepted = this.#known.size === 0 ? 'none' : [...this.#known].join(', ')
      this.refuse(
        `there is no option ${name}${hint} here; options: ${accepted}. A target that holds a ? ends with another`,
      )
    }
  }

  #take(name: string): string | undefined {
    this.#known.add(name)
    return this.#given.get(name)
  }
}

function decodeValue(text: string): string | undefined {
  try {
    return decodeURIComponent(text)
  } catch {
    return undefined
  }
}
