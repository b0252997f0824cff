// Runs work that may backtrack without end, and gives it up when its time is over. A vm time-out is the one thing that stops
// V8 in the middle of a regular expression; it costs 0.2 to 0.4 ms a call (measured), so one call holds a whole event.
import { createContext, Script } from 'node:vm'

/** Runs `work` and gives its value, or `undefined` when it took longer than the guard allows. Not reentrant. */
export type TimeGuard = <Value>(work: () => Value) => Value | undefined

/** @param limitMs - whole milliseconds, at least 1. */
export function createTimeGuard(limitMs: number): TimeGuard {
  let pending: () => void = () => {}
  const context = createContext({ run: () => pending() })
  const script = new Script('run()')
  return <Value>(work: () => Value): Value | undefined => {
    let value: Value | undefined
    pending = () => {
      value = work()
    }
    try {
      script.runInContext(context, { timeout: limitMs })
      return value
    } catch (thrown) {
      if (isTimeout(thrown)) return undefined
      throw thrown
    }
  }
}

/** The error belongs to the guard's own context, so it is no `instanceof` our Error. */
function isTimeout(thrown: unknown): boolean {
  return (
    typeof thrown === 'object' && thrown !== null && 'code' in thrown && thrown.code === 'ERR_SCRIPT_EXECUTION_TIMEOUT'
  )
}
