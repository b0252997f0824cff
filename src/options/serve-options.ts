// The resolved options of the receiver: every field set, units in the names, frozen.
// The option table (serve-table.ts) is typed by this interface, so that neither can have a field the other lacks.

/** `auto`: the suffix comes off only where Envoy put it (X-Envoy-Internal is there). */
export type ShadowSuffix = 'auto' | 'always' | 'never'
/** `verify`: every request goes through prefilter and engine, and the two are compared. */
export type PrefilterMode = 'on' | 'off' | 'verify'
/** What happens when verification finds a request that the prefilter had wrongly cleared. */
export type VerifyAction = 'log' | 'group' | 'off'
/** `off`: parse, batch and drop, to measure the listener alone. */
export type InspectionMode = 'on' | 'off'
export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'silent'

/** Options of the receiver, resolved and frozen. Frozen lists; no field is optional; what "none" is stands at each field. */
export interface ServeOptions {
  // sockets
  /** Normalised: `[::]:8080`, `127.0.0.1:8080`, `unix:/path`; parse with `parseAddress`. At least one. */
  readonly listen: readonly string[]
  /** As `listen`, one; `off` = no admin port. */
  readonly admin: string
  /** Close without answering instead of 204 and keep-alive. */
  readonly hijack: boolean
  readonly backlog: number
  /** Mode bits of a unix socket. */
  readonly socketMode: number
  /** Path; empty = no TLS. Set together with `tlsKey`. */
  readonly tlsCert: string
  readonly tlsKey: string
  /** Path; empty = client certificates are not asked for. */
  readonly tlsClientCa: string
  /** CIDR ranges whose connections are accepted; empty = all. */
  readonly peers: readonly string[]

  // limits
  readonly headLimitBytes: number
  readonly headerLimitCount: number
  readonly targetLimitBytes: number
  readonly trailerLimitBytes: number
  readonly bodyInspectLimitBytes: number
  readonly bodyLimitBytes: number
  /** 0 = derived from the file descriptor limit at start. */
  readonly connectionLimitCount: number
  readonly inFlightLimitBytes: number
  readonly queueLimitBytes: number
  readonly headTimeoutMs: number
  readonly bodyTimeoutMs: number
  readonly idleTimeoutMs: number
  /** 0 = connections live as long as they like. */
  readonly connectionMaxAgeMs: number

  // what a request is taken to be
  readonly shadowSuffix: ShadowSuffix
  /** CIDR ranges of proxies whose X-Forwarded-For entries are believed. */
  readonly trustedProxies: readonly string[]
  /** Number of believed proxies in front; 0 = decided by `trustedProxies`. */
  readonly trustedHops: number
  /** Lower-case header name; empty = the usual list. */
  readonly clientIpHeader: string

  // inspection
  /** Processes that serve; 1 = this one alone. All other limits hold for each of them. */
  readonly processes: number
  /** Over all processes; each has one at least. */
  readonly workers: number
  /** Ruleset files; empty = the packaged ruleset. */
  readonly rules: readonly string[]
  readonly minRules: number
  readonly rulesWatch: boolean
  readonly wafTimeoutUs: number
  /** RE2 pattern; empty = nothing is redacted by key. */
  readonly obfuscationKeyRegex: string
  /** RE2 pattern; empty = nothing is redacted by value. */
  readonly obfuscationValueRegex: string
  /** Places in bodies whose values are redacted; empty = none. */
  readonly redactJsonPaths: readonly string[]
  readonly prefilter: PrefilterMode
  /** Share of cleared requests that are verified with the engine, 0 to 1. */
  readonly verifyRatio: number
  readonly verifyAction: VerifyAction
  readonly inspection: InspectionMode
  /** False = DD_APPSEC_ENABLED switched inspection off: the command says so and exits. */
  readonly appsecEnabled: boolean

  // batches and workers
  readonly batchLimitBytes: number
  readonly batchLimitCount: number
  readonly batchAgeMs: number
  readonly batchDeadlineMs: number
  readonly workerHeapMib: number

  // events and the process
  /** `KIND[:TARGET][?OPTIONS]` as `parseSinkSpec` reads it; at least one. */
  readonly events: readonly string[]
  readonly sinkQueueLimitBytes: number
  /** Parse with `parseCoverageSource`; empty = nothing is asked. */
  readonly coverageSources: readonly string[]
  readonly coverageIntervalMs: number
  readonly service: string
  readonly env: string
  readonly version: string

  // history and page
  /** Database file; empty = in memory, when there is a page to show it. */
  readonly store: string
  readonly storeLimitBytes: number
  readonly storeAgeMs: number
  /** Address of the live page, or `off`. */
  readonly ui: string
  /** Names under which the page may be asked for, beside IP addresses and localhost. */
  readonly uiHosts: readonly string[]
  /** Empty = none. */
  readonly uiTokenFile: string
  // the datadog sink
  /** `http://`, `https://` or `unix://`; empty = made of host and port, or the agent's usual socket. */
  readonly datadogAgentUrl: string
  /** Empty = not given. */
  readonly datadogAgentHost: string
  readonly datadogAgentPort: number
  /** `name:value`, between commas or blanks, as DD_TAGS. */
  readonly datadogTags: string
  /** Events a second that become spans of their own; more are folded. */
  readonly datadogEventLimitCount: number
  /** True = a span for every request; false = one a minute beside those that matter. */
  readonly apmTracing: boolean
  /** Requests a second that get a span without an event; 0 = no limit. */
  readonly traceLimitCount: number
  readonly apiSecurity: boolean
  /** 0 = schemas of every request. */
  readonly apiSecurityPeriodSeconds: number

  readonly drainDelayMs: number
  readonly drainTimeoutMs: number
  readonly logLevel: LogLevel
}
