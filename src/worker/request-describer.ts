// Sets the attributes of a reported request that need the whole of its head, which the engine was given in part only.
// Stage: engine input -> [describer] -> verdict. A small engine of its own: rules have nothing to do with these attributes.
import type { Engine, EngineInput } from '../engine/engine.js'
import type { Fingerprinting } from '../engine/fingerprint-ruleset.js'

type Attributes = Readonly<Record<string, unknown>> | undefined

/** What a description cost and gave. */
export interface Description {
  readonly runCount: number
  readonly runtimeUs: number
  readonly attributes: Attributes
}

const nothing: Description = Object.freeze({ runCount: 0, runtimeUs: 0, attributes: undefined })
const noNames: ReadonlySet<string> = new Set()

/** One per worker thread; dispose it: it may hold native memory. */
export class RequestDescriber {
  readonly #engine: Engine | undefined
  readonly #names: ReadonlySet<string>

  /** @param createEngine - called once, if there is anything to describe. */
  constructor(fingerprinting: Exclude<Fingerprinting, { kind: 'unknown' }>, createEngine: (rules: object) => Engine) {
    const isNeeded = fingerprinting.kind === 'processors'
    this.#engine = isNeeded ? createEngine(fingerprinting.document) : undefined
    this.#names = isNeeded ? fingerprinting.attributes : noNames
  }

  /**
   * @param head - the head's parts, whole.
   * @param budgetUs - of engine time; whether there is enough left takes nothing from the verdict.
   */
  describe(head: readonly EngineInput[], budgetUs: number): Description {
    if (this.#engine === undefined || budgetUs < 1) return nothing
    let attributes: Attributes
    let runtimeUs = 0
    let runCount = 0
    const context = this.#engine.createContext()
    try {
      for (const part of head) {
        const leftUs = Math.floor(budgetUs - runtimeUs)
        if (leftUs < 1) break
        const result = context.run(this.#known(part), leftUs)
        runtimeUs += result.runtimeUs
        runCount += 1
        // The first value stands, as where one engine does it all.
        if (result.attributes !== undefined) attributes = { ...result.attributes, ...attributes }
      }
    } finally {
      context.dispose()
    }
    return { runCount, runtimeUs, attributes }
  }

  /** Attributes that were made of a part of the request give way to those made of the whole. */
  replaceOwn(found: Attributes, described: Attributes): Attributes {
    if (found === undefined) return described
    const others = Object.entries(found).filter(([name]) => !this.#names.has(name))
    if (others.length === 0) return described
    return { ...Object.fromEntries(others), ...described }
  }

  /** Gives native memory back. */
  dispose(): void {
    this.#engine?.dispose()
  }

  #known(part: EngineInput): EngineInput {
    const known: Record<string, EngineInput[string]> = Object.create(null)
    for (const address of Object.keys(part)) {
      const value = part[address]
      if (value === undefined || this.#engine?.knownAddresses.has(address) !== true) continue
      known[address] = isMap(value) ? unwrapSingles(value) : value
    }
    return known
  }
}

type EngineMap = Extract<EngineInput[string], { readonly [key: string]: unknown }>

function isMap(value: EngineInput[string]): value is EngineMap {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** A text alone gives the fingerprint that it gives as the one entry of a list, and costs a quarter less to convert. */
function unwrapSingles(map: EngineMap): EngineMap {
  const unwrapped: Record<string, EngineInput[string]> = Object.create(null)
  // By its keys: a list of entries costs three times as much (2 µs for 13 headers).
  for (const name of Object.keys(map)) {
    const value = map[name]
    if (value !== undefined) unwrapped[name] = unwrapSingle(value)
  }
  return unwrapped
}

function unwrapSingle(value: EngineInput[string]): EngineInput[string] {
  if (!Array.isArray(value) || value.length !== 1) return value
  const first: unknown = value[0]
  return typeof first === 'string' ? first : value
}
