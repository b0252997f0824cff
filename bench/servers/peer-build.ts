// Builds the Go yardstick once per version of its sources; the binary is kept outside the repository.
import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, readFile, rename } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { BenchError } from '../errors.js'

const run = promisify(execFile)
const sources = ['go.mod', 'go.sum', 'main.go'] as const
/** What go.mod asks for. */
const neededGo = [1, 25] as const

/**
 * Path of the built yardstick; builds it if this version was not built here before (about a minute, and its modules are fetched).
 * @param folder - bench/peer.
 * @throws BenchError `MWAF_BENCH_GO_MISSING` or `MWAF_BENCH_PEER_BUILD`.
 */
export async function buildPeer(folder: string): Promise<string> {
  const hash = createHash('sha256')
  for (const source of sources) hash.update(await readFile(join(folder, source)))
  const cache = join(homedir(), '.cache', 'mirrorwaf-bench')
  const binary = join(cache, `peer-${hash.digest('hex').slice(0, 16)}`)
  if (existsSync(binary)) return binary
  await assertGo()
  await mkdir(cache, { recursive: true })
  // Another bench may build at the same time: the name appears only when the file is whole.
  const unfinished = `${binary}.${process.pid}`
  try {
    await run('go', ['build', '-trimpath', '-o', unfinished, '.'], { cwd: folder })
    await rename(unfinished, binary)
  } catch (cause) {
    throw new BenchError('MWAF_BENCH_PEER_BUILD', { reason: reasonOf(cause) }, cause)
  }
  return binary
}

/** Whether the text of `go version` names a Go that can build the yardstick. */
export function isGoRecentEnough(versionText: string): boolean {
  const found = /\bgo(\d+)\.(\d+)/.exec(versionText)
  if (found === null) return false
  const [major, minor] = [Number(found[1]), Number(found[2])]
  return major > neededGo[0] || (major === neededGo[0] && minor >= neededGo[1])
}

async function assertGo(): Promise<void> {
  let found = 'none'
  try {
    found = (await run('go', ['version'])).stdout.trim()
  } catch (cause) {
    throw new BenchError('MWAF_BENCH_GO_MISSING', { found }, cause)
  }
  if (!isGoRecentEnough(found)) throw new BenchError('MWAF_BENCH_GO_MISSING', { found })
}

function reasonOf(cause: unknown): string {
  return cause instanceof Error ? cause.message.slice(0, 2000) : String(cause)
}
