// The redaction patterns that Datadog's tracers and libddwaf use by default. They are read from the npm package dd-trace,
// as the ruleset is: the engine treats exactly these texts specially (it then redacts only the secret inside a value).
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { MirrorwafError, reasonOf } from '../errors.js'
import { listOf, recordOf, textOf } from '../json-shape.js'

/** Names in the package's table of options, which are also the environment names. */
export type ObfuscationOption =
  | 'DD_APPSEC_OBFUSCATION_PARAMETER_KEY_REGEXP'
  | 'DD_APPSEC_OBFUSCATION_PARAMETER_VALUE_REGEXP'

/**
 * The default pattern. Read at start only (a file of 0.1 MB, 1 ms).
 * @throws MirrorwafError `MWAF_ENGINE_LOAD` when the package is missing or has no such default: without it nothing would be redacted.
 */
export function defaultObfuscationRegex(name: ObfuscationOption): string {
  try {
    const packageJson = createRequire(import.meta.url).resolve('dd-trace/package.json')
    const path = join(packageJson, '..', 'packages', 'dd-trace', 'src', 'config', 'supported-configurations.json')
    return findDefault(JSON.parse(readFileSync(path, 'utf8')), name)
  } catch (cause) {
    throw new MirrorwafError('MWAF_ENGINE_LOAD', { reason: `no default for ${name}: ${reasonOf(cause)}` }, cause)
  }
}

function findDefault(table: unknown, name: ObfuscationOption): string {
  const { supportedConfigurations } = recordOf(table)
  const [first] = listOf(recordOf(supportedConfigurations)[name])
  const { default: pattern } = recordOf(first)
  if (textOf(pattern) === '') throw new Error('dd-trace states none')
  return textOf(pattern)
}
