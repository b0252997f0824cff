// Takes out of a ruleset what describes a request instead of judging it: the processors that make fingerprints. They need the
// whole head, which rules do not once it is known which values may match.
import { isRecord, type JsonRecord, listOf, recordOf, textOf } from '../json-shape.js'
import { itemsOf, outputsOf } from './ruleset-sections.js'

/** Which attributes of a request need the whole of its head, and what makes them. */
export type Fingerprinting =
  /** A processor sets attributes of something that is not known: requests must reach the engine whole. */
  | { readonly kind: 'unknown' }
  | { readonly kind: 'none' }
  | {
      readonly kind: 'processors'
      /** A ruleset of these processors alone. */
      readonly document: JsonRecord
      /** Names of the attributes that they set. */
      readonly attributes: ReadonlySet<string>
    }

/** They look at the head; the endpoint's also at the body, but its first value stands, and the head runs first. */
const fingerprintGenerators: ReadonlySet<string> = new Set([
  'http_endpoint_fingerprint',
  'http_header_fingerprint',
  'http_network_fingerprint',
  'session_fingerprint',
])

/** Runs only where it is asked for, by an address that goes with whole requests. */
const askedForGenerator = 'extract_schema'
const askingAddress = 'waf.context.processor'

/** @param documents - what the engine is given. */
export function findFingerprinting(documents: readonly JsonRecord[]): Fingerprinting {
  if (documents.some(({ processor_overrides: overrides }) => overrides !== undefined)) return { kind: 'unknown' }
  const shown = itemsOf(documents, ['processors']).filter(
    (processor) => processor['output'] !== false && !isAskedFor(processor),
  )
  if (shown.length === 0) return { kind: 'none' }
  if (!shown.every(isFingerprint)) return { kind: 'unknown' }
  return {
    kind: 'processors',
    document: { version: '2.2', rules: [neverMatched], processors: shown },
    attributes: new Set(shown.flatMap(outputsOf)),
  }
}

function isAskedFor(processor: unknown): boolean {
  const { generator, conditions } = recordOf(processor)
  return (
    generator === askedForGenerator &&
    listOf(conditions).some((condition) => {
      const { parameters, operator } = recordOf(condition)
      const addresses = listOf(recordOf(parameters)['inputs']).map((input) => recordOf(input)['address'])
      return operator === 'equals' && addresses.length > 0 && addresses.every((address) => address === askingAddress)
    })
  )
}

/** A condition could be about the body. */
function isFingerprint(processor: unknown): boolean {
  const { generator, conditions } = recordOf(processor)
  return isRecord(processor) && fingerprintGenerators.has(textOf(generator)) && listOf(conditions).length === 0
}

/** An engine cannot be without rules: this one is on an address that is never fed. */
const neverMatched = {
  id: 'never',
  name: 'never',
  tags: { type: 'never' },
  conditions: [{ operator: 'exact_match', parameters: { inputs: [{ address: 'mirrorwaf.never' }], list: ['-'] } }],
}
