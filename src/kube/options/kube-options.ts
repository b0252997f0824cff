// The option table of `mirrorwaf kube`: every name, bound and default, once. These commands take flags only: what a run
// does to a cluster must stand in the command line, not in a forgotten variable.

import { address } from '../../options/kinds/address.js'
import { duration } from '../../options/kinds/duration.js'
import { list, type OptionKind, single } from '../../options/kinds/option-kind.js'
import { choice, count, text, yesOrNo } from '../../options/kinds/scalars.js'
import type { OptionSpec, OptionTable } from '../../options/option-spec.js'
import type { MirrorShare } from '../plan/mirror-share.js'
import { namespaceName, routeKind, selectorText, serviceName, shareFraction } from './kube-kinds.js'

/** Resolved options of all `kube` commands; each takes some of them and leaves the others at their default. */
export interface KubeOptions {
  // Which cluster, and as whom
  readonly kubeconfig: string
  readonly context: string
  readonly requestTimeoutMs: number
  // Where copies go
  /** Empty: the context's. */
  readonly namespace: string
  readonly service: string
  /** `null`: not given. */
  readonly port: number | null
  readonly percent: number | null
  readonly fraction: MirrorShare | null
  // Which routes and Gateways
  readonly selector: string
  /** Empty: all. */
  readonly inNamespaces: readonly string[]
  /** Empty: all that the cluster serves. */
  readonly kinds: readonly string[]
  readonly includeRedirects: boolean
  readonly adopt: boolean
  readonly widen: boolean
  readonly allListeners: boolean
  // How to go about it
  readonly dryRun: boolean
  readonly prompt: boolean
  readonly yes: boolean
  /** 0: no limit. */
  readonly timeoutMs: number
  readonly output: 'text' | 'json'
  // emit
  readonly routeNamespace: string
  readonly grantVersion: 'v1' | 'v1beta1'
  readonly remove: boolean
  // watch
  readonly lease: string
  /** Empty: the namespace of the mirror. */
  readonly leaseNamespace: string
  readonly identity: string
  readonly healthListen: string
  readonly resyncMs: number
  readonly reportOnly: boolean
}

const secondMs = 1000
const hourMs = 3600 * secondMs

/** One row per field of `KubeOptions`. */
export const kubeTable: OptionTable<KubeOptions> = {
  kubeconfig: row(single(text('FILE', 'the path of a kubeconfig, or several like KUBECONFIG')), 'kubeconfig', '', {
    defaultText: 'KUBECONFIG, ~/.kube/config, or the service account of the pod',
    doc: 'Which cluster to talk to.',
  }),
  context: row(single(text('NAME', 'the name of a context')), 'context', '', {
    defaultText: 'the current context',
    doc: 'Context of the kubeconfig.',
  }),
  requestTimeoutMs: row(single(duration({ unit: 'ms', min: 100, max: hourMs })), 'request-timeout', 30 * secondMs, {
    doc: 'Time limit of one request to the API server. The run as a whole has none.',
  }),
  namespace: row(single(namespaceName), 'namespace', '', {
    defaultText: 'the namespace of the context, else default',
    doc: 'Namespace of the mirror Service.',
  }),
  service: row(single(serviceName), 'service', 'request-mirror', { doc: 'Service that copies are sent to.' }),
  port: row(single(count(1, 65_535)), 'port', null, {
    defaultText: '8080',
    doc: 'Port of the Service, not of the container.',
  }),
  percent: row(single(count(0, 100)), 'percent', null, {
    defaultText: 'all requests; existing filters keep their share',
    doc: 'Share of requests to mirror, in percent. Not together with --fraction.',
  }),
  fraction: row(single(shareFraction), 'fraction', null, {
    defaultText: 'see --percent',
    doc: 'Share of requests to mirror, as a fraction.',
  }),
  selector: row(single(selectorText), 'selector', '', {
    defaultText: 'everything',
    doc: 'Only objects whose labels match, as in kubectl.',
  }),
  inNamespaces: row(list(namespaceName, { splitsFlags: true, minItems: 1 }), 'in-namespaces', [], {
    defaultText: 'all namespaces',
    doc: 'Only objects in these namespaces; needs no cluster-wide rights then.',
  }),
  kinds: row(list(routeKind, { splitsFlags: true, minItems: 1 }), 'kinds', [], {
    defaultText: 'HTTPRoute,GRPCRoute, where the cluster has them',
    doc: 'Only routes of these kinds.',
  }),
  includeRedirects: toggle('include-redirects', 'Mirror rules that only redirect, too.'),
  adopt: toggle(
    'adopt',
    'Treat filters to the Service that others added as ours: undo removes them, and of doubled ones one is kept.',
  ),
  widen: toggle(
    'widen',
    'Change listeners that keep out Routes of the mirror namespace, if all that they admit now stays admitted.',
  ),
  allListeners: toggle('all-listeners', 'With --widen: also listeners that no Route of the namespace asks for.'),
  dryRun: toggle('dry-run', 'Show what would change and have the server check it; nothing is stored.'),
  prompt: toggle('prompt', 'Ask before each change: y, n, a (this and all others) or q (stop here).'),
  yes: toggle('yes', 'Answer every --prompt with yes.'),
  timeoutMs: row(single(duration({ unit: 'ms', min: 1, max: 24 * hourMs, allowsZero: true })), 'timeout', 0, {
    defaultText: '1m',
    doc: 'Time limit of the whole run; what was not reached is named, with exit code 1.',
  }),
  output: row(single(choice('text', 'json')), 'output', 'text', { doc: 'Form of the report.' }),
  routeNamespace: row(single(namespaceName), 'route-namespace', 'default', {
    doc: 'Namespace of manifests that do not say theirs.',
  }),
  grantVersion: row(single(choice('v1', 'v1beta1')), 'grant-version', 'v1beta1', {
    doc: 'API version of emitted ReferenceGrants; v1beta1 is served by all releases, v1 from 1.5 on.',
  }),
  remove: toggle('remove', 'Take the filters out of the manifests instead.'),
  lease: row(single(text('NAME', 'the name of a Lease', (value) => value !== '')), 'lease', 'mirrorwaf-watch', {
    doc: 'Lease by which one of several instances is elected.',
  }),
  leaseNamespace: row(single(namespaceName), 'lease-namespace', '', {
    defaultText: 'the namespace of the mirror',
    doc: 'Namespace of the Lease.',
  }),
  identity: row(single(text('NAME', 'any text that no other instance has')), 'identity', '', {
    defaultText: 'host name and a random number',
    doc: 'Name of this instance in the Lease.',
  }),
  healthListen: row(single(address), 'health-listen', ':8081', {
    doc: 'Address of /healthz, /readyz and /metrics.',
  }),
  resyncMs: row(single(duration({ unit: 'ms', min: secondMs, max: 24 * hourMs })), 'resync', 10 * 60 * secondMs, {
    doc: 'How often everything is looked at again, whether it changed or not.',
  }),
  reportOnly: toggle('report-only', 'Count and log what deviates, and change nothing.'),
}

interface RowText {
  readonly doc: string
  readonly defaultText?: string
}

function row<T>(kind: OptionKind<T>, flag: string, defaultValue: T, words: RowText): OptionSpec<T> {
  return {
    kind,
    flag,
    environment: undefined,
    group: 'Command',
    scope: 'command',
    default: () => defaultValue,
    ...words,
  }
}

function toggle(flag: string, doc: string): OptionSpec<boolean> {
  return row(single(yesOrNo, 'switch'), flag, false, { doc })
}
