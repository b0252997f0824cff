// The rows of the option table that concern the datadog sink. Names beside ours are those of Datadog's tracers.
import { single } from './kinds/option-kind.js'
import { count, text, yesOrNo } from './kinds/scalars.js'
import { row } from './option-row.js'
import type { OptionTable } from './option-spec.js'
import type { ServeOptions } from './serve-options.js'

/** Fields of `ServeOptions` that this table has. */
type DatadogFields =
  | 'datadogAgentUrl'
  | 'datadogAgentHost'
  | 'datadogAgentPort'
  | 'datadogTags'
  | 'datadogEventLimitCount'
  | 'apmTracing'
  | 'traceLimitCount'
  | 'apiSecurity'
  | 'apiSecurityPeriodSeconds'

/** Part of `serveTable`. */
export const datadogRows: OptionTable<Pick<ServeOptions, DatadogFields>> = {
  datadogAgentUrl: {
    ...row(
      'datadog-agent-url',
      'Datadog',
      single(text('URL', 'an http://, https:// or unix:// URL; empty = by host and port', isAgentUrl)),
    ),
    default: () => '',
    defaultText: "by host and port, or the agent's socket",
    datadog: 'DD_TRACE_AGENT_URL',
    doc: 'Where the datadog target finds its agent. `--events datadog:URL` goes before it.',
  },
  datadogAgentHost: {
    ...row('datadog-agent-host', 'Datadog', single(text('HOST', 'a host name or address; empty = none'))),
    default: () => '',
    defaultText: '/var/run/datadog/apm.socket if there is one, else localhost',
    datadog: 'DD_AGENT_HOST',
    doc: 'Host of the agent, without its URL.',
  },
  datadogAgentPort: {
    ...row('datadog-agent-port', 'Datadog', single(count(1, 65_535))),
    default: () => 8126,
    datadog: 'DD_TRACE_AGENT_PORT',
    doc: 'Port of the agent, without its URL.',
  },
  datadogTags: {
    ...row('datadog-tags', 'Datadog', single(text('TAGS', 'name:value pairs between commas or blanks; empty = none'))),
    default: () => '',
    datadog: 'DD_TAGS',
    doc: 'Tags on every span.',
  },
  datadogEventLimitCount: {
    ...row('datadog-event-limit', 'Datadog', single(count(1, 1_000_000, 'events'))),
    default: () => 100,
    datadog: 'DD_APPSEC_TRACE_RATE_LIMIT',
    doc: 'Events a second that get a span each; more are folded by rule, route and client, with a count.',
  },
  apmTracing: {
    ...row('apm-tracing', 'Datadog', single(yesOrNo, 'switch')),
    default: () => false,
    datadog: 'DD_APM_TRACING_ENABLED',
    doc: "A span for every request; else one a minute beside those that matter, as Datadog's image of the mirror sets it.",
  },
  traceLimitCount: {
    ...row('trace-limit', 'Datadog', single(count(0, 1_000_000, 'requests'))),
    default: () => 1000,
    datadog: 'DD_TRACE_RATE_LIMIT',
    doc: 'Requests a second that get a span although nothing was found, with apm-tracing. 0 = no limit.',
  },
  apiSecurity: {
    ...row('api-security', 'Datadog', single(yesOrNo, 'switch')),
    default: () => true,
    datadog: 'DD_API_SECURITY_ENABLED',
    doc: 'Report the shape of requests (schemas), sampled by endpoint.',
  },
  apiSecurityPeriodSeconds: {
    ...row('api-security-period', 'Datadog', single(count(0, 86_400, 'seconds'))),
    default: () => 30,
    datadog: 'DD_API_SECURITY_SAMPLE_DELAY',
    doc: 'The shape of one endpoint is reported once in this time. 0 = of every request.',
  },
}

function isAgentUrl(value: string): boolean {
  return value === '' || /^unix:\/\/\/./.test(value) || (/^https?:\/\//.test(value) && URL.canParse(value))
}
