// An error as it crosses from one process to another: error objects lose their class on the way.
import { isErrorCode, MirrorwafError, reasonOf } from '../errors.js'
import type { StartFault } from '../sinks/reporter-messages.js'

/** What to send of an error. */
export function describeFault(thrown: unknown): StartFault {
  if (thrown instanceof MirrorwafError) return { code: thrown.code, details: thrown.details, reason: thrown.message }
  return { code: '', details: {}, reason: reasonOf(thrown) }
}

/** The same error on the other side; `MWAF_PROCESS_START` for one without a code of ours. */
export function rebuildFault({ code, details, reason }: StartFault, processNumber: number): MirrorwafError {
  if (isErrorCode(code)) return new MirrorwafError(code, details)
  return new MirrorwafError('MWAF_PROCESS_START', { number: processNumber, reason })
}
