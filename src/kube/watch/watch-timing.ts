// The clocks of the watch. Tests give shorter ones.

/** All in milliseconds unless named otherwise. */
export interface WatchTiming {
  /** The server ends a watch after this; a little less than the five minutes after which many proxies cut it. */
  readonly serverTimeoutS: number
  /** Pause after a failed list or watch; doubles up to the longest. */
  readonly firstRetryMs: number
  readonly longestRetryMs: number
  /** Pause before a filter that others removed is put back; doubles with each time, up to the longest. */
  readonly firstFightMs: number
  readonly longestFightMs: number
  /** A route that was left in peace this long starts anew. */
  readonly peaceMs: number
  /** How long changes are gathered before grants are looked at. */
  readonly grantDelayMs: number
  /** Others may take a Lease that was not renewed for this long (this and the next two are client-go's values). */
  readonly leaseDurationMs: number
  /** A holder that could not renew for this long stops; less than the duration, so that two never lead. */
  readonly leaseGiveUpMs: number
  /** Between two attempts to take or renew the Lease. */
  readonly leaseRetryMs: number
}

const secondMs = 1000
const minuteMs = 60 * secondMs

export const defaultWatchTiming: WatchTiming = {
  serverTimeoutS: 280,
  firstRetryMs: secondMs,
  longestRetryMs: 30 * secondMs,
  firstFightMs: secondMs,
  longestFightMs: 10 * minuteMs,
  peaceMs: 60 * minuteMs,
  grantDelayMs: 200,
  leaseDurationMs: 15 * secondMs,
  leaseGiveUpMs: 10 * secondMs,
  leaseRetryMs: 2 * secondMs,
}

/** `first`, doubled for each earlier time, at most `longest`. @param times - how often it happened, at least 1. */
export function backOffMs(times: number, firstMs: number, longestMs: number): number {
  // 2 ** 40 seconds are beyond any limit, and the product stays exact.
  return Math.min(firstMs * 2 ** Math.min(times - 1, 40), longestMs)
}
