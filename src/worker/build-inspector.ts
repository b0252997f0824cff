// Puts an inspector together: engine, prefilter, walker and budget for one thread.
// Shared by the worker thread and by `scan`, so that both inspect alike.
import { createEngine } from '../engine/ddwaf.js'
import type { Engine } from '../engine/engine.js'
import { DecodeBudget } from '../request/decode-budget.js'
import { EngineInputBuilder } from '../request/engine-input.js'
import { RequestWalker } from '../request/request-walker.js'
import { prepareWalkSettings } from '../request/walk-settings.js'
import { Inspector } from './inspector.js'
import type { WorkerSettings } from './messages.js'
import { threadCpuUs } from './thread-clock.js'

/** An inspector and the engine it judges with; dispose the engine when done. */
export interface BuiltInspector {
  readonly inspector: Inspector
  readonly engine: Engine
}

/**
 * Loads engine and ruleset in the calling thread.
 * @throws as `createEngine`.
 */
export function buildInspector(settings: Pick<WorkerSettings, 'ruleset' | 'engine' | 'inspection'>): BuiltInspector {
  const engine = createEngine(settings.ruleset, settings.engine)
  const now = (): number => performance.now()
  const budget = new DecodeBudget(now)
  const inspector = new Inspector({
    engine,
    prefilter: undefined,
    walker: new RequestWalker(prepareWalkSettings(settings.inspection), budget),
    builder: new EngineInputBuilder(),
    budget,
    wafTimeoutUs: settings.inspection.wafTimeoutUs,
    now,
    threadCpuUs,
  })
  return { inspector, engine }
}
