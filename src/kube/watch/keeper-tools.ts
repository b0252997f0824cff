// What the keepers of routes and grants share.
import type { WatchLog } from './watch-log.js'
import type { WatchMetrics } from './watch-metrics.js'
import type { WatchTiming } from './watch-timing.js'

/** What a keeper needs beside its session. */
export interface KeeperTools {
  readonly metrics: WatchMetrics
  readonly log: WatchLog
  readonly timing: WatchTiming
}
