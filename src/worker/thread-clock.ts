// The time a thread has worked, for budgets: waiting for a core must not use them up.

/**
 * Microseconds of processor time of the calling thread. Node has it from 23.9 on; before, time passed is taken for time worked,
 * as the engine itself does.
 */
export function threadCpuUs(): number {
  if (typeof process.threadCpuUsage !== 'function') return performance.now() * 1000
  const { user, system } = process.threadCpuUsage()
  return user + system
}
