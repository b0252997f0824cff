// The options of `mirrorwaf kong-plugin-server`.
import { duration } from '../options/kinds/duration.js'
import { list, single } from '../options/kinds/option-kind.js'
import { choice, filePath, optionalFilePath, text, yesOrNo } from '../options/kinds/scalars.js'
import type { OptionGroup, OptionTable } from '../options/option-spec.js'
import type { LogLevel } from '../options/serve-options.js'

/** Options of the supervisor, resolved and frozen. */
export interface KongOptions {
  /** Folder of plugins, or `off`. */
  readonly pluginsDir: string
  /** Names of the plugins that are loaded; no other is. */
  readonly plugins: readonly string[]
  readonly socket: string
  /** Path of the plugin server; empty = the one installed beside the plugins folder. */
  readonly server: string
  readonly dump: boolean
  readonly healthPeriodMs: number
  readonly healthTimeoutMs: number
  readonly restartDelayMs: number
  readonly restartDelayLimitMs: number
  readonly logLevel: LogLevel
}

const minuteMs = 60_000

/** One row per field of `KongOptions`. */
export const kongTable: OptionTable<KongOptions> = {
  pluginsDir: {
    ...row('plugins-dir', 'Command'),
    kind: single(text('FOLDER', 'the path of a folder, or off', (value) => value !== '')),
    default: () => 'off',
    doc: 'The one folder that plugins are loaded from. off = no plugins, and nothing is started.',
  },
  plugins: {
    ...row('plugins', 'Command'),
    kind: list(
      text('NAME,...', 'names of plugins, separated by commas', (value) => /^[a-z0-9][a-z0-9_-]*$/.test(value)),
      { splitsFlags: true, minItems: 0 },
    ),
    default: () => [],
    defaultText: 'none',
    doc: 'The plugins that are loaded; others in the folder are not.',
  },
  socket: {
    ...row('socket', 'Command'),
    kind: single(filePath),
    default: () => '/usr/local/kong/mirrorwaf.sock',
    doc: 'Unix socket that Kong connects to: its pluginserver_..._socket.',
  },
  server: {
    ...row('server', 'Command'),
    kind: single(optionalFilePath),
    default: () => '',
    defaultText: 'node_modules/kong-pdk/bin/kong-js-pluginserver beside the plugins folder',
    doc: 'The plugin server to run.',
  },
  dump: {
    ...row('dump', 'Command'),
    kind: single(yesOrNo, 'switch'),
    environment: undefined,
    default: () => false,
    doc: 'Print the plugins as JSON and exit: for Kong’s pluginserver_..._query_cmd.',
  },
  healthPeriodMs: {
    ...row('health-period', 'Life cycle'),
    kind: single(duration({ unit: 'ms', min: 10, max: 60 * minuteMs })),
    default: () => 5000,
    doc: 'How often the plugin server is asked for its status.',
  },
  healthTimeoutMs: {
    ...row('health-timeout', 'Life cycle'),
    kind: single(duration({ unit: 'ms', min: 10, max: 60 * minuteMs })),
    default: () => 2000,
    doc: 'How long its answer may take; after three in a row without one it is ended and started anew.',
  },
  restartDelayMs: {
    ...row('restart-delay', 'Life cycle'),
    kind: single(duration({ unit: 'ms', min: 10, max: 60 * minuteMs })),
    default: () => 200,
    doc: 'How long the first restart waits; doubled for each that follows.',
  },
  restartDelayLimitMs: {
    ...row('restart-delay-limit', 'Life cycle'),
    kind: single(duration({ unit: 'ms', min: 10, max: 60 * minuteMs })),
    default: () => 30_000,
    doc: 'The longest wait before a restart.',
  },
  logLevel: {
    ...row('log-level', 'Events and logs'),
    kind: single(choice('debug', 'info', 'warn', 'error', 'silent')),
    default: () => 'info',
    doc: 'Least important log lines that are written to stderr.',
  },
}

function row(
  flag: string,
  group: OptionGroup,
): { flag: string; environment: string; group: OptionGroup; scope: 'command' } {
  return { flag, environment: `MIRRORWAF_KONG_${flag.replaceAll('-', '_').toUpperCase()}`, group, scope: 'command' }
}
