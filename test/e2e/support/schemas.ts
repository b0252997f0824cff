// The lists of fields that .ci/install-schemas fetched, and how events are held against them.
import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { isRecord, listOf, recordOf, textOf } from '#src/json-shape.js'
import { cacheFolder, repositoryRoot } from './repository.js'

const folder = `${cacheFolder}/schemas-ecs9.4.0-ocsf0.10.0`

/**
 * Why the tests are left out on purpose, or `false`.
 * @throws Error when the schemas are not there and nobody said that they need not be.
 */
export function schemasSkip(): string | false {
  const { MIRRORWAF_E2E_SKIP = '' } = process.env
  if (MIRRORWAF_E2E_SKIP.split(',').includes('schemas')) return 'MIRRORWAF_E2E_SKIP names schemas'
  if (existsSync(`${folder}/complete`)) return false
  throw new Error('the schemas of ECS and OCSF are not there: .ci/install-schemas, or MIRRORWAF_E2E_SKIP=schemas')
}

const plainTypes: Readonly<Record<string, string>> = {
  ...{ keyword: 'string', constant_keyword: 'string', wildcard: 'string', match_only_text: 'string' },
  ...{ ip: 'string', date: 'string', long: 'number', float: 'number', boolean: 'boolean' },
}

/** @returns what Elastic's list says against an event: names it does not have, lists where it wants one value, wrong types. */
export function checkEcs(event: unknown): readonly string[] {
  const fields = recordOf(createRequire(import.meta.url)(`${folder}/ecs/build/commonjs/ecs_flat.js`).EcsFlat)
  return [...faultsIn(recordOf(event), '', fields)]
}

function* faultsIn(
  value: Readonly<Record<string, unknown>>,
  path: string,
  fields: Readonly<Record<string, unknown>>,
): Generator<string> {
  for (const [key, inner] of Object.entries(value)) {
    const name = `${path}${key}`
    const field = fields[name]
    if (field !== undefined) yield* faultsOf(name, inner, recordOf(field))
    else if (isRecord(inner)) yield* faultsIn(inner, `${name}.`, fields)
    else yield `unknown ${name}`
  }
}

function* faultsOf(name: string, value: unknown, field: Readonly<Record<string, unknown>>): Generator<string> {
  const isList = listOf(field['normalize']).includes('array')
  if (isList !== Array.isArray(value)) yield `${name} is ${isList ? '' : 'not '}meant to be a list`
  const allowed = listOf(field['allowed_values']).map((one) => recordOf(one)['name'])
  const wanted = plainTypes[textOf(field['type'])]
  for (const item of Array.isArray(value) ? value : [value]) {
    if (wanted !== undefined && typeof item !== wanted) yield `${name} is not a ${wanted}`
    if (allowed.length > 0 && !allowed.includes(item)) yield `${name} may not be ${String(item)}`
  }
}

/** @param lines - JSON lines. @returns for each what the model of OCSF says against it. */
export function checkOcsf(lines: string): readonly (readonly string[])[] {
  const script = `${repositoryRoot}/test/e2e/support/check-ocsf.py`
  const output = execFileSync(`${folder}/python/bin/python`, [script], { input: lines, encoding: 'utf8' })
  return output
    .split('\n')
    .slice(0, -1)
    .map((line) => listOf(JSON.parse(line)).map(String))
}
