// Runs autocannon over a corpus on kept connections. The only importer of autocannon.
import autocannon from 'autocannon'
import { buildCorpus } from '../corpora/corpus.js'
import type { AutocannonPlan, AutocannonResult } from './plan.js'

/** Each of autocannon's connections encodes every request for itself, so a whole corpus would not fit into memory. */
const requestLimit = 256

/** Loads the server for the plan's seconds. */
export async function runAutocannon(plan: AutocannonPlan): Promise<AutocannonResult> {
  const corpus = buildCorpus(plan.corpus, plan.seed)
  const requests = corpus.requests.slice(0, requestLimit).map(({ method, target, headers, body }) => {
    const withBody = body === '' ? {} : { body }
    return {
      method: method === 'POST' ? ('POST' as const) : ('GET' as const),
      path: target,
      headers: Object.fromEntries(headers),
      ...withBody,
    }
  })
  const url = `http://127.0.0.1:${plan.port}`
  const result = await autocannon({ url, connections: plan.connections, duration: plan.seconds, requests })
  return {
    answered: result.requests.total,
    seconds: result.duration,
    failed: result.errors,
    non2xx: result.non2xx,
    p50Ms: result.latency.p50,
    p99Ms: result.latency.p99,
  }
}
