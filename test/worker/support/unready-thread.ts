// A worker thread that never gets its engine, for a reason with a code.
import type { WorkerAnswer } from '#src/worker/messages.js'

export function runTask(): WorkerAnswer {
  return {
    kind: 'failed',
    code: 'MWAF_RULESET_TOO_FEW',
    details: { loaded: 1, required: 9 },
    message: 'only 1 rule',
  }
}
