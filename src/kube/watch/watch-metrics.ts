// What the watch counts, in Prometheus' text format. A dozen numbers that change a few times a minute: no library.

/** What a route can be at; each route is in exactly one state. */
export const routeStates = ['mirrored', 'pending', 'fought', 'left-alone', 'blocked', 'failed'] as const
export type RouteState = (typeof routeStates)[number]

/** What is counted, with its help. */
const watchCounters = [
  ['patches', 'Patches of routes that the API server accepted.'],
  ['conflicts', 'Patches that came too late, because somebody else had written.'],
  ['failures', 'Patches and grants that the API server refused or did not get.'],
  ['fights', 'Times that a filter had been removed by others and was put back.'],
  ['relists', 'Complete lists that were read, the first ones included.'],
  ['watch_errors', 'Lists and watches that failed and were tried again.'],
  ['grants', 'ReferenceGrants that were written or removed.'],
] as const
export type WatchCounter = (typeof watchCounters)[number][0]

/** The numbers of one process. */
export class WatchMetrics {
  readonly #counters = new Map<WatchCounter, number>()
  readonly #states = new Map<string, RouteState>()
  isLeader = false

  count(counter: WatchCounter, amount = 1): void {
    this.#counters.set(counter, this.read(counter) + amount)
  }

  read(counter: WatchCounter): number {
    return this.#counters.get(counter) ?? 0
  }

  setState(route: string, state: RouteState): void {
    this.#states.set(route, state)
  }

  forget(route: string): void {
    this.#states.delete(route)
  }

  /** Routes by state. */
  countStates(): Map<RouteState, number> {
    const counts = new Map<RouteState, number>(routeStates.map((state) => [state, 0]))
    for (const state of this.#states.values()) counts.set(state, (counts.get(state) ?? 0) + 1)
    return counts
  }

  render(): string {
    const counters = watchCounters.flatMap(([name, help]) => {
      const metric = `mirrorwaf_kube_${name}_total`
      return [`# HELP ${metric} ${help}`, `# TYPE ${metric} counter`, `${metric} ${this.read(name)}`]
    })
    const states = [...this.countStates()].map(([state, count]) => `mirrorwaf_kube_routes{state="${state}"} ${count}`)
    return [
      ...counters,
      '# HELP mirrorwaf_kube_routes Routes that are watched, by state.',
      '# TYPE mirrorwaf_kube_routes gauge',
      ...states,
      '# HELP mirrorwaf_kube_leader Whether this instance is the one that patches.',
      '# TYPE mirrorwaf_kube_leader gauge',
      `mirrorwaf_kube_leader ${this.isLeader ? 1 : 0}`,
      '',
    ].join('\n')
  }
}
