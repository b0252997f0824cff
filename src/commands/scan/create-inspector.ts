// INTEGRATOR: the hook for the inspection without a listener (parser -> batch -> worker's inspection, in this thread).
import { MirrorwafError } from '../../errors.js'
import type { InspectorFactory } from './request-inspector.js'

/** See `RequestInspector`. */
export const createInspector: InspectorFactory = async () => {
  throw new MirrorwafError('MWAF_POOL_START', { reason: 'scan is not wired yet' })
}
