// All subcommands of `mirrorwaf kube`, in the order of the help.
import { KubeExit, type KubeExitCode, type KubeIo } from '../kube-io.js'
import type { KubeOptions } from '../options/kube-options.js'
import { renderJson, renderText } from '../report/render-report.js'
import { renderStatus, renderStatusJson } from '../report/render-status.js'
import { hasDrift, hasFailures, hasPlanned, type KubeReport } from '../report/report.js'
import { type KubeSession, withSession } from '../session.js'
import { emit } from './emit.js'
import {
  clusterOptions,
  type KubeCommand,
  mirrorOptions,
  routeOptions,
  targetOptions,
  writeOptions,
} from './kube-command.js'
import { patchGateways } from './patch-gateways.js'
import { patchHttpRoutes } from './patch-httproutes.js'
import { isDrifting, readStatus } from './status.js'
import { undo } from './undo.js'
import { watch } from './watch.js'

export const kubeCommands: readonly KubeCommand[] = [
  {
    name: 'patch-httproutes',
    summary: 'Make HTTPRoutes and GRPCRoutes mirror to the Service, and write the ReferenceGrants that this needs.',
    operands: '',
    options: [...targetOptions, ...routeOptions, ...mirrorOptions, ...writeOptions, ...clusterOptions],
    run: (options, _, io) =>
      report(options, io, (session) => patchHttpRoutes(session, 'patch-httproutes', modeOf(options))),
  },
  {
    name: 'patch-gateways',
    summary: "Tell which listeners keep Routes of the mirror's namespace out; --widen changes them where nobody loses.",
    operands: '',
    options: ['namespace', 'selector', 'inNamespaces', 'widen', 'allListeners', ...writeOptions, ...clusterOptions],
    run: (options, _, io) => report(options, io, (session) => patchGateways(session, modeOf(options)), failedOrNarrow),
  },
  {
    name: 'undo',
    summary: 'Take back what was added for the Service: filters, ReferenceGrants, and what Gateways were widened by.',
    operands: '',
    options: [...targetOptions, ...routeOptions, 'adopt', ...writeOptions, ...clusterOptions],
    run: (options, _, io) => report(options, io, (session) => undo(session, modeOf(options))),
  },
  {
    name: 'status',
    summary: 'Show route by route what is mirrored, to where, and what is not as it should be; exit code 3 then.',
    operands: '',
    options: [...targetOptions, ...routeOptions, 'percent', 'fraction', 'includeRedirects', ...clusterOptions],
    run: runStatus,
  },
  {
    name: 'diff',
    summary: 'Show as a diff what patch-httproutes would change; exit code 3 when it would change anything.',
    operands: '',
    options: [...targetOptions, ...routeOptions, ...mirrorOptions, ...clusterOptions],
    run: (options, _, io) =>
      report(options, io, (session) => patchHttpRoutes(session, 'diff', { isDryRun: true }), driftOrFailed),
  },
  {
    name: 'emit',
    summary: 'Print manifests patched like patch-httproutes would, and the ReferenceGrants; no cluster is needed.',
    operands: '[FILE|FOLDER|-]...',
    options: [...targetOptions, 'selector', ...mirrorOptions, 'remove', 'routeNamespace', 'grantVersion'],
    run: emit,
  },
  {
    name: 'watch',
    summary: 'Keep routes mirrored for as long as it runs: new ones too, and those that others change.',
    operands: '',
    options: [
      ...targetOptions,
      ...routeOptions,
      'percent',
      'fraction',
      'includeRedirects',
      'reportOnly',
      'resyncMs',
      'lease',
      'leaseNamespace',
      'identity',
      'healthListen',
      'kubeconfig',
      'context',
      'requestTimeoutMs',
    ],
    run: (options, _, io) => watch(options, io),
  },
]

async function report(
  options: KubeOptions,
  io: KubeIo,
  run: (session: KubeSession) => Promise<KubeReport>,
  exitCodeOf: (report: KubeReport) => KubeExitCode = doneOrFailed,
): Promise<KubeExitCode> {
  const result = await withSession(options, io, run)
  const exitCode = exitCodeOf(result)
  io.stdout.write(options.output === 'json' ? renderJson(result, exitCode) : renderText(result))
  return exitCode
}

async function runStatus(options: KubeOptions, _: readonly string[], io: KubeIo): Promise<KubeExitCode> {
  const status = await withSession(options, io, readStatus)
  const exitCode = isDrifting(status) ? KubeExit.drift : KubeExit.done
  io.stdout.write(options.output === 'json' ? renderStatusJson(status, exitCode) : renderStatus(status))
  return exitCode
}

/** A failure outweighs drift: what failed was not compared. */
function driftOrFailed(result: KubeReport): KubeExitCode {
  if (hasFailures(result)) return KubeExit.failed
  return hasPlanned(result) ? KubeExit.drift : KubeExit.done
}

/** Listeners that only --widen would change are no failure of this run, and yet not as they should be. */
function failedOrNarrow(result: KubeReport): KubeExitCode {
  if (hasFailures(result)) return KubeExit.failed
  return hasDrift(result) ? KubeExit.drift : KubeExit.done
}

function doneOrFailed(result: KubeReport): KubeExitCode {
  return hasFailures(result) ? KubeExit.failed : KubeExit.done
}

function modeOf({ dryRun }: KubeOptions): { isDryRun: boolean } {
  return { isDryRun: dryRun }
}
