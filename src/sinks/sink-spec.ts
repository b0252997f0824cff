// Reads `--events` values: where events go.
import { MirrorwafError } from '../errors.js'

export type SinkSpec =
  | { readonly kind: 'none' }
  | { readonly kind: 'stdout' }
  | { readonly kind: 'file'; readonly path: string }
  /** Empty: the agent that the options name. */
  | { readonly kind: 'datadog'; readonly url: string }

/** What `--events` accepts, for messages and help. */
export const sinkSpecForms = 'stdout | file:PATH | datadog | datadog:URL | none'

/**
 * @param text - one `--events` value.
 * @throws MirrorwafError `MWAF_SINK_TARGET` naming the value and the accepted forms.
 */
export function parseSinkSpec(text: string): SinkSpec {
  if (text === 'none' || text === 'stdout') return { kind: text }
  const datadog = /^datadog(?::(.+))?$/.exec(text)
  if (datadog !== null) return { kind: 'datadog', url: datadog[1] ?? '' }
  const path = text.startsWith('file:') ? text.slice('file:'.length) : ''
  if (path !== '' && !path.includes('\0')) return { kind: 'file', path }
  throw new MirrorwafError('MWAF_SINK_TARGET', { target: text, reason: `accepted: ${sinkSpecForms}` })
}
