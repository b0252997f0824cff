// Carries out the plan for one object. If others wrote to it meanwhile, it is read and planned anew: never a blind write.
import { MirrorwafError } from '../../errors.js'
import type { Cluster, Resource, WriteMode, WriteOutcome } from '../access/cluster.js'
import type { JsonObject } from '../json/json-value.js'
import { describeRef } from '../plan/object-ref.js'
import type { ObjectPlan } from '../plan/route-plan.js'
import { type ObjectReport, type ObjectResult, reportError } from '../report/report.js'
import { diffObjects } from '../report/yaml-diff.js'

/** One object to be changed. */
export interface PatchTask<P extends ObjectPlan> {
  readonly resource: Resource
  readonly plan: P
  /** Plans the object as it is now. */
  replan(object: JsonObject): P
  /** What the report says of a plan beside its result. */
  describe(plan: P): Pick<ObjectReport, 'rules' | 'detail'>
  /** `written`, or why that is not all. */
  resultOf(plan: P): Extract<ObjectResult, 'written' | 'unchanged' | 'skipped' | 'incomplete' | 'drift'>
}

/** What became of an object, and how it stands now as far as this run knows. */
export interface PatchedObject {
  readonly report: ObjectReport
  readonly object: JsonObject | undefined
}

/** An object that changes more often than this while one patch is tried has another controller at it. */
const attemptLimit = 5

/** Never throws for a fault of one object: others go on, and the report names it. */
export async function patchObject<P extends ObjectPlan>(
  cluster: Cluster,
  task: PatchTask<P>,
  mode: WriteMode,
): Promise<PatchedObject> {
  try {
    return await patchWithRetries(cluster, task, mode)
  } catch (error) {
    return { report: { ...reportOf(task, task.plan, 'failed'), error: reportError(error) }, object: task.plan.object }
  }
}

/** The report of an object that is not written to. */
export function reportOf<P extends ObjectPlan>(task: PatchTask<P>, plan: P, result: ObjectResult): ObjectReport {
  return { ref: plan.ref, result, ...task.describe(plan), warnings: plan.warnings }
}

async function patchWithRetries<P extends ObjectPlan>(
  cluster: Cluster,
  task: PatchTask<P>,
  mode: WriteMode,
): Promise<PatchedObject> {
  let { plan } = task
  for (let attempt = 1; ; attempt++) {
    if (plan.operations.length === 0) {
      return { report: reportOf(task, plan, task.resultOf(plan)), object: plan.object }
    }
    const outcome = await cluster.patch(task.resource, plan.object, plan.operations, mode)
    if (outcome.kind !== 'conflict') return settle(task, plan, outcome, mode)
    if (attempt === attemptLimit) {
      throw new MirrorwafError('MWAF_KUBE_CONFLICT', { object: describeRef(plan.ref), attempts: attempt })
    }
    const current = await cluster.get(task.resource, plan.ref.namespace, plan.ref.name)
    if (current === undefined) return settle(task, plan, { kind: 'gone' }, mode)
    plan = task.replan(current)
  }
}

function settle<P extends ObjectPlan>(
  task: PatchTask<P>,
  plan: P,
  outcome: Exclude<WriteOutcome, { kind: 'conflict' }>,
  mode: WriteMode,
): PatchedObject {
  switch (outcome.kind) {
    case 'gone':
      return { report: reportOf(task, plan, 'gone'), object: undefined }
    case 'refused':
      throw outcome.error
    case 'written': {
      assertKept(task, plan, outcome)
      const result = task.resultOf(plan)
      const report = reportOf(task, plan, mode.isDryRun && result === 'written' ? 'planned' : result)
      const warnings = [...plan.warnings, ...outcome.warnings]
      if (!mode.isDryRun) return { report: { ...report, warnings }, object: outcome.object }
      return {
        report: { ...report, warnings, diff: diffObjects(plan.ref, plan.object, outcome.object) },
        object: outcome.object,
      }
    }
    default:
      return assertNever(outcome)
  }
}

/** Servers drop fields that they do not know, and webhooks change what they like: what is stored is planned once more. */
function assertKept<P extends ObjectPlan>(
  task: PatchTask<P>,
  plan: P,
  outcome: Extract<WriteOutcome, { kind: 'written' }>,
): void {
  const rest = task.replan(outcome.object).operations
  if (rest.length === 0) return
  const paths = rest.map(({ path }) => path.join('.')).join(', ')
  const reason = [`${paths} differs`, ...outcome.warnings].join('; ')
  throw new MirrorwafError('MWAF_KUBE_NOT_KEPT', { object: describeRef(plan.ref), reason })
}

function assertNever(outcome: never): never {
  throw new RangeError(`no such outcome: ${JSON.stringify(outcome)}`)
}
