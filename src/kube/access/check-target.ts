// Makes sure that the Service and its port exist before any route points at them.
import { MirrorwafError } from '../../errors.js'
import { numberAt, objectsAt, stringAt } from '../json/json-value.js'
import type { MirrorTarget } from '../plan/mirror-filter.js'
import { type Cluster, namespaceResource, serviceResource } from './cluster.js'

/**
 * Checks the target.
 * @returns warnings: what works with some gateways only.
 * @throws MirrorwafError `MWAF_KUBE_NAMESPACE_ABSENT`, `MWAF_KUBE_SERVICE_ABSENT`, `MWAF_KUBE_PORT_ABSENT`.
 */
export async function checkTarget(cluster: Cluster, target: MirrorTarget): Promise<string[]> {
  const { namespace, service, port } = target
  const found = await cluster.get(serviceResource, namespace, service)
  if (found === undefined) {
    await checkNamespace(cluster, namespace, '--namespace')
    throw new MirrorwafError('MWAF_KUBE_SERVICE_ABSENT', { service, namespace })
  }
  const ports = objectsAt(found, 'spec', 'ports')
  const wanted = ports.find((entry) => numberAt(entry, 'port') === port && stringAt(entry, 'protocol') !== 'UDP')
  if (wanted === undefined) {
    const existing = ports.map((entry) => numberAt(entry, 'port')).join(', ') || 'none'
    throw new MirrorwafError('MWAF_KUBE_PORT_ABSENT', { service, port, ports: existing })
  }
  const isExternal = stringAt(found, 'spec', 'type') === 'ExternalName'
  return isExternal ? [`Service ${service} is an ExternalName; the Gateway API asks gateways not to follow those`] : []
}

/**
 * Makes sure that a namespace exists, as far as this user may know: reading namespaces is no right that a run needs.
 * @param option - the option that named it.
 * @throws MirrorwafError `MWAF_KUBE_NAMESPACE_ABSENT`.
 */
export async function checkNamespace(cluster: Cluster, namespace: string, option: string): Promise<void> {
  try {
    if ((await cluster.get(namespaceResource, undefined, namespace)) !== undefined) return
  } catch (error) {
    if (error instanceof MirrorwafError && error.code === 'MWAF_KUBE_REFUSED') return
    throw error
  }
  throw new MirrorwafError('MWAF_KUBE_NAMESPACE_ABSENT', { namespace, option })
}
