// The options of `mirrorwaf gateway`: names, units, bounds and defaults, once; help is rendered from them.
import { MirrorwafError } from '../errors.js'
import { address, addressOrOff } from '../options/kinds/address.js'
import { cidr } from '../options/kinds/cidr.js'
import { duration } from '../options/kinds/duration.js'
import { list, type OptionKind, single } from '../options/kinds/option-kind.js'
import { choice, count, optionalFilePath, text, yesOrNo } from '../options/kinds/scalars.js'
import { size } from '../options/kinds/size.js'
import type { OptionGroup, OptionSpec, OptionTable } from '../options/option-spec.js'
import type { LogLevel } from '../options/serve-options.js'
import { parseFraction } from './mirror-share.js'
import { parseRoute, routeKind } from './route.js'

/** Options of the gateway, resolved and frozen; what "none" is stands at each field. */
export interface GatewayOptions {
  readonly listen: string
  /** `off` = no admin port. */
  readonly admin: string
  readonly trustedProxies: readonly string[]

  /** See `parseRoute`. */
  readonly routes: readonly string[]
  readonly host: 'keep' | 'backend'
  readonly upstreamTimeoutMs: number
  readonly upstreamConnectionLimitCount: number

  readonly bodyLimitBytes: number
  readonly requestLimitCount: number
  readonly clientTimeoutMs: number

  /** Path; empty = every client may ask. */
  readonly keyFile: string
  /** In lower case. */
  readonly keyHeader: string
  /** Requests per second and client; 0 = no limit. */
  readonly rateLimit: number
  /** 0 = as `rateLimit`. */
  readonly rateBurst: number
  /** Origins of other pages that may ask; empty = CORS is left to the backends. */
  readonly corsOrigins: readonly string[]
  readonly corsCredentials: boolean
  readonly accessLog: boolean

  /** Address of the receiver; `off` = nothing is mirrored. */
  readonly mirror: string
  readonly mirrorPercent: number
  /** `N/D`; empty = `mirrorPercent` holds. */
  readonly mirrorFraction: string
  readonly mirrorBodyLimitBytes: number
  readonly mirrorQueueLimitBytes: number
  readonly mirrorConnectionLimitCount: number
  readonly mirrorTimeoutMs: number

  readonly logLevel: LogLevel
  readonly drainTimeoutMs: number
}

const kib = 1024
const mib = 1024 * kib
const gib = 1024 * mib
const secondMs = 1000
const hourMs = 3600 * secondMs
const timeout = { unit: 'ms', min: 10, max: hourMs } as const

