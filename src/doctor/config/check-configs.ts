// Finds out what a configuration file is, and checks it.
import { parseAllDocuments } from 'yaml'
import { MirrorwafError, reasonOf } from '../../errors.js'
import { createFinding, type Finding } from '../finding.js'
import { checkEnvoy } from './envoy-checks.js'
import { checkNginx } from './nginx-checks.js'
import { readNginxConfig } from './nginx-directives.js'
import { readBoundedText } from './read-bounded-text.js'
import { checkRoutes, type KubeDocument } from './route-checks.js'
import { member, textOf, withMember } from './tree.js'

/** Aliases that a document may repeat; more is no configuration but an attack on its reader. */
const aliasLimit = 1_000

/**
 * Checks files, each by what it holds: YAML or JSON with Envoy's resources, Gateway API objects, else nginx.
 * @throws MirrorwafError `MWAF_DOCTOR_CONFIG` for what cannot be read or is none of these.
 */
export async function checkConfigs(paths: readonly string[]): Promise<readonly Finding[]> {
  const findings: Finding[] = []
  const kubeDocuments: KubeDocument[] = []
  for (const path of paths) {
    const values = isYaml(path) ? readYaml(path, await readBoundedText(path)) : undefined
    if (values === undefined) {
      findings.push(...checkNginx(await readNginxConfig(path), path))
      continue
    }
    const objects = values.filter((value) => textOf(value, 'apiVersion').startsWith('gateway.networking.k8s.io/'))
    kubeDocuments.push(...objects.map((value) => ({ path, value })))
    const envoys = values.filter(isEnvoy)
    for (const value of envoys) findings.push(...checkEnvoy(value, path))
    if (objects.length + envoys.length === 0) {
      const reason = 'it holds neither Envoy resources nor Gateway API objects'
      throw new MirrorwafError('MWAF_DOCTOR_CONFIG', { path, reason })
    }
  }
  return [...findings, ...checkKube(kubeDocuments)]
}

function checkKube(documents: readonly KubeDocument[]): readonly Finding[] {
  const [first] = documents
  if (first === undefined || documents.some(({ value }) => textOf(value, 'kind') === 'HTTPRoute'))
    return checkRoutes(documents)
  return [createFinding('nothing-mirrored', 'gateway-api', { detail: 'There is no HTTPRoute.', place: first.path })]
}

function isYaml(path: string): boolean {
  return /\.(ya?ml|json)$/i.test(path)
}

function isEnvoy(value: unknown): boolean {
  return member(value, 'static_resources') !== undefined || withMember(value, 'virtual_hosts').length > 0
}

function readYaml(path: string, text: string): readonly unknown[] {
  try {
    const documents = parseAllDocuments(text)
    if (!Array.isArray(documents)) return []
    return documents.map((document) => {
      const [error] = document.errors
      if (error !== undefined) throw error
      const value: unknown = document.toJS({ maxAliasCount: aliasLimit })
      return value
    })
  } catch (thrown) {
    throw new MirrorwafError('MWAF_DOCTOR_CONFIG', { path, reason: reasonOf(thrown) }, thrown)
  }
}
