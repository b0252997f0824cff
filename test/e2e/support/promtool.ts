// Prometheus' own checker of rules, built once from its sources and kept outside the repository.
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs'
import { dirname } from 'node:path'
import { cacheFolder } from './repository.js'

const version = 'v0.308.0'
const program = 'github.com/prometheus/prometheus/cmd/promtool'
/** A minute or two of downloads and some minutes of compiling, the first time. */
const buildTimeoutMs = 900_000

/**
 * Builds promtool unless that was done before. `go install PROGRAM@VERSION` refuses it, because its module excludes versions of
 * others; as a dependency of an empty module it builds.
 * @returns the path of the program.
 */
export function buildPromtool(goPath: string): string {
  const path = `${cacheFolder}/promtool-${version}`
  if (existsSync(path)) return path
  const folder = `${path}.building.${process.pid}`
  mkdirSync(folder, { recursive: true })
  const env = { ...process.env, PATH: `${dirname(goPath)}:${process.env['PATH'] ?? ''}` }
  const go = (...args: readonly string[]): void => {
    execFileSync(goPath, args, { cwd: folder, env, stdio: 'pipe', timeout: buildTimeoutMs })
  }
  try {
    go('mod', 'init', 'promtool')
    go('get', `${program}@${version}`)
    go('build', '-o', 'promtool', program)
    // Whole or not at all: a run that is cut off must not leave half a program behind.
    renameSync(`${folder}/promtool`, path)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
  return path
}
