// Runs recorded requests through one inspector or two and prints what comes out. Knows no engine and no parser.
import assert from 'node:assert/strict'
import type { ServeOptions } from '../../options/serve-options.js'
import type { Outcome } from '../../verdict/outcome.js'
import { visible } from '../../visible.js'
import type { CommandIo, ExitCode } from '../command.js'
import { BaselineComparison, renderComparisonJson, renderComparisonText } from './baseline.js'
import { openByteSource } from './byte-source.js'
import { FileAccount } from './file-account.js'
import { type RequestBytes, readRequests } from './recorded-requests.js'
import type { InspectorFactory, RequestInspector, ScanResult } from './request-inspector.js'
import { detectFormat } from './scan-format.js'
import type { ScanOptions } from './scan-options.js'
import { ScanProgress } from './scan-progress.js'
import { type RequestPlace, renderResultJson, renderResultText, renderSummary } from './scan-render.js'

/** Everything a scan works with. */
export interface ScanJob {
  readonly files: readonly string[]
  readonly own: ScanOptions
  readonly options: ServeOptions
  readonly createInspector: InspectorFactory
  readonly io: CommandIo
  /** Clock in ms, for the progress line. */
  readonly now: () => number
}

/**
 * Scans the files and prints a result for each request.
 * @returns 1 when something matched and `--fail-on-match` asks for it, or when part of a file could not be read as requests.
 */
export async function runScan(job: ScanJob): Promise<ExitCode> {
  const inspector = await job.createInspector(job.options)
  const render = job.own.output === 'json' ? renderResultJson : renderResultText
  const counts = new Map<Outcome, number>()
  const progress = new ScanProgress(job.io, job.now)
  const printer = new Printer(job.io, progress)
  try {
    const isWhole = await eachRequest(job, progress, [inspector], ([results = []], place) => {
      let number = place.number
      for (const result of results) {
        counts.set(result.outcome, (counts.get(result.outcome) ?? 0) + 1)
        printer.add(render(result, { file: place.file, number: number++ }))
      }
      return printer.flushWhenFull()
    })
    if (job.own.output === 'text') printer.add(renderSummary(counts))
    const isFailedByMatch = job.own.failOnMatch && (counts.get('matched') ?? 0) > 0
    return isFailedByMatch || !isWhole ? 1 : 0
  } finally {
    // Also when a later file cannot be read: what was found in the earlier ones must not get lost.
    await printer.flush()
    inspector.dispose()
  }
}

/**
 * Scans the files with the rules of `--baseline` and with those of `--rules`, and prints how hits differ.
 * @returns 1 when hits are lost, or when part of a file could not be read as requests.
 */
export async function runComparison(job: ScanJob): Promise<ExitCode> {
  const baseline = await job.createInspector({ ...job.options, rules: [job.own.baseline] })
  try {
    const current = await job.createInspector(job.options)
    try {
      const comparison = new BaselineComparison()
      const progress = new ScanProgress(job.io, job.now)
      const isWhole = await eachRequest(job, progress, [baseline, current], async ([before = [], after = []]) => {
        assert.equal(before.length, after.length, 'both inspectors cut the same bytes into the same requests')
        for (const [index, result] of before.entries()) comparison.add(result, after[index] ?? result)
        return true
      })
      const render = job.own.output === 'json' ? renderComparisonJson : renderComparisonText
      await job.io.print(render(comparison))
      return comparison.hasLosses || !isWhole ? 1 : 0
    } finally {
      current.dispose()
    }
  } finally {
    baseline.dispose()
  }
}

/** Takes the results of each inspector for some bytes; resolves to false to stop. */
type ResultTaker = (results: readonly (readonly ScanResult[])[], first: RequestPlace) => Promise<boolean>

/** Gives every request of every file to each inspector. False = a file held something else than requests; said on stderr. */
async function eachRequest(
  job: ScanJob,
  progress: ScanProgress,
  inspectors: readonly RequestInspector[],
  take: ResultTaker,
): Promise<boolean> {
  let isWhole = true
  for (const file of job.files) {
    const source = await openByteSource(file)
    const format = job.own.format === 'auto' ? detectFormat(source.head) : job.own.format
    const account = new FileAccount()
    const ignoredBefore = inspectors[0]?.ignoredBytes ?? 0
    for await (const bytes of readRequests(source, format, account)) {
      const results = inspectors.map((inspector) => inspectBytes(inspector, bytes))
      const goesOn = await take(results, { file, number: account.requestCount + 1 })
      account.add(bytes, results[0] ?? [])
      progress.update(source, account.requestCount)
      if (!goesOn) return isWhole
    }
    progress.clear()
    account.ignoredBytes = (inspectors[0]?.ignoredBytes ?? 0) - ignoredBefore
    for (const warning of account.warnings) job.io.report(`mirrorwaf: warning: ${visible(file)}: ${warning}\n`)
    isWhole &&= account.isWhole
  }
  return isWhole
}

function inspectBytes(inspector: RequestInspector, { raw, peer, endsConnection }: RequestBytes): readonly ScanResult[] {
  const results = raw.length === 0 ? [] : inspector.inspect(raw, peer)
  return endsConnection ? [...results, ...inspector.finish()] : results
}

/** Gathers output, so that a large scan does not wait for stdout once per request. */
class Printer {
  readonly #io: CommandIo
  readonly #progress: ScanProgress
  #text = ''

  constructor(io: CommandIo, progress: ScanProgress) {
    this.#io = io
    this.#progress = progress
  }

  add(text: string): void {
    this.#text += text
  }

  async flushWhenFull(): Promise<boolean> {
    return this.#text.length < outputChunkLength || this.flush()
  }

  /** False when nobody reads any more. */
  async flush(): Promise<boolean> {
    const text = this.#text
    this.#text = ''
    if (text === '') return true
    this.#progress.clear()
    return this.#io.print(text)
  }
}

const outputChunkLength = 64 * 1024
