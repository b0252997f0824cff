// The option --output, which several commands have.
import { single } from '../options/kinds/option-kind.js'
import { choice } from '../options/kinds/scalars.js'
import type { OptionSpec } from '../options/option-spec.js'

/** For people, or for programs. */
export type OutputFormat = 'text' | 'json'

/** Row of `--output`. */
export const outputRow: OptionSpec<OutputFormat> = {
  kind: single(choice('text', 'json')),
  flag: 'output',
  environment: undefined,
  group: 'Command',
  scope: 'command',
  default: () => 'text',
  doc: 'Text for people, or JSON for programs.',
}
