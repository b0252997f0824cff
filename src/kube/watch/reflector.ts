// Follows all objects of one resource: a list, then changes from the moment of that list on, and a new list when the
// server has forgotten that moment (410 Gone).
import { setTimeout as sleep } from 'node:timers/promises'
import { reasonOf } from '../../errors.js'
import type { Cluster, Resource } from '../access/cluster.js'
import { type JsonObject, numberAt, stringAt } from '../json/json-value.js'
import { backOffMs, type WatchTiming } from './watch-timing.js'

/** Who is told. */
export interface ReflectorSink {
  /** These are all objects there are; whatever is not among them is gone. */
  replace(objects: readonly JsonObject[]): void
  put(object: JsonObject): void
  remove(object: JsonObject): void
  /** A list or a watch failed and is tried again. */
  failed(reason: string): void
}

/** What is followed. `undefined` as namespace: all. */
export interface Reflected {
  readonly cluster: Cluster
  readonly resource: Resource
  readonly namespace: string | undefined
}

/** Runs until the signal; never throws. */
export async function reflect(
  reflected: Reflected,
  sink: ReflectorSink,
  timing: WatchTiming,
  signal: AbortSignal,
): Promise<void> {
  const retry = new Retry(timing, signal)
  while (!signal.aborted) {
    try {
      const { items, resourceVersion } = await reflected.cluster.list(reflected.resource, reflected.namespace)
      sink.replace(items)
      retry.reset()
      await follow(reflected, resourceVersion, sink, timing, retry, signal)
    } catch (error) {
      if (signal.aborted) return
      sink.failed(reasonOf(error))
      await retry.pause()
    }
  }
}

/** Watches from a moment on, over as many connections as it takes; returns when a new list is needed. */
async function follow(
  { cluster, resource, namespace }: Reflected,
  since: string,
  sink: ReflectorSink,
  timing: WatchTiming,
  retry: Retry,
  signal: AbortSignal,
): Promise<void> {
  let resourceVersion = since
  while (!signal.aborted) {
    try {
      for await (const { type, object } of cluster.watch(resource, namespace, resourceVersion, {
        serverTimeoutS: timing.serverTimeoutS,
        signal,
      })) {
        if (type === 'ERROR') {
          if (numberAt(object, 'code') === goneStatus) return
          throw new Error(stringAt(object, 'message') ?? 'the server ended the watch with an error')
        }
        resourceVersion = stringAt(object, 'metadata', 'resourceVersion') ?? resourceVersion
        retry.reset()
        if (type === 'DELETED') sink.remove(object)
        else if (type !== 'BOOKMARK') sink.put(object)
      }
    } catch (error) {
      if (signal.aborted) return
      sink.failed(reasonOf(error))
    }
    // Also after an orderly end: a server that ends every watch at once must not be asked in a tight loop.
    await retry.pause()
  }
}

const goneStatus = 410

class Retry {
  readonly #timing: WatchTiming
  readonly #signal: AbortSignal
  #times = 0

  constructor(timing: WatchTiming, signal: AbortSignal) {
    this.#timing = timing
    this.#signal = signal
  }

  reset(): void {
    this.#times = 0
  }

  async pause(): Promise<void> {
    this.#times++
    const { firstRetryMs, longestRetryMs } = this.#timing
    const delayMs = backOffMs(this.#times, firstRetryMs, longestRetryMs)
    // Half of it at random: many instances do not come back at the same moment.
    await sleepUntil(delayMs / 2 + (delayMs / 2) * Math.random(), this.#signal)
  }
}

/** Sleeps; an abort ends it early and silently. */
export async function sleepUntil(delayMs: number, signal: AbortSignal): Promise<void> {
  try {
    await sleep(delayMs, undefined, { signal })
  } catch (error) {
    if (!signal.aborted) throw error
  }
}
