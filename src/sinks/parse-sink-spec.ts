// Reads `--events` values: KIND[:TARGET][?NAME=VALUE&...]. The options begin after the last `?`, so that a target may hold one.
import { isIP } from 'node:net'
import { MirrorwafError } from '../errors.js'
import { nearestName } from '../options/nearest.js'
import { withoutSecrets } from '../without-secrets.js'
import { severities } from './severity.js'
import { SinkParameters } from './sink-parameters.js'
import {
  type DatadogSpec,
  type Delivery,
  type EventFormat,
  eventFormats,
  type HttpSpec,
  type KafkaSpec,
  kafkaKeys,
  type OtlpSpec,
  type SinkSpec,
  type SinkTarget,
  type SyslogSpec,
  saslMechanisms,
  type TlsFiles,
} from './sink-spec.js'

/** What `--events` accepts, for messages. */
export const sinkSpecForms =
  'stdout, file:PATH, http:URL, syslog:HOST:PORT, syslog:tls://HOST:PORT, kafka:HOST:PORT/TOPIC, otlp:URL, datadog, datadog:URL or none'

/** Defaults; what they are good for stands in deploy/reporting.md. */
const httpTimeoutMs = 10_000
const syslogTimeoutMs = 10_000
const kafkaTimeoutMs = 10_000
const metricsPeriodMs = 60_000
const longestTimeoutMs = 300_000
/** local0: what RFC 5424 leaves to the site. */
const defaultFacility = 16

type TargetReader = (target: string, parameters: SinkParameters) => SinkTarget

/** One reader per kind; the names are what a wrong kind is compared with. */
const readers: Readonly<Record<string, TargetReader>> = {
  none: readNone,
  stdout: readStdout,
  file: readFile,
  http: readHttp,
  https: (target, parameters) => readHttp(`https:${target}`, parameters),
  syslog: readSyslog,
  kafka: readKafka,
  otlp: readOtlp,
  datadog: readDatadog,
}

/**
 * @param text - one `--events` value.
 * @throws MirrorwafError `MWAF_SINK_SPEC` naming the value, what is wrong with it, and what was probably meant.
 */
export function parseSinkSpec(text: string): SinkSpec {
  const { kind, target, options } = cutSpec(text)
  const refuse = (reason: string): never => {
    throw new MirrorwafError('MWAF_SINK_SPEC', { target: withoutSecrets(text), reason })
  }
  const read = Object.hasOwn(readers, kind) ? readers[kind] : undefined
  if (read === undefined) return refuse(`${describeUnknownKind(kind)}; accepted: ${sinkSpecForms}`)
  if (target.includes('\0')) return refuse('it holds a NUL byte')
  const parameters = new SinkParameters(options, refuse)
  const sink = read(target, parameters)
  if (sink.kind === 'none') {
    parameters.finish()
    return sink
  }
  const delivery = readDelivery(parameters)
  parameters.finish()
  return delivery === undefined ? sink : { ...sink, delivery }
}

function cutSpec(text: string): { readonly kind: string; readonly target: string; readonly options: string } {
  const mark = text.lastIndexOf('?')
  const place = mark < 0 ? text : text.slice(0, mark)
  const colon = place.indexOf(':')
  return {
    kind: colon < 0 ? place : place.slice(0, colon),
    target: colon < 0 ? '' : place.slice(colon + 1),
    options: mark < 0 ? '' : text.slice(mark + 1),
  }
}

function describeUnknownKind(kind: string): string {
  const near = nearestName(kind, Object.keys(readers))
  return `there is no kind ${JSON.stringify(kind)}${near === undefined ? '' : ` (did you mean ${near}?)`}`
}

function readDelivery(parameters: SinkParameters): Delivery | undefined {
  const delivery: Delivery = {
    minSeverity: parameters.choice('severity', severities, 'info'),
    types: parameters.words('types'),
    sampleRatio: parameters.ratio('sample', 1),
    rate: parameters.rate('rate'),
  }
  const { minSeverity, types, sampleRatio, rate } = delivery
  const isEverything = minSeverity === 'info' && types.length === 0 && sampleRatio === 1 && rate === undefined
  return isEverything ? undefined : delivery
}

function readFormat(parameters: SinkParameters): EventFormat {
  return parameters.choice('format', eventFormats, 'native')
}

function readNone(target: string, parameters: SinkParameters): SinkTarget {
  if (target !== '') parameters.refuse('none takes no target')
  return { kind: 'none' }
}

function readStdout(target: string, parameters: SinkParameters): SinkTarget {
  if (target !== '') parameters.refuse('stdout takes no target')
  const format = readFormat(parameters)
  return format === 'native' ? { kind: 'stdout' } : { kind: 'stdout', format }
}

function readFile(path: string, parameters: SinkParameters): SinkTarget {
  if (path === '') parameters.refuse('the path is missing: file:PATH')
  const format = readFormat(parameters)
  return format === 'native' ? { kind: 'file', path } : { kind: 'file', path, format }
}

