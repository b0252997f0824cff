// Every metric that is read from the shared counters, in one table: name, meaning, where its number lives.
import { parseErrors } from '../batch/record-layout.js'
import { bodyFaults } from '../request/body/body-fault.js'
import { outcomes } from '../verdict/outcome.js'
import {
  answerKinds,
  CounterId,
  gcKinds,
  processRestartCauses,
  rejectedReasons,
  reloadResults,
  restartCauses,
  shedReasons,
  timeoutKinds,
} from './counter-ids.js'

export interface ScalarMetric {
  readonly kind: 'counter' | 'gauge'
  readonly name: string
  readonly help: string
  readonly index: number
  /** What one unit of the stored number is worth in the metric's unit. */
  readonly scale: number
}

export interface FamilyMetric {
  readonly kind: 'counter' | 'gauge'
  readonly name: string
  readonly help: string
  readonly label: string
  /** Label value and index of its number. */
  readonly members: readonly (readonly [label: string, index: number])[]
  readonly scale: number
}

/** Microseconds in seconds, the base unit of Prometheus. */
const microseconds = 1e-6

function counter(name: string, index: number, help: string, scale: number = 1): ScalarMetric {
  return { kind: 'counter', name, help, index, scale }
}

function gauge(name: string, index: number, help: string, scale: number = 1): ScalarMetric {
  return { kind: 'gauge', name, help, index, scale }
}

function family(
  name: string,
  label: string,
  labels: readonly string[],
  base: number,
  help: string,
  scale: number = 1,
): FamilyMetric {
  return { kind: 'counter', name, help, label, members: labels.map((value, offset) => [value, base + offset]), scale }
}

export const scalarMetrics: readonly ScalarMetric[] = [
  counter('mirrorwaf_requests_received_total', CounterId.received, 'Mirrored requests that arrived'),
  counter('mirrorwaf_body_bytes_total', CounterId.bodyBytes, 'Body bytes that arrived, inspected or not'),
  counter(
    'mirrorwaf_bodies_truncated_total',
    CounterId.bodiesTruncated,
    'Bodies longer than what is inspected of a body',
  ),
  counter('mirrorwaf_heads_truncated_total', CounterId.headsTruncated, 'Heads longer than the limits on heads'),
  counter('mirrorwaf_connections_accepted_total', CounterId.connectionsAccepted, 'Connections accepted'),
  counter('mirrorwaf_batches_total', CounterId.batches, 'Batches given to the workers'),
  counter('mirrorwaf_prefilter_cleared_total', CounterId.prefilterCleared, 'Requests that the prefilter cleared'),
  counter(
    'mirrorwaf_prefilter_verified_total',
    CounterId.prefilterVerified,
    'Cleared requests that the engine inspected all the same',
  ),
  counter(
    'mirrorwaf_prefilter_contradicted_total',
    CounterId.prefilterContradicted,
    'Cleared requests in which the engine found something: faults of the prefilter',
  ),
  gauge('mirrorwaf_prefilter_table_bytes', CounterId.prefilterTableBytes, 'Automaton tables of all workers'),
  gauge('mirrorwaf_prefilter_states', CounterId.prefilterStates, 'Automaton states of all workers'),
  gauge('mirrorwaf_prefilter_flushes', CounterId.prefilterFlushes, 'Times that full automaton tables were dropped'),
  gauge(
    'mirrorwaf_prefilter_refused_requests',
    CounterId.prefilterRefused,
    'Requests that went to the engine because too many automaton states would have been built for them',
  ),
  counter('mirrorwaf_engine_runs_total', CounterId.engineRuns, 'Runs of the engine'),
  counter('mirrorwaf_engine_errors_total', CounterId.engineErrors, 'Runs of the engine that failed'),
  counter(
    'mirrorwaf_worker_busy_seconds_total',
    CounterId.workerBusyUs,
    'Time that workers spent on batches',
    microseconds,
  ),
  counter(
    'mirrorwaf_records_requeued_total',
    CounterId.recordsRequeued,
    'Requests that ran again because a worker died',
  ),
  counter(
    'mirrorwaf_reporter_restarts_total',
    CounterId.reporterRestarts,
    'Times that the reporting thread ended and was started again',
  ),
  counter('mirrorwaf_events_total', CounterId.eventsBuilt, 'Security events built'),
  counter(
    'mirrorwaf_spans_dropped_total',
    CounterId.spansDropped,
    'Requests without an event that got no span: over --trace-limit, or no room in the channel',
  ),
  gauge('mirrorwaf_connections_open', CounterId.connectionsOpen, 'Connections open now'),
  gauge('mirrorwaf_queue_bytes', CounterId.queueBytes, 'Bytes of batches that wait for a worker'),
  gauge('mirrorwaf_in_flight_bytes', CounterId.inFlightBytes, 'Bytes staged for requests that are still arriving'),
  gauge(
    'mirrorwaf_processes',
    CounterId.childProcesses,
    'Processes that serve under a primary and are ready; 0 when one process does everything',
  ),
  gauge('mirrorwaf_workers', CounterId.workers, 'Inspection workers that are ready'),
  gauge(
    'mirrorwaf_worker_busy_ratio',
    CounterId.workerBusyRatio,
    'Share of the last second the workers were busy, 0 to 1',
  ),
  gauge('mirrorwaf_rules_loaded', CounterId.rulesLoaded, 'Rules that the engine has loaded'),
  gauge('mirrorwaf_rules_failed', CounterId.rulesFailed, 'Rules that the engine refused'),
  gauge('process_start_time_seconds', CounterId.startedAtMs, 'Start of the process in seconds since the epoch', 1e-3),
]

