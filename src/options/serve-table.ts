// The option table of the receiver: every name, unit, bound and default, once. Help and README are rendered from it.
import { availableParallelism } from 'node:os'
import { datadogRows } from './datadog-table.js'
import { historyRows } from './history-table.js'
import { address, addressOrOff } from './kinds/address.js'
import { cidr } from './kinds/cidr.js'
import { coverageSource } from './kinds/coverage-source.js'
import { duration } from './kinds/duration.js'
import { list, single, type ValueKind } from './kinds/option-kind.js'
import {
  choice,
  count,
  eventTarget,
  fileMode,
  filePath,
  jsonPath,
  optionalFilePath,
  optionalHeaderName,
  ratio,
  text,
  yesOrNo,
} from './kinds/scalars.js'
import { size } from './kinds/size.js'
import { defaultObfuscationRegex } from './obfuscation-defaults.js'
import { row } from './option-row.js'
import type { OptionTable } from './option-spec.js'
import type { ServeOptions } from './serve-options.js'

const kib = 1024
const mib = 1024 * kib
const gib = 1024 * mib
const secondMs = 1000
const hourMs = 3600 * secondMs
/** Short enough for tests of a timeout, long enough that no timer spins. */
const shortestTimeoutMs = 10

/** One row per field of `ServeOptions`. */
export const serveTable: OptionTable<ServeOptions> = {
  listen: {
    ...row('listen', 'Listening', list(address, { splitsFlags: false, minItems: 1 })),
    default: () => ['[::]:8080'],
    datadog: 'DD_REQUEST_MIRROR_LISTEN_ADDR',
    doc: 'Where mirrored requests arrive; may be given several times. [::] takes IPv4 as well.',
  },
  admin: {
    ...row('admin', 'Listening', single(addressOrOff)),
    default: () => '[::]:8081',
    datadog: 'DD_REQUEST_MIRROR_HEALTHCHECK_ADDR',
    doc: 'Where health, readiness and metrics are served.',
  },
  hijack: {
    ...row('hijack', 'Listening', single(yesOrNo, 'switch')),
    default: () => false,
    doc: 'Close the connection after each request instead of answering 204 and keeping it.',
  },
  backlog: {
    ...row('backlog', 'Listening', single(count(1, 65_535, 'connections'))),
    default: () => 1024,
    doc: 'Connections that the kernel may keep waiting to be accepted.',
  },
  socketMode: {
    ...row('socket-mode', 'Listening', single(fileMode)),
    default: () => 0o660,
    doc: 'Permissions of a unix socket.',
  },
  tlsCert: {
    ...row('tls-cert', 'Listening', single(optionalFilePath)),
    default: () => '',
    doc: 'PEM certificate chain; mirrored requests then arrive over TLS. Needs tls-key.',
  },
  tlsKey: {
    ...row('tls-key', 'Listening', single(optionalFilePath)),
    default: () => '',
    doc: 'PEM private key of tls-cert.',
  },
  tlsClientCa: {
    ...row('tls-client-ca', 'Listening', single(optionalFilePath)),
    default: () => '',
    doc: 'PEM certificates of the authorities whose client certificates are required.',
  },
  peers: {
    ...row('peers', 'Listening', list(cidr, { splitsFlags: true, minItems: 0 })),
    default: () => [],
    defaultText: 'any',
    doc: 'Only connections from these addresses are accepted.',
  },

  headLimitBytes: {
    ...row('head-limit', 'Limits', single(size({ minBytes: kib, maxBytes: mib })), 'inspection'),
    default: () => 64 * kib,
    doc: 'Longest request line and headers together.',
  },
  headerLimitCount: {
    ...row('header-limit', 'Limits', single(count(1, 4096, 'headers')), 'inspection'),
    default: () => 256,
    doc: 'Most headers of one request.',
  },
  targetLimitBytes: {
    ...row('target-limit', 'Limits', single(size({ minBytes: 256, maxBytes: mib })), 'inspection'),
    default: () => 32 * kib,
    doc: 'Longest request target (path and query).',
  },
  trailerLimitBytes: {
    ...row('trailer-limit', 'Limits', single(size({ minBytes: 0, maxBytes: mib })), 'inspection'),
    default: () => 16 * kib,
    doc: 'Longest trailers of a chunked body.',
  },
  bodyInspectLimitBytes: {
    ...row('body-inspect-limit', 'Limits', single(size({ minBytes: 0, maxBytes: 256 * mib })), 'inspection'),
    default: () => 10 * mib,
    doc: 'How much of a body is inspected; the rest is read, counted and dropped.',
  },
  bodyLimitBytes: {
    ...row('body-limit', 'Limits', single(size({ minBytes: 0, maxBytes: 1024 * gib })), 'inspection'),
    default: () => gib,
    doc: 'How much of a body is read before its connection is closed.',
  },
  connectionLimitCount: {
    ...row('connection-limit', 'Limits', single(count(0, 1_000_000, 'connections'))),
    default: () => 0,
    defaultText: '0 (below the file descriptor limit)',
    doc: 'Most connections at once; more are dropped and counted. 0 = taken from the file descriptor limit.',
  },
  inFlightLimitBytes: {
    ...row('in-flight-limit', 'Limits', single(size({ minBytes: mib, maxBytes: 64 * gib }))),
    default: () => 48 * mib,
    doc: 'Bytes of requests still arriving, over all connections; above it bodies are read and dropped.',
  },
  queueLimitBytes: {
    ...row('queue-limit', 'Limits', single(size({ minBytes: mib, maxBytes: 64 * gib }))),
    default: () => 32 * mib,
    doc: 'Bytes of requests waiting for inspection; more requests are shed and counted.',
  },
  headTimeoutMs: {
    ...row('head-timeout', 'Limits', single(duration({ unit: 'ms', min: shortestTimeoutMs, max: 24 * hourMs }))),
    default: () => 30 * secondMs,
    doc: 'How long the head of a request may take from its first byte.',
  },
  bodyTimeoutMs: {
    ...row('body-timeout', 'Limits', single(duration({ unit: 'ms', min: shortestTimeoutMs, max: 24 * hourMs }))),
    default: () => 30 * secondMs,
    doc: 'How long a body may stand still; what arrived is then inspected.',
  },
  idleTimeoutMs: {
    ...row('idle-timeout', 'Limits', single(duration({ unit: 'ms', min: shortestTimeoutMs, max: 24 * hourMs }))),
    default: () => hourMs,
    doc: "How long a connection may wait for its next request. Longer than the gateway's own, so that it never races.",
  },
  connectionMaxAgeMs: {
    ...row(
      'connection-max-age',
      'Limits',
      single(duration({ unit: 'ms', min: shortestTimeoutMs, max: 168 * hourMs, allowsZero: true })),
    ),
    default: () => 0,
    defaultText: '0 (off)',
    doc: 'Connections close after about this age, so that new replicas get their share. 0 = never.',
  },

  shadowSuffix: {
    ...row('shadow-suffix', 'Requests', single(choice('auto', 'always', 'never')), 'inspection'),
    default: () => 'auto',
    doc: "When Envoy's -shadow comes off the Host: auto = when X-Envoy-Internal is there.",
  },
  trustedProxies: {
    ...row('trusted-proxies', 'Requests', list(cidr, { splitsFlags: true, minItems: 0 }), 'inspection'),
    default: () => [],
    defaultText: 'none',
    doc: 'Proxies whose X-Forwarded-For entries are believed when the client address is sought.',
  },
  trustedHops: {
    ...row('trusted-hops', 'Requests', single(count(0, 64, 'proxies')), 'inspection'),
    default: () => 0,
    doc: 'Number of proxies in front, counted from the right of X-Forwarded-For. 0 = not by number.',
  },
  clientIpHeader: {
    ...row('client-ip-header', 'Requests', single(optionalHeaderName), 'inspection'),
    default: () => '',
    defaultText: 'the usual list',
    datadog: 'DD_TRACE_CLIENT_IP_HEADER',
    doc: 'The one header that holds the client address, instead of the usual list.',
  },

  rules: {
    ...row('rules', 'Inspection', list(filePath, { splitsFlags: false, minItems: 0 }), 'ruleset'),
    default: () => [],
    defaultText: 'the ruleset in the npm package dd-trace',
    datadog: 'DD_APPSEC_RULES',
    doc: 'Ruleset file (JSON); may be given several times. A file with rules replaces the default ruleset, others add to it.',
  },
  minRules: {
    ...row('min-rules', 'Inspection', single(count(0, 100_000, 'rules')), 'inspection'),
    default: () => 1,
    doc: 'Do not start with fewer loaded rules.',
  },
  rulesWatch: {
    ...row('rules-watch', 'Inspection', single(yesOrNo, 'switch')),
    default: () => false,
    doc: 'Load the rules again when their files change.',
  },
  wafTimeoutUs: {
    ...row('waf-timeout', 'Inspection', single(duration({ unit: 'us', min: 1, max: 10_000_000 })), 'inspection'),
    default: () => 10_000,
    datadog: 'DD_APPSEC_WAF_TIMEOUT',
    doc: 'Budget of the rules for one request.',
  },
  obfuscationKeyRegex: {
    ...row('obfuscation-key-regex', 'Inspection', single(regex()), 'inspection'),
    default: () => defaultObfuscationRegex('DD_APPSEC_OBFUSCATION_PARAMETER_KEY_REGEXP'),
    defaultText: 'that of libddwaf',
    datadog: 'DD_APPSEC_OBFUSCATION_PARAMETER_KEY_REGEXP',
    doc: 'Values under a key that matches are redacted in events.',
  },
  obfuscationValueRegex: {
    ...row('obfuscation-value-regex', 'Inspection', single(regex()), 'inspection'),
    default: () => defaultObfuscationRegex('DD_APPSEC_OBFUSCATION_PARAMETER_VALUE_REGEXP'),
    defaultText: 'that of libddwaf',
    datadog: 'DD_APPSEC_OBFUSCATION_PARAMETER_VALUE_REGEXP',
    doc: 'Values that match are redacted in events.',
  },
  redactJsonPaths: {
    ...row('redact-json-paths', 'Inspection', list(jsonPath, { splitsFlags: true, minItems: 0 }), 'inspection'),
    default: () => [],
    defaultText: 'none',
    doc: 'Values at these places of a body, and below, are redacted in events: user.card.number, items[*].pin.',
  },
  prefilter: {
    ...row('prefilter', 'Inspection', single(choice('on', 'off', 'verify')), 'inspection'),
    default: () => 'on',
    doc: 'Spare the engine requests that cannot match; verify = run both on every request and compare.',
  },
  verifyRatio: {
    ...row('verify-ratio', 'Inspection', single(ratio), 'inspection'),
    default: () => 0.001,
    doc: 'Share of the spared requests that the engine checks after all.',
  },
  verifyAction: {
    ...row('verify-action', 'Inspection', single(choice('log', 'group', 'off')), 'inspection'),
    default: () => 'group',
    doc: 'When such a check finds a match, until the next reload: log = only say so, group = spare no request that fills the address, off = spare none.',
  },
  inspection: {
    ...row('inspection', 'Inspection', single(choice('on', 'off'))),
    default: () => 'on',
    doc: 'off = parse, batch and drop: to measure the listener alone.',
  },
  appsecEnabled: {
    ...row('appsec-enabled', 'Inspection', single(yesOrNo)),
    flag: undefined,
    environment: undefined,
    default: () => true,
    datadog: 'DD_APPSEC_ENABLED',
    doc: 'false = refuse to start, since there would be nothing to do.',
  },

  processes: {
    ...row('processes', 'Workers', single(count(1, 64, 'processes'))),
    default: () => 1,
    doc: 'Processes that share the port, for machines with many cores. Limits hold for each of them.',
  },
  workers: {
    ...row('workers', 'Workers', single(count(1, 64, 'threads'))),
    default: () => Math.min(64, Math.max(1, availableParallelism() - 1)),
    defaultText: 'cores - 1, at least 1',
    doc: 'Threads that inspect requests, shared out among the processes; each has one at least.',
  },
  workerHeapMib: {
    ...row('worker-heap', 'Workers', single(count(32, 16_384, 'MiB'))),
    default: () => 256,
    doc: 'JavaScript heap of one worker; one that needs more is replaced.',
  },
  batchLimitBytes: {
    ...row('batch-limit', 'Workers', single(size({ minBytes: 4 * kib, maxBytes: 16 * mib }))),
    default: () => 256 * kib,
    doc: 'A batch is handed to a worker at this size at the latest.',
  },
  batchLimitCount: {
    ...row('batch-count', 'Workers', single(count(1, 4096, 'requests'))),
    default: () => 64,
    doc: 'A batch is handed to a worker with this many requests at the latest.',
  },
  batchAgeMs: {
    ...row('batch-age', 'Workers', single(duration({ unit: 'ms', min: 0, max: secondMs }))),
    default: () => 5,
    doc: 'A batch is handed to a worker at this age at the latest.',
  },
  batchDeadlineMs: {
    ...row('batch-deadline', 'Workers', single(duration({ unit: 'ms', min: shortestTimeoutMs, max: hourMs }))),
    default: () => 10 * secondMs,
    doc: 'A worker that takes longer for one batch is replaced.',
  },

  events: {
    ...row('events', 'Events and logs', list(eventTarget, { splitsFlags: false, minItems: 1 })),
    default: () => ['stdout'],
    doc: 'Where events go; may be given several times. deploy/reporting.md has the options of each target.',
  },
  sinkQueueLimitBytes: {
    ...row('sink-queue-limit', 'Events and logs', single(size({ minBytes: 128 * kib, maxBytes: gib }))),
    default: () => 16 * mib,
    doc: 'Bytes of events that may wait for a slow target; more are dropped and counted.',
  },
  coverageSources: {
    ...row('coverage-source', 'Events and logs', list(coverageSource, { splitsFlags: false, minItems: 0 })),
    default: () => [],
    defaultText: 'none',
    doc: 'Counters of a gateway that mirrors here, to tell what the mirror loses; one for each gateway.',
  },
  coverageIntervalMs: {
    ...row('coverage-interval', 'Events and logs', single(duration({ unit: 'ms', min: 100, max: hourMs }))),
    default: () => 10 * secondMs,
    doc: 'How often gateways are asked for their counters.',
  },
  service: {
    ...row('service', 'Events and logs', single(text('NAME', 'a name', (value) => value !== '')), 'inspection'),
    default: () => 'request-mirror',
    datadog: 'DD_SERVICE',
    doc: 'Service name in events.',
  },
  env: {
    ...row('env', 'Events and logs', single(text('NAME', 'a name; empty = none')), 'inspection'),
    default: () => '',
    datadog: 'DD_ENV',
    doc: 'Environment name in events.',
  },
  version: {
    ...row('version-tag', 'Events and logs', single(text('TEXT', 'a version; empty = none')), 'inspection'),
    environment: 'MIRRORWAF_VERSION',
    default: () => '',
    datadog: 'DD_VERSION',
    doc: 'Version of the service in events.',
  },
  logLevel: {
    ...row('log-level', 'Events and logs', single(choice('debug', 'info', 'warn', 'error', 'silent'))),
    default: () => 'info',
    doc: 'Least important log lines that are written to stderr.',
  },

  ...historyRows,

  ...datadogRows,

  drainDelayMs: {
    ...row('drain-delay', 'Life cycle', single(duration({ unit: 'ms', min: 0, max: hourMs }))),
    default: () => 5 * secondMs,
    doc: 'On SIGTERM: how long to go on accepting while not ready, until gateways have noticed.',
  },
  drainTimeoutMs: {
    ...row('drain-timeout', 'Life cycle', single(duration({ unit: 'ms', min: 0, max: hourMs }))),
    default: () => 10 * secondMs,
    doc: 'Then: how long requests that are already here may take.',
  },
}

/** The engine judges the pattern when it loads: RE2's syntax is not ours to check. */
function regex(): ValueKind<string> {
  return text('REGEX', 'an RE2 pattern; empty = redact nothing by it')
}