function readHttp(target: string, parameters: SinkParameters): HttpSpec {
  return {
    kind: 'http',
    url: readUrl(target.startsWith('//') ? `http:${target}` : target, parameters).href,
    format: readFormat(parameters),
    keyFile: parameters.text('key-file', ''),
    headerFile: parameters.text('header-file', ''),
    tls: readTlsFiles(parameters),
    isGzip: parameters.switch('gzip', false),
    timeoutMs: parameters.duration('timeout', httpTimeoutMs, longestTimeoutMs),
  }
}

function readOtlp(target: string, parameters: SinkParameters): OtlpSpec {
  const url = readUrl(target, parameters)
  if (url.search !== '') parameters.refuse('the URL of a collector has no query')
  return {
    kind: 'otlp',
    url: url.href.replace(/\/$/, ''),
    headerFile: parameters.text('header-file', ''),
    tls: readTlsFiles(parameters),
    isGzip: parameters.switch('gzip', true),
    timeoutMs: parameters.duration('timeout', httpTimeoutMs, longestTimeoutMs),
    metricsPeriodMs: parameters.switch('metrics', true)
      ? parameters.duration('interval', metricsPeriodMs, longestTimeoutMs)
      : 0,
  }
}

function readDatadog(url: string, parameters: SinkParameters): DatadogSpec {
  if (url === '' || /^unix:(?:\/\/(?=\/))?\/[^/]/.test(url)) return { kind: 'datadog', url }
  return { kind: 'datadog', url: readUrl(url, parameters).href }
}

/** Credentials would show in --print-config and in process lists; they come from files. */
function readUrl(text: string, parameters: SinkParameters): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url === undefined || !/^https?:$/.test(url.protocol)) {
    return parameters.refuse('the target is not an http:// or https:// URL')
  }
  if (url.username !== '' || url.password !== '') {
    return parameters.refuse('a URL with a user name or password; put an Authorization line into header-file=FILE')
  }
  url.hash = ''
  return url
}

function readSyslog(target: string, parameters: SinkParameters): SyslogSpec {
  const [, scheme = 'tcp', place = ''] = /^(?:(tcp|tls):\/\/)?(.*)$/s.exec(target) ?? []
  const address = readHostPort(place)
  if (address === undefined) return parameters.refuse('the target is not HOST:PORT, tcp://HOST:PORT or tls://HOST:PORT')
  const isTls = scheme === 'tls'
  return {
    kind: 'syslog',
    ...address,
    isTls,
    format: readFormat(parameters),
    tls: readTlsFiles(parameters),
    facility: parameters.count('facility', defaultFacility, 0, 23),
    timeoutMs: parameters.duration('timeout', syslogTimeoutMs, longestTimeoutMs),
  }
}

/** Brokers stand between commas, or between `+`, because an environment variable is cut at commas. */
function readKafka(target: string, parameters: SinkParameters): KafkaSpec {
  const [, places = '', topic = ''] = /^([^/]*)\/(.*)$/s.exec(target) ?? []
  const brokers = places.split(/[,+]/)
  if (!brokers.every((place) => readHostPort(place) !== undefined)) {
    return parameters.refuse('the target is not HOST:PORT[,HOST:PORT]/TOPIC')
  }
  // What Kafka itself accepts as the name of a topic.
  if (!/^[\w.-]{1,249}$/.test(topic)) return parameters.refuse('the topic is not 1 to 249 of a-z A-Z 0-9 . _ -')
  const isTls = parameters.switch('tls', false)
  return {
    kind: 'kafka',
    brokers,
    topic,
    key: parameters.choice('key', kafkaKeys, 'client'),
    format: readFormat(parameters),
    isGzip: parameters.switch('gzip', false),
    isTls,
    tls: readTlsFiles(parameters),
    sasl: readSasl(parameters),
    timeoutMs: parameters.duration('timeout', kafkaTimeoutMs, longestTimeoutMs),
  }
}

function readSasl(parameters: SinkParameters): KafkaSpec['sasl'] {
  const mechanism = parameters.choice('sasl', [...saslMechanisms, 'off'], 'off')
  const user = parameters.text('user', '')
  const passwordFile = parameters.text('password-file', '')
  if (mechanism === 'off') {
    if (user !== '' || passwordFile !== '')
      parameters.refuse(`user and password-file need sasl=${saslMechanisms.join('|')}`)
    return undefined
  }
  if (user === '' || passwordFile === '') parameters.refuse(`sasl=${mechanism} needs user=NAME and password-file=FILE`)
  return { mechanism, user, passwordFile }
}

function readTlsFiles(parameters: SinkParameters): TlsFiles {
  const files = {
    ca: parameters.text('ca', ''),
    cert: parameters.text('cert', ''),
    certKey: parameters.text('cert-key', ''),
  }
  if ((files.cert === '') !== (files.certKey === '')) parameters.refuse('cert and cert-key go together')
  return files
}

function readHostPort(text: string): { readonly host: string; readonly port: number } | undefined {
  const [, bracketed, name, digits = ''] = /^(?:\[([^\]]+)\]|([^:[\]\s/@]+)):(\d{1,5})$/.exec(text) ?? []
  const host = bracketed ?? name
  const port = Number(digits)
  if (host === undefined || port < 1 || port > 65_535) return undefined
  if (bracketed !== undefined && isIP(bracketed) !== 6) return undefined
  return { host, port }
}
