// Redaction as it is by default, with a clock that tests can move.
import { defaultObfuscationRegex } from '#src/options/obfuscation-defaults.js'
import { createRedaction, type Redaction, type RedactionPatterns, type Redactor } from '#src/verdict/redact.js'

export const defaultPatterns: RedactionPatterns = {
  keyRegex: defaultObfuscationRegex('DD_APPSEC_OBFUSCATION_PARAMETER_KEY_REGEXP'),
  valueRegex: defaultObfuscationRegex('DD_APPSEC_OBFUSCATION_PARAMETER_VALUE_REGEXP'),
  isValueRegexDefault: true,
  isKeyRegexDefault: true,
}

/** The default redaction with a clock that stands still, so that its budget never ends. */
export function defaultRedaction(): Redaction {
  return createRedaction(defaultPatterns, () => 0)
}

/** Redaction with expressions of an operator's own. */
export function customRedaction(keyRegex: string, valueRegex: string): Redaction {
  return createRedaction({ keyRegex, valueRegex, isValueRegexDefault: false, isKeyRegexDefault: false }, () => 0)
}

export function withDefaults<Value>(work: (redactor: Redactor) => Value): Value {
  return defaultRedaction()(work)
}
