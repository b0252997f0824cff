// Runs a load plan in this process: builds the corpora, connects, paces the streams on one loop, gathers the results.
import { buildCorpus, encodeCorpus } from '../corpora/corpus.js'
import type { LoadPlan, StreamPlan, StreamResult } from './plan.js'
import { type RequestSource, Stream } from './stream.js'

interface CachedSource extends RequestSource {
  cursor: number
}

/** Corpora in memory at once; a round uses at most three. */
const cachedSources = 4

/** Keeps corpora and where in them it was between plans, so that a server does not see the same requests in every burst. */
export class PlanRunner {
  readonly #sources = new Map<string, CachedSource>()

  async run(plan: LoadPlan): Promise<StreamResult[]> {
    const sources = plan.streams.map((stream) => this.#sourceOf(stream))
    const streams = plan.streams.map((stream, index) => {
      const source = sources[index] ?? this.#sourceOf(stream)
      return new Stream(stream, plan.port, source, source.cursor)
    })
    await Promise.all(streams.map((stream) => stream.open()))
    const startMs = performance.now()
    for (const stream of streams) stream.begin(startMs, plan.seconds)
    const hasOpenPacing = plan.streams.some((stream) => stream.pacing.kind === 'open')
    await (hasOpenPacing ? spin(streams) : poll(streams))
    streams.forEach((stream, index) => {
      const source = sources[index]
      if (source !== undefined) source.cursor = stream.cursor
    })
    return streams.map((stream) => stream.finish(performance.now()))
  }

  #sourceOf(stream: StreamPlan): CachedSource {
    const key = `${stream.corpus} ${stream.seed}`
    const cached = this.#sources.get(key)
    if (cached !== undefined) return cached
    const corpus = buildCorpus(stream.corpus, stream.seed)
    const isAttack = corpus.requests.map((request) => request.isAttack)
    const source = { requests: encodeCorpus(corpus), isAttack, cursor: 0 }
    const oldest = this.#sources.keys().next()
    if (this.#sources.size >= cachedSources && !oldest.done) this.#sources.delete(oldest.value)
    this.#sources.set(key, source)
    return source
  }
}

/** Open pacing needs microseconds and timers have milliseconds: the loop turns without sleeping, on a core of its own. */
function spin(streams: readonly Stream[]): Promise<void> {
  return new Promise((resolve) => {
    const turn = (): void => {
      if (tickAll(streams)) resolve()
      else setImmediate(turn)
    }
    turn()
  })
}

/** Closed pacing runs on answers alone; this only looks for the end. */
function poll(streams: readonly Stream[]): Promise<void> {
  return new Promise((resolve) => {
    const timer = setInterval(() => {
      if (!tickAll(streams)) return
      clearInterval(timer)
      resolve()
    }, 2)
  })
}

function tickAll(streams: readonly Stream[]): boolean {
  const nowMs = performance.now()
  return streams.map((stream) => stream.tick(nowMs)).every((hasEnded) => hasEnded)
}
