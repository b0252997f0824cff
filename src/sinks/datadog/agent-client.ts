// Sends payloads to the agent's trace endpoint over one kept connection, TCP or unix socket. Sole import of undici's client here.
import { Client } from 'undici'
import { reasonOf } from '../../errors.js'
import { recordOf } from '../../json-shape.js'
import type { AgentAddress } from './agent-address.js'

/** What the agent said, or why it did not. */
export type AgentAnswer =
  | { readonly kind: 'taken'; readonly rates: ReadonlyMap<string, number> }
  /** Later it may take the same payload. */
  | { readonly kind: 'unreachable'; readonly reason: string }
  | { readonly kind: 'refused'; readonly reason: string }

/** What is sent along with each payload. */
export interface PayloadFacts {
  readonly traceCount: number
  /** Whether the agent is to leave statistics of requests alone: AppSec without APM. */
  readonly isStandalone: boolean
}

/** How long the agent may take; it only queues what it gets. */
export const answerTimeoutMs = 5000
/** Answers are a line of JSON per service. */
const answerLimitBytes = 64 * 1024

/** A connection to one agent, opened when needed. */
export class AgentClient {
  readonly #client: Client
  readonly #headers: Readonly<Record<string, string>>

  /** @param tracerVersion - of mirrorwaf. */
  constructor({ origin, socketPath }: AgentAddress, tracerVersion: string) {
    this.#client = new Client(origin, {
      ...(socketPath !== undefined && { socketPath }),
      connectTimeout: answerTimeoutMs,
      headersTimeout: answerTimeoutMs,
      bodyTimeout: answerTimeoutMs,
      maxResponseSize: answerLimitBytes,
    })
    this.#headers = {
      'content-type': 'application/msgpack',
      'datadog-meta-lang': 'nodejs',
      'datadog-meta-lang-version': process.versions.node,
      'datadog-meta-lang-interpreter': 'v8',
      'datadog-meta-tracer-version': tracerVersion,
      'datadog-client-computed-top-level': 't',
    }
  }

  /** Never rejects. @param payload - unchanged until this settles. */
  async send(payload: Uint8Array, { traceCount, isStandalone }: PayloadFacts): Promise<AgentAnswer> {
    try {
      const { statusCode, body } = await this.#client.request({
        method: 'POST',
        path: '/v0.4/traces',
        headers: {
          ...this.#headers,
          'x-datadog-trace-count': String(traceCount),
          ...(isStandalone && { 'datadog-client-computed-stats': 't' }),
        },
        body: payload,
      })
      const text = await body.text()
      if (statusCode < 300) return { kind: 'taken', rates: readRates(text) }
      const reason = `the agent answered ${statusCode}`
      const mayPass = statusCode >= 500 || statusCode === 408 || statusCode === 429
      return { kind: mayPass ? 'unreachable' : 'refused', reason }
    } catch (thrown) {
      return { kind: 'unreachable', reason: reasonOf(thrown) }
    }
  }

  /** Gives the connection up, and what is on its way. */
  async close(): Promise<void> {
    await this.#client.destroy()
  }
}

/** `{"rate_by_service":{"service:shop,env:prod":0.5}}`; anything else is no rate. */
function readRates(text: string): ReadonlyMap<string, number> {
  const { rate_by_service } = recordOf(parse(text))
  const rates = new Map<string, number>()
  for (const [service, rate] of Object.entries(recordOf(rate_by_service))) {
    if (typeof rate === 'number' && rate >= 0 && rate <= 1) rates.set(service, rate)
  }
  return rates
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // Old agents answer "OK".
    return undefined
  }
}
