// What a run did, object by object; rendered as text or JSON.
import type { ErrorCode } from '../../errors.js'
import { MirrorwafError, reasonOf } from '../../errors.js'
import type { ObjectRef } from '../plan/object-ref.js'
import type { RulePlan } from '../plan/route-plan.js'

/**
 * What became of an object. `planned`: a dry run that the server would accept. `incomplete`: written, but some rule could
 * not get its filter. `gone`: deleted by others meanwhile. `declined`: the operator said no. `not reached`: the run was
 * stopped before. `drift`: not as it should be, and not asked to change it.
 */
export type ObjectResult =
  | 'written'
  | 'planned'
  | 'unchanged'
  | 'removed'
  | 'skipped'
  | 'incomplete'
  | 'gone'
  | 'declined'
  | 'failed'
  | 'not reached'
  | 'drift'

/** One object of a report. */
export interface ObjectReport {
  readonly ref: ObjectRef
  readonly result: ObjectResult
  /** Why, or what exactly; `undefined` where the result says it all. */
  readonly detail?: string | undefined
  /** As planned; carried out only if the result says so. */
  readonly rules?: readonly RulePlan[]
  readonly warnings?: readonly string[]
  readonly error?: ReportedError
  /** Unified diff of YAML, where one was asked for. */
  readonly diff?: string
}

/** An error as a report shows it. */
export interface ReportedError {
  readonly code: ErrorCode | undefined
  readonly message: string
}

/** One run. */
export interface KubeReport {
  readonly command: string
  readonly isDryRun: boolean
  /** `mirror/request-mirror:8080`. */
  readonly target: string
  readonly objects: readonly ObjectReport[]
  /** What concerns no single object. */
  readonly notices: readonly string[]
}

/** Results after which a run has not done what it was asked for. */
const failures: ReadonlySet<ObjectResult> = new Set(['failed', 'incomplete', 'not reached'])

/** Whether a run must not end with success. */
export function hasFailures({ objects }: KubeReport): boolean {
  return objects.some(({ result }) => failures.has(result))
}

/** Whether a run was stopped before it had come to all objects. */
export function hasUnreached(objects: readonly ObjectReport[]): boolean {
  return objects.some(({ result }) => result === 'not reached')
}

/** Whether something is not as it should be. */
export function hasDrift({ objects }: KubeReport): boolean {
  return objects.some(({ result }) => result === 'drift')
}

/** Whether a dry run found something to change. */
export function hasPlanned({ objects }: KubeReport): boolean {
  return objects.some(({ result }) => result === 'planned')
}

/** Whatever was thrown, as a report shows it. */
export function reportError(thrown: unknown): ReportedError {
  const code = thrown instanceof MirrorwafError ? thrown.code : undefined
  return { code, message: reasonOf(thrown) }
}