/** One row per field of `GatewayOptions`. */
export const gatewayTable: OptionTable<GatewayOptions> = {
  listen: {
    ...row('listen', 'Listening', single(address)),
    default: () => '[::]:8000',
    doc: 'Where clients connect.',
  },
  admin: {
    ...row('admin', 'Listening', single(addressOrOff)),
    default: () => 'off',
    doc: 'Where health and metrics are served.',
  },
  trustedProxies: {
    ...row('trusted-proxies', 'Listening', list(cidr, { splitsFlags: true, minItems: 0 })),
    default: () => [],
    defaultText: 'none',
    doc: 'Proxies in front whose X-Forwarded-* headers are believed and added to; from others they are replaced.',
  },

  routes: {
    ...row('route', 'Routes', list(routeKind, { splitsFlags: false, minItems: 0 })),
    default: () => [],
    defaultText: 'none',
    doc: 'A route; may be given several times. The longest path that fits wins, a route with a host before one without.',
  },
  host: {
    ...row('host', 'Routes', single(choice('keep', 'backend'))),
    default: () => 'keep',
    doc: 'The Host that backends and the receiver see: what the client asked for, or the backend’s own address.',
  },
  upstreamTimeoutMs: {
    ...row('upstream-timeout', 'Routes', single(duration(timeout))),
    default: () => 5 * secondMs,
    doc: 'How long a backend may make no progress: connecting, taking the request, answering or sending its answer on.',
  },
  upstreamConnectionLimitCount: {
    ...row('upstream-connections', 'Routes', single(count(1, 65_535, 'connections'))),
    default: () => 128,
    doc: 'Most connections to one backend; they are kept. Requests beyond wait for one.',
  },

  bodyLimitBytes: {
    ...row('body-limit', 'Limits', single(size({ minBytes: 0, maxBytes: 1024 * gib }))),
    default: () => gib,
    doc: 'Longest request body; a longer one is answered 413.',
  },
  requestLimitCount: {
    ...row('request-limit', 'Limits', single(count(1, 1_000_000, 'requests'))),
    default: () => 10_000,
    doc: 'Most requests on their way at once; more are answered 503. One client can pipeline any number.',
  },
  clientTimeoutMs: {
    ...row('client-timeout', 'Limits', single(duration(timeout))),
    default: () => 60 * secondMs,
    doc: 'How long a client may make no progress: sending its request, or taking the answer.',
  },

  keyFile: {
    ...row('key-file', 'At the door', single(optionalFilePath)),
    default: () => '',
    defaultText: 'none',
    doc: 'API keys, one `NAME KEY` per line; a request without one of them is answered 401.',
  },
  keyHeader: {
    ...row('key-header', 'At the door', single(headerName())),
    default: () => 'x-api-key',
    doc: 'Header that holds the API key; it is not passed on.',
  },
  rateLimit: {
    ...row('rate-limit', 'At the door', single(count(0, 1_000_000, 'requests per second'))),
    default: () => 0,
    doc: 'Requests per second of one client (an IPv6 client is its /64); more are answered 429. 0 = no limit.',
  },
  rateBurst: {
    ...row('rate-burst', 'At the door', single(count(0, 1_000_000, 'requests'))),
    default: () => 0,
    doc: 'Requests that a client who paused may send at once. 0 = as rate-limit.',
  },
  corsOrigins: {
    ...row('cors-origin', 'At the door', list(origin(), { splitsFlags: true, minItems: 0 })),
    default: () => [],
    defaultText: 'left to the backends',
    doc: 'Pages whose scripts may read answers; preflights are answered here.',
  },
  corsCredentials: {
    ...row('cors-credentials', 'At the door', single(yesOrNo, 'switch')),
    default: () => false,
    doc: 'Those pages may send cookies too. Needs origins by name.',
  },
  accessLog: {
    ...row('access-log', 'At the door', single(yesOrNo, 'switch')),
    default: () => true,
    doc: 'A log line for each request, at level info; without the query, which may hold secrets.',
  },

  mirror: {
    ...row('mirror', 'Mirroring', single(addressOrOff)),
    default: () => 'off',
    doc: 'Address of the receiver that gets a copy of each request that went to a backend.',
  },
  mirrorPercent: {
    ...row('mirror-percent', 'Mirroring', single(count(0, 100, 'percent'))),
    default: () => 100,
    doc: 'Share of requests that are mirrored.',
  },
  mirrorFraction: {
    ...row('mirror-fraction', 'Mirroring', single(fraction())),
    default: () => '',
    defaultText: 'none',
    doc: 'The share as a fraction, for less than a percent. Not together with mirror-percent.',
  },
  mirrorBodyLimitBytes: {
    ...row('mirror-body-limit', 'Mirroring', single(size({ minBytes: 0, maxBytes: 256 * mib }))),
    default: () => mib,
    doc: 'How much of a body is copied; the header X-Mirrorwaf-Truncated says when it was more.',
  },
  mirrorQueueLimitBytes: {
    ...row('mirror-queue-limit', 'Mirroring', single(size({ minBytes: 64 * kib, maxBytes: 4 * gib }))),
    default: () => 16 * mib,
    doc: 'Bytes of copies being gathered, waiting or on their way; more are dropped and counted.',
  },
  mirrorConnectionLimitCount: {
    ...row('mirror-connections', 'Mirroring', single(count(1, 1024, 'connections'))),
    default: () => 4,
    doc: 'Most connections to the receiver; they are kept.',
  },
  mirrorTimeoutMs: {
    ...row('mirror-timeout', 'Mirroring', single(duration(timeout))),
    default: () => 2 * secondMs,
    doc: 'How long the receiver may take for a copy; no client waits for it.',
  },

  logLevel: {
    ...row('log-level', 'Events and logs', single(choice('debug', 'info', 'warn', 'error', 'silent'))),
    default: () => 'info',
    doc: 'Least important log lines that are written to stderr.',
  },
  drainTimeoutMs: {
    ...row('drain-timeout', 'Life cycle', single(duration({ unit: 'ms', min: 0, max: hourMs }))),
    default: () => 10 * secondMs,
    doc: 'On SIGTERM: how long requests that are already here may take.',
  },
}

/**
 * Refuses combinations that cannot work.
 * @throws MirrorwafError `MWAF_OPTIONS_VALUE`.
 */
export function checkGatewayOptions(options: GatewayOptions): void {
  if (options.mirrorFraction !== '' && options.mirrorPercent !== 100) {
    throw contradiction('mirror-fraction', 'mirror-fraction with mirror-percent', 'one of the two')
  }
  if (options.corsCredentials && (options.corsOrigins.length === 0 || options.corsOrigins.includes('*'))) {
    throw contradiction('cors-credentials', 'cors-credentials without named origins', 'cors-origin without *')
  }
  if (/:0$/.test(options.mirror)) throw contradiction('mirror', options.mirror, 'an address with a port')
  const twice = findTwice(options.routes.map(placeOf))
  if (twice !== undefined) throw contradiction('route', `two routes for ${twice}`, 'one route for each host and path')
}

/** Variables have the command in their name: `MIRRORWAF_LISTEN` is the receiver's. */
function row<T>(flag: string, group: OptionGroup, kind: OptionKind<T>): CommonFields<T> {
  const environment = `MIRRORWAF_GATEWAY_${flag.replaceAll('-', '_').toUpperCase()}`
  return { kind, flag, environment, group, scope: 'command' }
}

type CommonFields<T> = Pick<OptionSpec<T>, 'kind' | 'flag' | 'environment' | 'group' | 'scope'>

function headerName() {
  return text('NAME', 'a header name in lower case', (value) => /^[!#$%&'*+.^_`|~0-9a-z-]+$/.test(value))
}

function origin() {
  return text('ORIGIN,...', 'origins like https://app.example, separated by commas, or *', (value) => {
    return value === '*' || (URL.canParse(value) && new URL(value).origin === value)
  })
}

function fraction() {
  return text('N/D', 'a fraction like 1/1000, at most 1', (value) => value === '' || parseFraction(value) !== undefined)
}

function placeOf(routeText: string): string {
  const route = parseRoute(routeText)
  return `${route?.host}${route?.path}`
}

function findTwice(texts: readonly string[]): string | undefined {
  return texts.find((item, index) => texts.indexOf(item) !== index)
}

function contradiction(option: string, value: string, accepted: string): MirrorwafError {
  return new MirrorwafError('MWAF_OPTIONS_VALUE', { source: 'options', value, option, accepted })
}
