// For parts of the reporting thread that a test runs in its own thread: nobody outlives it who would ask.
import { allocateHeldLedger, type HeldAccount, HeldLedger } from '#src/sinks/held-ledger.js'

/** A ledger for this test alone. */
export function newLedger(sinkCount: number = 1): HeldLedger {
  return new HeldLedger(allocateHeldLedger(sinkCount))
}

export const noAccount: HeldAccount = newLedger().sink(0)
