// What a reader must know about the machine before believing a figure.
import { execFileSync } from 'node:child_process'
import { cpus, loadavg, release, totalmem, type } from 'node:os'
import type { Placement } from './affinity.js'

/** Facts that go into every result file. */
export interface MachineFacts {
  readonly cpuModel: string
  readonly cores: number
  readonly memoryBytes: number
  readonly kernel: string
  readonly node: string
  readonly commit: string
  readonly isWorkingTreeClean: boolean
  readonly placement: Placement
  /** Load before the bench began: above a few tenths something else runs here. */
  readonly loadAverage: number
  readonly startedAt: string
}

/** Gathers the facts; `folder` is inside the git checkout that is measured. */
export function readMachineFacts(folder: string, placement: Placement): MachineFacts {
  return {
    cpuModel: cpus()[0]?.model ?? 'unknown',
    cores: cpus().length,
    memoryBytes: totalmem(),
    kernel: `${type()} ${release()}`,
    node: process.version,
    commit: git(folder, 'rev-parse', 'HEAD'),
    isWorkingTreeClean: git(folder, 'status', '--porcelain', '--untracked-files=no') === '',
    placement,
    loadAverage: loadavg()[0] ?? Number.NaN,
    startedAt: new Date().toISOString(),
  }
}

/** The facts as lines for a terminal. */
export function describeMachine(facts: MachineFacts): string {
  const memoryGib = Math.round(facts.memoryBytes / 2 ** 30)
  const { serverCore, senderCore } = facts.placement
  const pinning =
    serverCore === undefined
      ? 'NOT pinned: server and sender may share a core, so latencies and throughput are not comparable'
      : `server on core ${serverCore}, sender on core ${senderCore}`
  const tree = facts.isWorkingTreeClean ? '' : ' + uncommitted changes'
  return [
    `${facts.cpuModel}, ${facts.cores} cores, ${memoryGib} GiB, ${facts.kernel}, Node ${facts.node}`,
    `commit ${facts.commit.slice(0, 10)}${tree}; ${pinning}; load before: ${facts.loadAverage.toFixed(2)}`,
  ].join('\n')
}

function git(folder: string, ...command: string[]): string {
  try {
    return execFileSync('git', ['-C', folder, ...command], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim()
  } catch {
    // A packed tarball has no git; the figures are still figures.
    return 'unknown'
  }
}
