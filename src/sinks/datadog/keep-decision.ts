// Whether a trace is kept: the sampling priority of its spans, who decided it, and what the agent asks for.
import type { SecurityEvent } from '../../verdict/event.js'
import type { TraceContext } from './trace-context.js'

/** Numbers are Datadog's: 2 kept by the user, 1 kept by sampling, 0 not kept. */
export interface KeepDecision {
  readonly priority: number
  /** `_dd.p.dm`; undefined when the sender of the trace decided. */
  readonly decisionMaker: string | undefined
  /** Share of traces that the agent asks for, where that decided. */
  readonly agentRate: number | undefined
}

/** Decision makers: -0 nobody; -1 the agent's rates; -5 AppSec. */
const byDefault = '-0'
const byAgent = '-1'
const byAppsec = '-5'

/** Bit of `_dd.p.ts` that says that AppSec keeps the trace (hexadecimal). */
const appsecSource = 0x02

/** Multiplier of Datadog's tracers: all of them then keep the same traces. */
const knuthFactor = 1_111_111_111_111_111_111n

/**
 * @param event - the request; `matches` is empty when nothing was found.
 * @param isFirst - the first span after a start or a reload; the backend learns of the ruleset by it.
 * @param agentRate - the share that the agent asks for.
 */
export function decideKeep(
  event: SecurityEvent,
  context: TraceContext,
  isFirst: boolean,
  isStandalone: boolean,
  agentRate: number,
): KeepDecision {
  const isSampled = isStandalone && hasSchema(event)
  if (event.matches.length > 0 || event.inspection.kept || isFirst || isSampled) {
    return { priority: 2, decisionMaker: byAppsec, agentRate: undefined }
  }
  const isSendersWord = context.priority !== undefined && (!isStandalone || isKeptByAppsec(context))
  if (isSendersWord) return { priority: context.priority, decisionMaker: undefined, agentRate: undefined }
  // Of requests that nothing asks for, workers hand over the one a minute that says that the service is alive.
  if (isStandalone) return { priority: 1, decisionMaker: byDefault, agentRate: undefined }
  return { priority: isSampledAt(context.traceId, agentRate) ? 1 : 0, decisionMaker: byAgent, agentRate }
}

/** Whether schemas of the request were extracted. */
export function hasSchema({ attributes }: SecurityEvent): boolean {
  return Object.keys(attributes).some((name) => name.startsWith('_dd.appsec.s.'))
}

function isKeptByAppsec({ tags }: TraceContext): boolean {
  return (Number.parseInt(tags['_dd.p.ts'] ?? '0', 16) & appsecSource) !== 0
}

function isSampledAt(traceId: bigint, rate: number): boolean {
  if (rate >= 1) return true
  return BigInt.asUintN(64, traceId * knuthFactor) <= BigInt(Math.floor(rate * 2 ** 53)) << 11n
}
