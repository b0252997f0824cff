// The options of `mirrorwaf doctor`.
import { MirrorwafError } from '../errors.js'
import { address } from '../options/kinds/address.js'
import { duration } from '../options/kinds/duration.js'
import { list, type OptionKind, single, type ValueKind } from '../options/kinds/option-kind.js'
import { choice, filePath, text } from '../options/kinds/scalars.js'
import { size } from '../options/kinds/size.js'
import type { OptionGroup, OptionSpec, OptionTable } from '../options/option-spec.js'
import { type GatewayKind, gatewayKinds } from './finding-kinds.js'

/** Resolved; what "none" is stands at each field. */
export interface DoctorOptions {
  /** URL; empty = no gateway is examined. */
  readonly gateway: string
  readonly receive: string
  /** Files; empty = none is checked. */
  readonly config: readonly string[]
  /** URL; empty = no receiver is asked. */
  readonly receiverAdmin: string
  readonly kind: GatewayKind | 'auto'
  /** Empty = the gateway's name. */
  readonly host: string
  readonly path: string
  readonly bodyBytes: number
  readonly timeoutMs: number
  readonly output: 'text' | 'json'
}

const mib = 1024 * 1024

/** One row per field of `DoctorOptions`. */
export const doctorTable: OptionTable<DoctorOptions> = {
  gateway: {
    ...row('gateway', 'Command', single(url())),
    default: () => '',
    defaultText: 'none',
    doc: 'Gateway to examine: probes go through it, and to its primary.',
  },
  receive: {
    ...row('receive', 'Command', single(address)),
    default: () => '[::]:8080',
    doc: 'Where doctor receives the copies, in place of mirrorwaf: the address that the gateway mirrors to.',
  },
  config: {
    ...row('config', 'Command', list(filePath, { splitsFlags: false, minItems: 0 })),
    default: () => [],
    defaultText: 'none',
    doc: 'Configuration to check: nginx.conf, an Envoy bootstrap, HTTPRoutes and ReferenceGrants; may be given several times.',
  },
  receiverAdmin: {
    ...row('receiver-admin', 'Command', single(url())),
    default: () => '',
    defaultText: 'none',
    doc: 'Admin port of a running mirrorwaf, whose loss meter is read (see serve --coverage-source).',
  },
  kind: {
    ...row('kind', 'Command', single(choice('auto', ...gatewayKinds))),
    default: () => 'auto',
    doc: 'Which gateway it is, for the fixes; auto guesses.',
  },
  host: {
    ...row(
      'host',
      'Requests',
      single(text('NAME', 'a host, with a port if there is one', (value) => /^[\w.:[\]-]*$/.test(value))),
    ),
    default: () => '',
    defaultText: 'that of the gateway',
    doc: 'Host that probes ask for.',
  },
  path: {
    ...row('path', 'Requests', single(text('PATH', 'a path that begins with / and has no query', isPath))),
    default: () => '/',
    doc: 'Path that probes ask for, with GET, POST and FOO: one where that does no harm.',
  },
  bodyBytes: {
    ...row('body-size', 'Requests', single(size({ minBytes: 1, maxBytes: 64 * mib }))),
    default: () => 2 * mib,
    doc: 'Length of a long body.',
  },
  timeoutMs: {
    ...row('timeout', 'Requests', single(duration({ unit: 'ms', min: 10, max: 60_000 }))),
    default: () => 2_000,
    doc: 'How long a copy may take.',
  },
  output: {
    ...row('output', 'Command', single(choice('text', 'json'))),
    default: () => 'text',
    doc: 'Text for people, or JSON for programs.',
  },
}

/** @throws MirrorwafError `MWAF_OPTIONS_VALUE` when there is nothing to look at. */
export function checkDoctorOptions({ gateway, config, receiverAdmin }: DoctorOptions): void {
  if (gateway !== '' || config.length > 0 || receiverAdmin !== '') return
  throw new MirrorwafError('MWAF_OPTIONS_VALUE', {
    source: 'options',
    value: 'nothing to examine',
    option: 'doctor',
    accepted: '--gateway URL, --config FILE or --receiver-admin URL',
  })
}

type CommonFields<T> = Pick<OptionSpec<T>, 'kind' | 'flag' | 'environment' | 'group' | 'scope'>

function row<T>(flag: string, group: OptionGroup, kind: OptionKind<T>): CommonFields<T> {
  return { kind, flag, environment: undefined, group, scope: 'command' }
}

function url(): ValueKind<string> {
  return text('URL', 'an http or https address; empty = none', (value) => {
    return value === '' || (URL.canParse(value) && /^https?:$/.test(new URL(value).protocol))
  })
}

function isPath(value: string): boolean {
  return /^\/[^\s?#]*$/.test(value)
}
