// Which number lives where in the shared counters. The listener adds by plain index; the scrape gives them their names.
// A label family takes as many consecutive indexes as it has labels: `CounterId.outcome + outcomeIndex`.
// Labels come from these lists or from configuration, never from a sender: a label that a sender chooses is a memory attack.

/** Why a mirrored request was not inspected although it arrived. */
export const shedReasons = ['in_flight', 'queue', 'inspection_off'] as const
export type ShedReason = (typeof shedReasons)[number]

/** Why a connection was closed without reading a request; `http2`: for frames that break its protocol, or a flood of them. */
export const rejectedReasons = ['limit', 'tls', 'http2', 'proxy_protocol', 'peer'] as const
export type RejectedReason = (typeof rejectedReasons)[number]

/** How mirrored requests were answered; `close` is the hijack mode's end of connection without a byte. */
export const answerKinds = ['204', 'close', '400', '408', '431'] as const
export type AnswerKind = (typeof answerKinds)[number]

/** Which time-out closed a connection. */
export const timeoutKinds = ['head', 'body', 'idle', 'max_age'] as const
export type TimeoutKind = (typeof timeoutKinds)[number]

/** Why a worker had to be replaced. */
export const restartCauses = ['error', 'exit', 'memory', 'deadline'] as const
export type RestartCause = (typeof restartCauses)[number]

/** Why a process had to be replaced; `start`: it ended before it was ready. */
export const processRestartCauses = ['exit', 'signal', 'start'] as const
export type ProcessRestartCause = (typeof processRestartCauses)[number]

/** How loading a ruleset again ended. */
export const reloadResults = ['ok', 'failed'] as const
export type ReloadResult = (typeof reloadResults)[number]

/** V8's kinds of garbage collection, in the order of `loop-sampler.ts`. */
export const gcKinds = ['minor', 'major', 'incremental', 'weak_callbacks'] as const
export type GcKind = (typeof gcKinds)[number]

/** What `CounterId.lifeState` holds; `/readyz` answers 200 only in `ready`. */
export const LifeState = { starting: 0, ready: 1, draining: 2 } as const
export type LifeState = (typeof LifeState)[keyof typeof LifeState]

/** Index of every shared number. Values only grow, except those under "gauges", which are set. */
export const CounterId = {
  received: 0,
  bodyBytes: 1,
  bodiesTruncated: 2,
  headsTruncated: 3,
  connectionsAccepted: 4,
  batches: 5,
  /** Requests that the prefilter cleared; the others went to the engine. */
  prefilterCleared: 6,
  engineRuns: 7,
  engineErrors: 8,
  /** Microseconds that workers spent inspecting, all workers together. */
  workerBusyUs: 9,
  recordsRequeued: 10,
  eventsBuilt: 11,
  /** Events that found the channel to the reporting thread full. */
  channelDropped: 12,
  /** Cleared requests that the engine inspected all the same, and those of them in which it found something. */
  prefilterVerified: 13,
  prefilterContradicted: 14,
  /** Times that the reporting thread ended by itself and was started again. */
  reporterRestarts: 15,

  // gauges
  connectionsOpen: 16,
  queueBytes: 17,
  inFlightBytes: 18,
  workers: 19,
  workerBusyRatio: 20,
  rulesLoaded: 21,
  rulesFailed: 22,
  lifeState: 23,
  startedAtMs: 24,
  loopDelayP50Us: 25,
  loopDelayP99Us: 26,
  loopDelayMaxUs: 27,
  /** Automaton tables of the prefilter, all workers together. */
  prefilterTableBytes: 28,
  prefilterStates: 29,
  prefilterFlushes: 30,
  /** Requests that went to the engine because too many states would have been built for them. */
  prefilterRefused: 31,

  // families: base + position in the list of labels
  outcome: 32,
  shed: 40,
  rejected: 48,
  answer: 56,
  timeout: 64,
  restart: 72,
  reload: 76,
  gcCount: 80,
  gcUs: 84,
  processRestart: 88,
  /** What the processes under a primary use; 0 without one. The latter two are gauges. */
  childCpuUs: 91,
  childProcesses: 92,
  childResidentBytes: 93,
  /** Requests without an event that were to be reported as spans, and found a limit reached or the channel full. */
  spansDropped: 94,
  parseError: 96,
  bodyFault: 120,
} as const

/** How many numbers the shared memory holds; above every index in use. */
export const counterSlots = 160
