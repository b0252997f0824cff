// Entry of a worker thread: builds its inspector once, then inspects batch after batch.
// Stage: batch -> [worker] -> sinks. Hot path; bench: scenarios/worker.bench.ts.
import { setPriority } from 'node:os'
import { workerData } from 'node:worker_threads'
import type { Engine } from '../engine/engine.js'
import { MirrorwafError, reasonOf } from '../errors.js'
import { BatchInspector } from './batch-inspector.js'
import { buildInspector } from './build-inspector.js'
import { EventWriter } from './event-writer.js'
import type { WorkerAnswer, WorkerFailed, WorkerSettings, WorkerTask } from './messages.js'
import { buildBehindGate, isAskedToStop, waitAtGate } from './respawn-gate.js'
import { SpanGate } from './span-gate.js'
import { warmUpJudging } from './warm-up-judging.js'

/** A thread that is ready, or why it is not. Built when the module loads: piscina calls a worker ready after that. */
type ThreadState =
  | { readonly kind: 'ready'; readonly engine: Engine; readonly batches: BatchInspector }
  | { readonly kind: 'failed'; readonly failure: WorkerFailed }

// Foreign boundary: what the pool gave as workerData, cloned by Node.
const settings = workerData as WorkerSettings
const gateWords = new Int32Array(settings.respawnGate)
let state: ThreadState = startBehindGate()

/** Runs one task; piscina calls it by name. The slab's records get their outcomes, the answer carries the events. */
export function runTask(task: WorkerTask): WorkerAnswer {
  // What kept a respawned worker from its engine may be over: it tries again with each batch, as slowly as a new one would.
  if (state.kind === 'failed' && task.kind === 'inspect') state = startBehindGate()
  if (state.kind === 'failed') return state.failure
  if (task.kind === 'inspect') return state.batches.inspect(task)
  const { engine } = state
  return {
    kind: 'ready',
    engineName: engine.name,
    engineVersion: engine.version,
    rulesVersion: engine.rulesVersion,
    rulesLoadedCount: engine.rulesLoadedCount,
    rulesFailedCount: engine.rulesFailedCount,
  }
}

/** A receiver that ends does not wait for a worker that nobody needs any more. */
function stopIfAsked(): void {
  if (isAskedToStop(gateWords)) throw new MirrorwafError('MWAF_POOL_CLOSED')
}

function startBehindGate(): ThreadState {
  waitAtGate(settings.respawnGate)
  return buildBehindGate(settings.respawnGate, start)
}

function start(): ThreadState {
  try {
    stopIfAsked()
    // On Linux this is the calling thread's own priority: answers come before verdicts.
    if (settings.niceIncrement > 0) setPriority(0, settings.niceIncrement)
    const { spans } = settings.inspection
    const spanGate =
      spans === undefined ? undefined : new SpanGate(spans, () => performance.timeOrigin + performance.now())
    const built = buildInspector(settings, true, spanGate, stopIfAsked)
    const events = new EventWriter(settings.inspection, built.engine)
    stopIfAsked()
    // Sampled requests are counted for their endpoint, also those of a warm-up.
    if (spanGate?.samplesSchemas !== true) warmUpJudging(built, events, () => performance.now())
    return {
      kind: 'ready',
      engine: built.engine,
      batches: new BatchInspector(built, events, () => isAskedToStop(gateWords), spanGate),
    }
  } catch (error) {
    const { code, details } =
      error instanceof MirrorwafError ? error : { code: 'MWAF_POOL_START', details: { reason: reasonOf(error) } }
    return { kind: 'failed', failure: { kind: 'failed', code, details, message: reasonOf(error) } }
  }
}