export const familyMetrics: readonly FamilyMetric[] = [
  family(
    'mirrorwaf_requests_outcome_total',
    'outcome',
    outcomes,
    CounterId.outcome,
    'Mirrored requests by their one outcome',
  ),
  family(
    'mirrorwaf_requests_shed_total',
    'reason',
    shedReasons,
    CounterId.shed,
    'Mirrored requests dropped under load',
  ),
  family(
    'mirrorwaf_connections_rejected_total',
    'reason',
    rejectedReasons,
    CounterId.rejected,
    'Connections closed without reading a request',
  ),
  family('mirrorwaf_answers_total', 'status', answerKinds, CounterId.answer, 'How mirrored requests were answered'),
  family('mirrorwaf_timeouts_total', 'kind', timeoutKinds, CounterId.timeout, 'Connections closed by a time-out'),
  family('mirrorwaf_workers_restarted_total', 'cause', restartCauses, CounterId.restart, 'Workers that were replaced'),
  family(
    'mirrorwaf_processes_restarted_total',
    'cause',
    processRestartCauses,
    CounterId.processRestart,
    'Processes that were replaced',
  ),
  family(
    'mirrorwaf_ruleset_reloads_total',
    'result',
    reloadResults,
    CounterId.reload,
    'Rulesets loaded again while running',
  ),
  family('mirrorwaf_gc_pauses_total', 'kind', gcKinds, CounterId.gcCount, 'Garbage collections in the listener thread'),
  family(
    'mirrorwaf_gc_pause_seconds_total',
    'kind',
    gcKinds,
    CounterId.gcUs,
    'Time of garbage collections in the listener thread',
    microseconds,
  ),
  {
    kind: 'counter',
    name: 'mirrorwaf_parse_errors_total',
    help: 'Mirrored requests with a fault in framing or syntax',
    label: 'kind',
    // Position 0 means no error.
    members: parseErrors.map((kind, offset) => [kind, CounterId.parseError + offset] as const).slice(1),
    scale: 1,
  },
  family(
    'mirrorwaf_body_faults_total',
    'kind',
    bodyFaults,
    CounterId.bodyFault,
    'Inspected requests whose body is not what it claims to be, or not whole, by the first fault found',
  ),
  {
    kind: 'gauge',
    name: 'mirrorwaf_event_loop_delay_seconds',
    help: 'Event-loop delay of the listener thread over the last second',
    label: 'quantile',
    members: [
      ['0.5', CounterId.loopDelayP50Us],
      ['0.99', CounterId.loopDelayP99Us],
      ['1', CounterId.loopDelayMaxUs],
    ],
    scale: microseconds,
  },
]

/** Bucket bounds in seconds: an answer takes tens of microseconds, a verdict milliseconds, a stall up to seconds. */
export const latencyBuckets: readonly number[] = [
  25e-6, 50e-6, 1e-4, 25e-5, 5e-4, 1e-3, 25e-4, 5e-3, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
]

/** Requests per batch. */
export const batchBuckets: readonly number[] = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512]
