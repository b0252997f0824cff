// What a worker is told, taken from the resolved options.
import { readRuleset } from '../engine/ruleset.js'
import { defaultObfuscationRegex } from '../options/obfuscation-defaults.js'
import type { ServeOptions } from '../options/serve-options.js'
import type { InspectionSettings, SpanSettings, WorkerSettings } from './messages.js'
import { allocateSpanGate } from './span-gate.js'

/** Workers yield to the listener: on a full machine an answer comes before a verdict. */
const workerNiceIncrement = 10

/**
 * Reads the ruleset files and puts a worker's settings together.
 * @throws as `readRuleset`.
 */
export async function readWorkerSettings(options: ServeOptions): Promise<Omit<WorkerSettings, 'respawnGate'>> {
  return {
    ruleset: await readRuleset(options.rules),
    engine: {
      obfuscationKeyRegex: options.obfuscationKeyRegex,
      obfuscationValueRegex: options.obfuscationValueRegex,
      minRules: options.minRules,
    },
    inspection: inspectionSettings(options),
    niceIncrement: workerNiceIncrement,
  }
}

/** The options that decide how a request is inspected. */
export function inspectionSettings(options: ServeOptions): InspectionSettings {
  const { wafTimeoutUs, bodyInspectLimitBytes, clientIpHeader, trustedProxies, trustedHops, shadowSuffix } = options
  const { prefilter, verifyRatio, verifyAction, obfuscationKeyRegex, obfuscationValueRegex } = options
  const defaultKeyRegex = defaultObfuscationRegex('DD_APPSEC_OBFUSCATION_PARAMETER_KEY_REGEXP')
  const defaultValueRegex = defaultObfuscationRegex('DD_APPSEC_OBFUSCATION_PARAMETER_VALUE_REGEXP')
  const { service, env, version } = options
  return {
    wafTimeoutUs,
    bodyInspectLimitBytes,
    trustsPeers: options.peers.length > 0,
    clientIpHeader,
    trustedProxies,
    trustedHops,
    shadowSuffix,
    prefilter,
    verifyRatio,
    verifyAction,
    redaction: {
      keyRegex: obfuscationKeyRegex,
      valueRegex: obfuscationValueRegex,
      isValueRegexDefault: obfuscationValueRegex === defaultValueRegex,
      isKeyRegexDefault: obfuscationKeyRegex === defaultKeyRegex,
      jsonPaths: options.redactJsonPaths,
    },
    service,
    env,
    version,
    spans: spanSettings(options),
  }
}

/** Only Datadog's traces know of requests without an event. */
function spanSettings(options: ServeOptions): SpanSettings | undefined {
  const { events, apmTracing, traceLimitCount, apiSecurity, apiSecurityPeriodSeconds } = options
  if (!events.some((target) => /^datadog(?::|\?|$)/.test(target))) return undefined
  return {
    mode: apmTracing ? 'all' : 'heartbeat',
    limitCount: traceLimitCount,
    schemaPeriodSeconds: apiSecurity ? apiSecurityPeriodSeconds : undefined,
    gate: allocateSpanGate(),
  }
}
