// Options of `mirrorwaf scan`.
import { single } from '../../options/kinds/option-kind.js'
import { choice, optionalFilePath, yesOrNo } from '../../options/kinds/scalars.js'
import { type CommandGrammar, type ConfigOption, configRow } from '../../options/load.js'
import type { OptionSpec, OptionTable } from '../../options/option-spec.js'
import type { ServeOptions } from '../../options/serve-options.js'
import { serveTable } from '../../options/serve-table.js'
import { type OutputFormat, outputRow } from '../output-option.js'
import type { ScanFormat } from './scan-format.js'

/** Options of the command itself. */
export interface ScanOptions extends ConfigOption {
  readonly output: OutputFormat
  readonly format: ScanFormat | 'auto'
  readonly failOnMatch: boolean
  /** Ruleset file to compare with; empty = no comparison. */
  readonly baseline: string
}

const ownRow: Pick<OptionSpec<never>, 'environment' | 'group' | 'scope'> = {
  environment: undefined,
  group: 'Command',
  scope: 'command',
}

/** Rows of `ScanOptions`. */
export const scanTable: OptionTable<ScanOptions> = {
  config: configRow,
  output: {
    ...outputRow,
    doc: 'Text for people (requests that are clean are only counted), or one line of JSON for each request.',
  },
  format: {
    ...ownRow,
    kind: single(choice('auto', 'raw', 'har', 'access-log')),
    flag: 'format',
    default: () => 'auto',
    doc: 'What the files hold: HTTP/1.1 requests back to back, HTTP Archives, or combined access logs. Each may be gzipped.',
  },
  failOnMatch: {
    ...ownRow,
    kind: single(yesOrNo, 'switch'),
    flag: 'fail-on-match',
    default: () => false,
    doc: 'Exit with 1 if any request matched.',
  },
  baseline: {
    ...ownRow,
    kind: single(optionalFilePath),
    flag: 'baseline',
    default: () => '',
    defaultText: 'none',
    doc: 'Ruleset file to compare --rules with: hits gained and lost for each rule. Exit with 1 if any are lost.',
  },
}

/** The receiver's options with one other default: nobody waits, and a verdict must not depend on the machine's load. */
export const scanReceiverTable: OptionTable<ServeOptions> = {
  ...serveTable,
  wafTimeoutUs: { ...serveTable.wafTimeoutUs, default: () => 1_000_000 },
}

/** What the command line of `scan` may hold. */
export const scanGrammar: CommandGrammar<ScanOptions> = {
  name: 'scan',
  own: scanTable,
  scopes: new Set(['ruleset', 'inspection']),
  receiver: scanReceiverTable,
}
