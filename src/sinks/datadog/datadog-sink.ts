// Events, and the requests that are reported without one, as spans at a Datadog agent. Loaded only when configured.
// Queue, bound, retry and folding are the lane's and the gate's; this turns one block into one payload.
import { randomUUID } from 'node:crypto'
import { statSync } from 'node:fs'
import { MirrorwafError } from '../../errors.js'
import { packageVersion } from '../../package-version.js'
import type { SecurityEvent } from '../../verdict/event.js'
import { readEvents } from '../read-event.js'
import type { EventBlock, Sink, WriteResult } from '../sink.js'
import { findAgent } from './agent-address.js'
import { AgentClient } from './agent-client.js'
import type { DatadogSettings } from './datadog-settings.js'
import { TraceEncoder } from './encode-traces.js'
import { buildSpan, readTags, type Span, type SpanContext } from './span.js'

/** Some hundred spans a payload; the agent takes 25 MB. */
const batchLimitBytes = 512 * 1024

export class DatadogSink implements Sink {
  readonly name: string
  readonly takesSpans = true
  readonly batchLimitBytes: number = batchLimitBytes
  readonly #url: string
  readonly #context: SpanContext
  readonly #encoder = new TraceEncoder()
  #client: AgentClient | undefined
  /** What the agent asks for, by `service:NAME,env:NAME`. */
  #rates: ReadonlyMap<string, number> = new Map()
  /** Engine and ruleset of the last span that the agent took. */
  #announced = ''

  /** @param url - of the target; empty = the settings say where the agent is. */
  constructor(url: string, settings: DatadogSettings) {
    this.name = nameOf(url)
    this.#url = url
    this.#context = {
      settings,
      tags: readTags(settings.tags),
      runtimeId: randomUUID(),
      processId: process.pid,
    }
  }

  /** Whether an agent answers shows later: it may start after us. */
  async open(): Promise<void> {
    const address = findAgent(this.#url, this.#context.settings, isSocket)
    if (address === undefined) {
      const reason = 'the agent has no http://, https:// or unix:// URL'
      throw new MirrorwafError('MWAF_SINK_TARGET', { target: this.name, reason })
    }
    this.#client = new AgentClient(address, packageVersion())
  }

  async write(block: EventBlock): Promise<WriteResult> {
    const events = readEvents(block.lines)
    const client = this.#client
    if (client === undefined) return { kind: 'retry', detail: 'it is closed', retryAfterMs: undefined }
    const spans = this.#buildSpans(events)
    const { isStandalone } = this.#context.settings
    const answer = await client.send(this.#encoder.encode(spans), { traceCount: spans.length, isStandalone })
    switch (answer.kind) {
      case 'taken':
        this.#rates = answer.rates
        this.#announced = announcementOf(events.at(-1)) ?? this.#announced
        return { kind: 'written' }
      case 'unreachable':
        return { kind: 'retry', detail: answer.reason, retryAfterMs: undefined }
      case 'refused':
        return { kind: 'failed', reason: 'rejected', writtenEvents: 0, detail: answer.reason, retryAfterMs: 0 }
      default:
        return answer satisfies never
    }
  }

  /** The agent may have moved: its socket was made anew, or its name leads elsewhere. */
  async reopen(): Promise<void> {
    await this.close()
    await this.open()
  }

  async close(): Promise<void> {
    const client = this.#client
    this.#client = undefined
    await client?.close()
  }

  #buildSpans(events: readonly SecurityEvent[]): readonly Span[] {
    const { service, env } = this.#context.settings
    const rate = this.#rates.get(`service:${service},env:${env}`) ?? this.#rates.get('service:,env:') ?? 1
    let announced = this.#announced
    return events.map((event) => {
      const announcement = announcementOf(event)
      const isFirst = announcement !== undefined && announcement !== announced
      if (isFirst) announced = announcement
      return buildSpan(event, this.#context, isFirst, rate)
    })
  }
}

/** What the backend is told once: by which engine and which rules requests are judged. */
function announcementOf(event: SecurityEvent | undefined): string | undefined {
  return event && `${event.engine.version} ${event.engine.rules_version}`
}

/** Without the query of a URL, which may hold what is not for everybody who reads metrics. */
function nameOf(url: string): string {
  if (url === '') return 'datadog'
  return `datadog:${url.startsWith('http') ? url.replace(/[?#].*$/s, '') : url}`
}

function isSocket(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isSocket() === true
}
