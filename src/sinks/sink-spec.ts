// What `--events` values become: where events go, which of them, in what form. Plain data: it crosses threads.
import type { Severity } from './severity.js'

/** How text sinks write an event. */
export const eventFormats = ['native', 'ecs', 'ocsf', 'cef'] as const
export type EventFormat = (typeof eventFormats)[number]

/** At most `eventCount` events in `periodMs`. */
export interface RateLimit {
  readonly eventCount: number
  readonly periodMs: number
}

/** Which events a sink gets, and how many. */
export interface Delivery {
  /** Events below it are left out. */
  readonly minSeverity: Severity
  /** Types of attack (`tags.type` of a rule); an event passes when one of its rules has one of them. Empty: all. */
  readonly types: readonly string[]
  /** Share of the events, 0 to 1; chosen by the event's id, so that all sinks with a share keep the same ones. */
  readonly sampleRatio: number
  readonly rate: RateLimit | undefined
}

/** PEM files of a TLS connection; empty = the system's authorities, no client certificate. */
export interface TlsFiles {
  readonly ca: string
  readonly cert: string
  readonly certKey: string
}

export interface HttpSpec {
  readonly kind: 'http'
  readonly url: string
  readonly format: EventFormat
  /** Holds the key that bodies are signed with; empty = they are not. */
  readonly keyFile: string
  /** Holds `Name: value` lines that are sent along; empty = none. */
  readonly headerFile: string
  readonly tls: TlsFiles
  readonly isGzip: boolean
  readonly timeoutMs: number
}

export interface SyslogSpec {
  readonly kind: 'syslog'
  readonly host: string
  readonly port: number
  readonly isTls: boolean
  readonly format: EventFormat
  readonly tls: TlsFiles
  /** RFC 5424 table 1. */
  readonly facility: number
  readonly timeoutMs: number
}

/** What decides the partition of an event, and so what stays in order. */
export const kafkaKeys = ['client', 'route', 'none'] as const
export type KafkaKey = (typeof kafkaKeys)[number]

export const saslMechanisms = ['plain', 'scram-sha-256', 'scram-sha-512'] as const
export type SaslMechanism = (typeof saslMechanisms)[number]

export interface KafkaSpec {
  readonly kind: 'kafka'
  /** `host:port`, at least one. */
  readonly brokers: readonly string[]
  readonly topic: string
  readonly key: KafkaKey
  readonly format: EventFormat
  readonly isGzip: boolean
  readonly isTls: boolean
  readonly tls: TlsFiles
  readonly sasl: { readonly mechanism: SaslMechanism; readonly user: string; readonly passwordFile: string } | undefined
  readonly timeoutMs: number
}

export interface OtlpSpec {
  readonly kind: 'otlp'
  /** Without `/v1/logs`. */
  readonly url: string
  readonly headerFile: string
  readonly tls: TlsFiles
  readonly isGzip: boolean
  readonly timeoutMs: number
  /** 0 = no metrics. */
  readonly metricsPeriodMs: number
}

export interface DatadogSpec {
  readonly kind: 'datadog'
  /** Of the agent; empty = the options say where it is. */
  readonly url: string
}

export type SinkTarget =
  | { readonly kind: 'none' }
  | { readonly kind: 'stdout'; readonly format?: EventFormat }
  | { readonly kind: 'file'; readonly path: string; readonly format?: EventFormat }
  | HttpSpec
  | SyslogSpec
  | KafkaSpec
  | OtlpSpec
  | DatadogSpec

/** One sink; without `delivery` it gets every event. */
export type SinkSpec = SinkTarget & { readonly delivery?: Delivery }
