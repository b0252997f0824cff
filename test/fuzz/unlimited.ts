// Limits under which the prefilter never gives up: a budget that runs out makes candidates, and would hide what is missed.
import type { BuildLimits } from '#src/prefilter/automaton/build-budget.js'

export const unlimited: BuildLimits = { workPerRequest: Infinity, timeShare: 1, burstMs: Infinity }
