// Events posted to an HTTP endpoint, some hundred lines at a time, signed if a key is given. Loaded only when configured.
// A body that was posted in vain is posted again byte for byte, under the same delivery id, so that the receiver can tell.
import { createHash, createHmac } from 'node:crypto'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import { type Dispatcher, Pool } from 'undici'
import { MirrorwafError, reasonOf } from '../errors.js'
import { packageVersion } from '../package-version.js'
import type { EventBlock, Sink, WriteResult } from './sink.js'
import { readHeaders, readSecret, readTlsFiles } from './sink-files.js'
import type { HttpSpec } from './sink-spec.js'

/** What common collectors take at least. */
const batchLimitBytes = 512 * 1024
/** Answers are read away; more than this of one is not. */
const answerLimitBytes = 64 * 1024

const compress = promisify(gzip)

export interface HttpClock {
  /** Milliseconds since the epoch: goes into signatures. */
  readonly wallClockMs: () => number
}

export class HttpSink implements Sink {
  readonly name: string
  readonly batchLimitBytes: number = batchLimitBytes
  readonly #spec: HttpSpec
  readonly #url: URL
  readonly #clock: HttpClock
  #pool: Pool | undefined
  #headers: Readonly<Record<string, string>> = {}
  #key: string | undefined

  constructor(spec: HttpSpec, clock: HttpClock) {
    this.#spec = spec
    this.#url = new URL(spec.url)
    this.#clock = clock
    // Without the query, which may hold what is not for everybody who reads metrics.
    this.name = `http:${this.#url.origin}${this.#url.pathname}`
  }

  /** Reads the files; whether anybody listens shows later, since a collector may start after us. */
  async open(): Promise<void> {
    const { keyFile, headerFile, tls, timeoutMs, format } = this.#spec
    try {
      this.#key = keyFile === '' ? undefined : await readSecret(keyFile)
      this.#headers = {
        'user-agent': `mirrorwaf/${packageVersion()}`,
        ...(await readHeaders(headerFile)),
        'content-type': format === 'cef' ? 'text/plain; charset=utf-8' : 'application/x-ndjson',
      }
      const connect = { ...(await readTlsFiles(tls)), timeout: timeoutMs }
      this.#pool = new Pool(this.#url.origin, {
        connections: 1,
        connect,
        headersTimeout: timeoutMs,
        bodyTimeout: timeoutMs,
      })
    } catch (thrown) {
      throw new MirrorwafError('MWAF_SINK_TARGET', { target: this.name, reason: reasonOf(thrown) }, thrown)
    }
  }

  async write({ lines }: EventBlock): Promise<WriteResult> {
    if (this.#pool === undefined) return { kind: 'retry', detail: 'it is closed', retryAfterMs: undefined }
    const { isGzip, timeoutMs } = this.#spec
    try {
      const body = isGzip ? await compress(lines) : lines
      const answer = await this.#pool.request({
        path: `${this.#url.pathname}${this.#url.search}`,
        method: 'POST',
        headers: this.#describe(lines, body),
        body,
        signal: AbortSignal.timeout(timeoutMs),
      })
      await answer.body.dump({ limit: answerLimitBytes })
      return judgeAnswer(answer, this.#clock.wallClockMs())
    } catch (thrown) {
      return { kind: 'retry', detail: reasonOf(thrown), retryAfterMs: undefined }
    }
  }

  async reopen(): Promise<void> {}

  async close(): Promise<void> {
    const pool = this.#pool
    this.#pool = undefined
    await pool?.destroy()
  }

  #describe(lines: Uint8Array, body: Uint8Array): Record<string, string> {
    const headers: Record<string, string> = {
      ...this.#headers,
      'x-mirrorwaf-delivery': createHash('sha256').update(lines).digest('hex').slice(0, 32),
    }
    if (this.#spec.isGzip) headers['content-encoding'] = 'gzip'
    if (this.#key !== undefined) {
      headers['x-mirrorwaf-signature'] = signBody(this.#key, Math.floor(this.#clock.wallClockMs() / 1000), body)
    }
    return headers
  }
}

/**
 * `t=SECONDS,v1=HEX`: HMAC-SHA256 over the seconds since the epoch, a dot, and the body as sent. Receivers compute it again and
 * refuse old times, so that a recorded delivery cannot be played back.
 */
export function signBody(key: string, timeSeconds: number, body: Uint8Array): string {
  const digest = createHmac('sha256', key).update(`${timeSeconds}.`).update(body).digest('hex')
  return `t=${timeSeconds},v1=${digest}`
}

/** 2xx is taken. What may pass is tried again: 408, 425, 429 and 5xx. Anything else is a no. */
function judgeAnswer({ statusCode, headers }: Dispatcher.ResponseData, nowMs: number): WriteResult {
  if (statusCode >= 200 && statusCode < 300) return { kind: 'written' }
  const detail = `it answered ${statusCode}`
  if (statusCode >= 500 || [408, 425, 429].includes(statusCode)) {
    return { kind: 'retry', detail, retryAfterMs: readRetryAfter(headers['retry-after'], nowMs) }
  }
  return { kind: 'failed', reason: 'rejected', writtenEvents: 0, detail, retryAfterMs: 0 }
}

/** Seconds or a date (RFC 9110 10.2.3), as milliseconds from now. */
function readRetryAfter(value: string | string[] | undefined, nowMs: number): number | undefined {
  if (typeof value !== 'string') return undefined
  if (/^\d{1,9}$/.test(value)) return Number(value) * 1000
  const dateMs = Date.parse(value)
  return Number.isNaN(dateMs) ? undefined : Math.max(0, dateMs - nowMs)
}
