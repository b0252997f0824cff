// Walks a request made of parts and shows what the engine would be given.

import { makeRecord, type RequestParts } from '#src/batch/make-record.js'
import type { EngineInput } from '#src/engine/engine.js'
import type { BodyReport } from '#src/request/body-walker.js'
import { DecodeBudget } from '#src/request/decode-budget.js'
import { EngineInputBuilder } from '#src/request/engine-input.js'
import type { HeadReport } from '#src/request/head-walker.js'
import { RequestWalker } from '#src/request/request-walker.js'
import { prepareWalkSettings, type WalkOptions } from '#src/request/walk-settings.js'

export const testOptions: WalkOptions = {
  clientIpHeader: '',
  trustedProxies: [],
  trustedHops: 0,
  shadowSuffix: 'auto',
  bodyInspectLimitBytes: 10 * 1024 * 1024,
}

export interface Walked {
  /** Parts of the head, then parts of the body. */
  readonly parts: readonly EngineInput[]
  readonly head: HeadReport
  readonly body: BodyReport
}

/** @param budget - without one the walk has all the time it wants. */
export function walk(parts: RequestParts, options: Partial<WalkOptions> = {}, budget?: DecodeBudget): Walked {
  const record = makeRecord(parts)
  const walker = new RequestWalker(prepareWalkSettings({ ...testOptions, ...options }), budget ?? new DecodeBudget())
  const builder = new EngineInputBuilder()
  const inputs: EngineInput[] = []
  builder.reset((part) => {
    inputs.push(part)
    return true
  })
  const head = walker.walkHead(record, builder)
  builder.flush()
  const body = walker.walkBody(record, builder)
  builder.flush()
  return { parts: inputs, head, body }
}

/** The value of one address in the only part that has it, as plain JSON data. */
export function addressOf(walked: Walked, address: string): unknown {
  const holders = walked.parts.filter((part) => Object.hasOwn(part, address))
  if (holders.length > 1) throw new Error(`${address} is spread over ${holders.length} parts`)
  return holders[0] === undefined ? undefined : JSON.parse(JSON.stringify(holders[0][address]))
}

/** The value that a body of this type gives. */
export function bodyOf(type: string, body: RequestParts['body'], headers: RequestParts['headers'] = []): unknown {
  const all: RequestParts['headers'] = type === '' ? headers : [['content-type', type], ...headers]
  return addressOf(walk({ method: 'POST', headers: all, body: body ?? '' }), 'server.request.body')
}
