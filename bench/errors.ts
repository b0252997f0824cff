// Catalogue of the bench's own error codes, and the one error class it throws. Same shape as src/errors.ts, kept apart
// because nothing here ships.

/** What each code means and the way out; `{name}` is filled from `BenchError.details`. */
export const benchErrorCatalogue = {
  MWAF_BENCH_OPTION: '{option}: {reason}. See bench/README.md for what is accepted.',
  MWAF_BENCH_SCENARIO_UNKNOWN: 'No scenario matches {name}. Scenarios: {accepted}.',
  MWAF_BENCH_CORPUS_SIZE: 'A request of {actual} bytes does not fit into the {wanted} bytes of its corpus.',
  MWAF_BENCH_GO_MISSING:
    'The Go yardstick needs Go >= 1.25 on PATH, found {found}. Install it or leave the yardstick out with --servers.',
  MWAF_BENCH_PEER_BUILD: 'Building the Go yardstick failed: {reason}.',
  MWAF_BENCH_RECEIVER_MISSING: 'There is no built receiver at {path}. Run `npm run build` first.',
  MWAF_BENCH_SERVER_START: '{server} did not become ready: {reason}.',
  MWAF_BENCH_SENDER: 'The load sender failed: {reason}.',
  MWAF_BENCH_BASE: 'Cannot build the base {ref}: {reason}.',
  MWAF_BENCH_PERF:
    'perf could not sample the receiver: {reason}. Install Linux perf (Debian: linux-perf) and allow it (kernel.perf_event_paranoid).',
  MWAF_BENCH_PLATFORM: 'CPU and memory of processes are read from {path}, which this machine does not have. Use Linux.',
} as const

/** A stable error code of the bench. */
export type BenchErrorCode = keyof typeof benchErrorCatalogue

/** The one error class that the bench throws; `message` is the catalogue entry with `details` filled in. */
export class BenchError extends Error {
  readonly code: BenchErrorCode

  constructor(code: BenchErrorCode, details: Readonly<Record<string, string | number>>, cause?: unknown) {
    const text = benchErrorCatalogue[code].replace(/\{(\w+)\}/g, (_, name: string) =>
      String(details[name] ?? `{${name}}`),
    )
    super(text, cause === undefined ? undefined : { cause })
    this.name = 'BenchError'
    this.code = code
  }
}
