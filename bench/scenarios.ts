// The end-to-end scenarios: which requests, how answered, how much.
import type { CorpusName } from './corpora/corpus.js'
import { BenchError } from './errors.js'
import type { AnswerMode } from './servers/server.js'

/** A second stream beside the measured one, to keep the workers busy. */
export interface Flood {
  readonly corpus: CorpusName
  readonly perSecond: number
}

/** One scenario. */
export interface Scenario {
  readonly name: string
  readonly describes: string
  readonly mode: AnswerMode
  readonly corpus: CorpusName
  readonly connections: number
  /** `bursts`: closed loop, for CPU per request and throughput. `autocannon`: the same by autocannon. `none`: latency only. */
  readonly closed: 'bursts' | 'autocannon' | 'none'
  /** Rate of the open loop that latency is measured in; `undefined` = none. */
  readonly openPerSecond: number | undefined
  readonly flood?: Flood
  readonly isQuick: boolean
}

/** The rate that the latency targets are stated for; every server here can keep up with it on one core. */
const latencyRate = 2000
/** Enough to saturate a worker on one core with attacks, none of which a prefilter can clear. */
const floodRate = 6000

/** All scenarios, in the order in which they run. */
export const scenarios: readonly Scenario[] = [
  usual('ack-get', 'page views, 13 headers and cookies, kept connections', 'ack', 'get', true),
  usual('ack-json', 'JSON posts, kept connections', 'ack', 'json', true),
  usual('ack-form', 'form posts, kept connections', 'ack', 'form', false),
  usual('ack-mix', 'page views, JSON and forms, kept connections', 'ack', 'mix', false),
  usual('ack-attacks-1pct', 'the mix with 1 % attacks, kept connections', 'ack', 'attacks-1pct', false),
  usual('ack-attacks', 'attacks only, kept connections', 'ack', 'attacks', false),
  usual('hijack-get', 'page views, one connection each', 'hijack', 'get', true),
  usual('hijack-json', 'JSON posts, one connection each', 'hijack', 'json', false),
  usual('hijack-mix', 'page views, JSON and forms, one connection each', 'hijack', 'mix', false),
  usual('hijack-attacks-1pct', 'the mix with 1 % attacks, one connection each', 'hijack', 'attacks-1pct', false),
  {
    ...usual('ack-get-flooded', 'latency of page views while attacks saturate the worker', 'ack', 'get', false),
    closed: 'none',
    flood: { corpus: 'attacks', perSecond: floodRate },
  },
  {
    ...usual('ack-get-autocannon', 'page views by autocannon, kept connections', 'ack', 'get', false),
    closed: 'autocannon',
    openPerSecond: undefined,
  },
  upload('body-0', 'uploads without a body', 32, latencyRate),
  upload('body-1k', 'JSON bodies of 1 kB', 32, 1000),
  upload('body-16k', 'JSON bodies of 16 kB', 32, 100),
  upload('body-256k', 'JSON bodies of 256 kB', 16, 50),
  upload('body-1m', 'JSON bodies of 1 MB', 8, 20),
  upload('body-10m', 'JSON bodies of 10 MB', 4, undefined),
]

/**
 * The scenarios that were asked for: by name, or by the beginning of it (`hijack` = all hijacked ones).
 * @throws BenchError `MWAF_BENCH_SCENARIO_UNKNOWN`.
 */
export function selectScenarios(names: readonly string[], isQuick: boolean): readonly Scenario[] {
  if (names.length === 0) return isQuick ? scenarios.filter((scenario) => scenario.isQuick) : scenarios
  return names.flatMap((name) => {
    const exact = scenarios.filter((scenario) => scenario.name === name)
    const found = exact.length > 0 ? exact : scenarios.filter((scenario) => scenario.name.startsWith(name))
    if (found.length > 0) return found
    const accepted = scenarios.map((scenario) => scenario.name).join(', ')
    throw new BenchError('MWAF_BENCH_SCENARIO_UNKNOWN', { name, accepted })
  })
}

function usual(name: string, describes: string, mode: AnswerMode, corpus: CorpusName, isQuick: boolean): Scenario {
  return { name, describes, mode, corpus, connections: 32, closed: 'bursts', openPerSecond: latencyRate, isQuick }
}

function upload(
  corpus: CorpusName,
  describes: string,
  connections: number,
  openPerSecond: number | undefined,
): Scenario {
  return {
    ...usual(`ack-${corpus}`, `${describes}, kept connections`, 'ack', corpus, false),
    connections,
    openPerSecond,
  }
}
