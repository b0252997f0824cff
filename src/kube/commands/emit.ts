// mirrorwaf kube emit: manifests in, patched manifests and grants out, for those who change clusters through Git.

import { KubeExit, type KubeExitCode, type KubeIo } from '../kube-io.js'
import { emitManifests } from '../manifest/emit-manifests.js'
import { readManifest } from '../manifest/manifest-text.js'
import { readManifestFiles } from '../manifest/read-manifest-files.js'
import type { KubeOptions } from '../options/kube-options.js'
import { describeTarget } from '../plan/mirror-filter.js'
import { isBlocked, type RoutePlan } from '../plan/route-plan.js'
import { renderText } from '../report/render-report.js'
import type { ObjectReport } from '../report/report.js'
import { selectorOf, targetOf } from '../session.js'

/**
 * The manifests go to stdout, the report to stderr.
 * @param paths - files and folders; `-` or none is stdin.
 * @throws MirrorwafError `MWAF_KUBE_MANIFEST`; then nothing was printed.
 */
export async function emit(options: KubeOptions, paths: readonly string[], io: KubeIo): Promise<KubeExitCode> {
  const target = targetOf(options, 'default')
  const sources = await readManifestFiles(paths, io.stdin, io.signal)
  const documents = sources.flatMap(({ text, path }) => readManifest(text, path))
  const { text, plans } = emitManifests(documents, {
    target,
    choices: options,
    isRemoval: options.remove,
    isSelected: selectorOf(options),
    routeNamespace: options.routeNamespace,
    grantVersion: options.grantVersion,
  })
  io.stdout.write(text)
  const objects = plans.map(reportPlan)
  const notices = plans.length === 0 ? ['No HTTPRoute or GRPCRoute was found in the manifests.'] : []
  io.stderr.write(renderText({ command: 'emit', isDryRun: false, target: describeTarget(target), objects, notices }))
  return plans.some(isBlocked) ? KubeExit.failed : KubeExit.done
}

function reportPlan(plan: RoutePlan): ObjectReport {
  const { ref, rules, skipped, operations, warnings } = plan
  return { ref, result: resultOf(plan), detail: skipped, rules, warnings: operations.length > 0 ? warnings : [] }
}

function resultOf(plan: RoutePlan): ObjectReport['result'] {
  if (isBlocked(plan)) return 'incomplete'
  if (plan.skipped !== undefined) return 'skipped'
  return plan.operations.length > 0 ? 'written' : 'unchanged'
}
