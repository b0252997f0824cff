// Carries out many plans: several at a time, or one after the other when each is asked about.
import type { WriteMode } from '../access/cluster.js'
import { mapConcurrently } from '../access/map-concurrently.js'
import { applyPatch } from '../json/json-patch.js'
import { isObject } from '../json/json-value.js'
import { describeRef } from '../plan/object-ref.js'
import type { ObjectPlan } from '../plan/route-plan.js'
import { startProgress } from '../report/progress.js'
import type { ObjectResult } from '../report/report.js'
import { diffObjects } from '../report/yaml-diff.js'
import type { KubeSession } from '../session.js'
import type { Consent } from './consent.js'
import { type PatchedObject, type PatchTask, patchObject, reportOf } from './patch-object.js'

/**
 * Carries out all tasks that have something to do; the others are reported as they are.
 * @returns one result per task, in their order; what a stopped run left is `not reached`.
 */
export async function patchAll<P extends ObjectPlan>(
  session: KubeSession,
  tasks: readonly PatchTask<P>[],
  what: string,
  consent: Consent,
  mode: WriteMode,
): Promise<PatchedObject[]> {
  const open = tasks.filter(({ plan }) => plan.operations.length > 0)
  const progress = startProgress(session.io, what, consent.isAsking ? 0 : open.length)
  let lostInARow = 0
  const run = async (task: PatchTask<P>): Promise<PatchedObject> => {
    if (task.plan.operations.length === 0) return unwritten(task, task.resultOf(task.plan))
    if (session.stop.isOver || lostInARow >= lossLimit) return unwritten(task, 'not reached')
    const answer = await consent.ask(`Patch ${describeRef(task.plan.ref)}`, previewOf(task.plan, consent))
    if (answer !== 'yes') return unwritten(task, answer === 'no' ? 'declined' : 'not reached')
    const patched = await patchObject(session.cluster, task, mode)
    lostInARow = lossCodes.has(patched.report.error?.code) ? lostInARow + 1 : 0
    progress.step()
    return patched
  }
  try {
    return await mapConcurrently(tasks, run, consent.isAsking ? 1 : undefined)
  } finally {
    progress.end()
  }
}

/** A server that is away is not asked 500 times: with the time limit of a request that would take half an hour. */
const lossLimit = 10
const lossCodes: ReadonlySet<string | undefined> = new Set(['MWAF_KUBE_UNREACHABLE', 'MWAF_KUBE_REQUEST_TIMEOUT'])

function unwritten<P extends ObjectPlan>(task: PatchTask<P>, result: ObjectResult): PatchedObject {
  return { report: reportOf(task, task.plan, result), object: task.plan.object }
}

function previewOf({ ref, object, operations }: ObjectPlan, { isAsking }: Consent): string {
  if (!isAsking) return ''
  const after = applyPatch(object, operations)
  return isObject(after) ? diffObjects(ref, object, after) : ''
}
