// Which regular expressions say what is secret. The defaults are the engine maker's; they are read from the installed package
// dd-trace, as the ruleset is, because they are not ours to copy.
// The strings also go to the engine, which redacts nothing when it is given none.
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { MirrorwafError, reasonOf } from '../errors.js'

export interface RedactionPatterns {
  /** RE2 syntax; a value whose key matches is a secret. Empty: no key is. */
  readonly keyRegex: string
  /** RE2 syntax; matches secrets inside values. Empty: values are not looked into. */
  readonly valueRegex: string
  /**
   * Whether what matches is cut out of the value (its capture groups, as in the default), or the whole value goes: what the engine
   * does with a value expression that is not the default.
   */
  readonly isValueRegexDefault: boolean
}

const settingsFile = 'packages/dd-trace/src/config/supported-configurations.json'
const keySetting = 'DD_APPSEC_OBFUSCATION_PARAMETER_KEY_REGEXP'
const valueSetting = 'DD_APPSEC_OBFUSCATION_PARAMETER_VALUE_REGEXP'

/**
 * @param keyRegex - the option `obfuscationKeyRegex`; `undefined` means the default, empty means none.
 * @param valueRegex - the option `obfuscationValueRegex`, alike.
 * @throws MirrorwafError `MWAF_REDACTION_DEFAULTS` when a default is needed and the package does not have it.
 */
export function resolveRedactionPatterns(keyRegex?: string, valueRegex?: string): RedactionPatterns {
  if (keyRegex !== undefined && valueRegex !== undefined) return { keyRegex, valueRegex, isValueRegexDefault: false }
  const defaults = readDefaults()
  const chosenValueRegex = valueRegex ?? defaults.valueRegex
  return {
    keyRegex: keyRegex ?? defaults.keyRegex,
    valueRegex: chosenValueRegex,
    isValueRegexDefault: chosenValueRegex === defaults.valueRegex,
  }
}

function readDefaults(): { readonly keyRegex: string; readonly valueRegex: string } {
  try {
    const packageFile = createRequire(import.meta.url).resolve('dd-trace/package.json')
    const settings: unknown = JSON.parse(readFileSync(join(dirname(packageFile), settingsFile), 'utf8'))
    return { keyRegex: defaultOf(settings, keySetting), valueRegex: defaultOf(settings, valueSetting) }
  } catch (thrown) {
    throw new MirrorwafError('MWAF_REDACTION_DEFAULTS', { reason: reasonOf(thrown) }, thrown)
  }
}

/** The file lists variants per setting, each with a default; the first one is in force. */
function defaultOf(settings: unknown, name: string): string {
  const variants = member(member(settings, 'supportedConfigurations'), name)
  const value = member(Array.isArray(variants) ? variants[0] : undefined, 'default')
  if (typeof value !== 'string' || value === '') throw new Error(`${settingsFile} has no default for ${name}`)
  return value
}

function member(value: unknown, key: string): unknown {
  if (typeof value !== 'object' || value === null) return undefined
  return Object.getOwnPropertyDescriptor(value, key)?.value
}
