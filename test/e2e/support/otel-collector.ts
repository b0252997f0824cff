// An OpenTelemetry Collector, built once from its sources (test/otelcol) and kept outside the repository.
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import type { Test } from 'tap'
import { recordOf } from '#src/json-shape.js'
import { canConnect } from './can-connect.js'
import { findFreePorts } from './free-ports.js'
import { OwnProcess } from './own-process.js'
import { cacheFolder, repositoryRoot, temporaryFolder } from './repository.js'
import { waitUntil } from './wait-until.js'

const sources = `${repositoryRoot}/test/otelcol`
/** A minute of downloads and some of compiling, the first time. */
const buildTimeoutMs = 900_000

/** @returns the path of the program; another one for other sources. */
export function buildCollector(goPath: string): string {
  const hash = createHash('sha256')
  for (const name of ['go.mod', 'go.sum', 'main.go']) hash.update(readFileSync(`${sources}/${name}`))
  const path = `${cacheFolder}/otelcol-${hash.digest('hex').slice(0, 16)}`
  if (existsSync(path)) return path
  mkdirSync(cacheFolder, { recursive: true })
  const building = `${path}.building.${process.pid}`
  const env = { ...process.env, PATH: `${dirname(goPath)}:${process.env['PATH'] ?? ''}`, CGO_ENABLED: '0' }
  const args = ['build', '-mod=readonly', '-trimpath', '-ldflags', '-s -w', '-o', building, '.']
  try {
    execFileSync(goPath, args, { cwd: sources, env, stdio: 'pipe', timeout: buildTimeoutMs })
    // Whole or not at all: a run that is cut off must not leave half a program behind.
    renameSync(building, path)
  } finally {
    rmSync(building, { force: true })
  }
  return path
}

export class OtelCollector {
  /** What `otlp:` targets are given. */
  readonly url: string
  readonly #folder: string

  private constructor(url: string, folder: string) {
    this.url = url
    this.#folder = folder
  }

  static async start(t: Test, path: string): Promise<OtelCollector> {
    const folder = temporaryFolder(t)
    const [port = 0] = await findFreePorts(1)
    writeFileSync(`${folder}/collector.yaml`, describeCollector(folder, port))
    const process = OwnProcess.start(t, {
      name: 'otelcol',
      command: path,
      args: ['--config', `file:${folder}/collector.yaml`],
      cwd: folder,
    })
    await waitUntil(
      'the collector to listen',
      async () => {
        process.assertRunning()
        return (await canConnect(port)) || undefined
      },
      () => process.describe(),
    )
    return new OtelCollector(`http://127.0.0.1:${port}`, folder)
  }

  /** What it was sent so far, as its file exporter writes it: OTLP's own JSON. */
  read(kind: 'logs' | 'metrics'): readonly Readonly<Record<string, unknown>>[] {
    const path = `${this.#folder}/${kind}.json`
    if (!existsSync(path)) return []
    const lines = readFileSync(path, 'utf8').split('\n').slice(0, -1)
    return lines.map((line) => recordOf(JSON.parse(line)))
  }
}

function describeCollector(folder: string, port: number): string {
  return `receivers:
  otlp:
    protocols:
      http:
        endpoint: 127.0.0.1:${port}
exporters:
  file/logs:
    path: ${folder}/logs.json
    flush_interval: 100ms
  file/metrics:
    path: ${folder}/metrics.json
    flush_interval: 100ms
service:
  telemetry:
    metrics:
      level: none
  pipelines:
    logs:
      receivers: [otlp]
      exporters: [file/logs]
    metrics:
      receivers: [otlp]
      exporters: [file/metrics]
`
}
