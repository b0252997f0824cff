// The corpora by name. A corpus is a list of requests of equal size, the same for the same name and seed.
import { attack } from './attacks.js'
import { type BenchRequest, encodeRequest, padRequest } from './bench-request.js'
import { benignForm, benignGet, benignJson, benignMix, benignUpload, growingVocabulary } from './benign.js'
import { SeededRandom } from './random.js'

/** Names of all corpora. `body-…` = JSON bodies of that many bytes; `vocabulary` = every request brings new words. */
export const corpusNames = [
  'get',
  'json',
  'form',
  'mix',
  'attacks-1pct',
  'attacks',
  'vocabulary',
  'body-0',
  'body-1k',
  'body-16k',
  'body-256k',
  'body-1m',
  'body-10m',
] as const
export type CorpusName = (typeof corpusNames)[number]

/** Requests ready to send. */
export interface Corpus {
  readonly name: CorpusName
  /** Size of every request of it. */
  readonly requestBytes: number
  readonly requests: readonly BenchRequest[]
}

/**
 * Bytes of each request in the corpora without large bodies: the longest JSON post fits (1340), a page view has long cookies.
 * The same in all of them, so that figures for GET, JSON and form differ by what is inspected and not by what is copied.
 */
export const smallRequestBytes = 1408

/** Seeds of the corpora that a bench sends; one more per round, so that a server never sees its warm-up again. */
export const baseSeed = 20_260_801

/** How many different requests a small corpus has before it repeats: enough that no cache of whole values holds them. */
const smallCount = 4096
/** Bytes of large requests kept in memory; they repeat after that. */
const largeCorpusBytes = 24_000_000

/** Builds a corpus; some 100 ms. */
export function buildCorpus(name: CorpusName, seed: number): Corpus {
  const requestBytes = requestBytesOf(name)
  return { name, requestBytes, requests: [...generateRequests(name, seed, countOf(requestBytes))] }
}

/** The first `count` requests of the corpus, one by one; with a `count` above its size it goes on with new ones. */
export function* generateRequests(name: CorpusName, seed: number, count: number): Generator<BenchRequest> {
  const random = new SeededRandom(seed + corpusNames.indexOf(name) * 1_000_003)
  const requestBytes = requestBytesOf(name)
  for (let index = 0; index < count; index++) yield padRequest(generate(name, random, index), requestBytes, random)
}

/** The requests' bytes, in order. */
export function encodeCorpus(corpus: Corpus): Buffer[] {
  return corpus.requests.map(encodeRequest)
}

/** Size of every request of the corpus. */
export function requestBytesOf(name: CorpusName): number {
  const bodyBytes = bodyBytesOf(name)
  return bodyBytes === undefined ? smallRequestBytes : bodyBytes + uploadHeadBytes
}

/** Head of an upload, cookie included. */
const uploadHeadBytes = 1024

function bodyBytesOf(name: CorpusName): number | undefined {
  switch (name) {
    case 'body-0':
      return 0
    case 'body-1k':
      return 1_000
    case 'body-16k':
      return 16_000
    case 'body-256k':
      return 256_000
    case 'body-1m':
      return 1_000_000
    case 'body-10m':
      return 10_000_000
    default:
      return undefined
  }
}

function generate(name: CorpusName, random: SeededRandom, index: number): BenchRequest {
  switch (name) {
    case 'get':
      return benignGet(random)
    case 'json':
      return benignJson(random)
    case 'form':
      return benignForm(random)
    case 'mix':
      return benignMix(random)
    case 'attacks-1pct':
      return index % 100 === 50 ? attack(random) : benignMix(random)
    case 'attacks':
      return attack(random)
    case 'vocabulary':
      return growingVocabulary(random)
    default:
      return benignUpload(random, bodyBytesOf(name) ?? 0)
  }
}

function countOf(requestBytes: number): number {
  if (requestBytes <= smallRequestBytes) return smallCount
  return Math.max(2, Math.min(smallCount, Math.floor(largeCorpusBytes / requestBytes)))
}
