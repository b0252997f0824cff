// The base commit, checked out and built beside the working tree.
import { execFile, spawnSync } from 'node:child_process'
import { rmSync } from 'node:fs'
import { mkdtemp, readFile, realpath, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { BenchError } from '../errors.js'

const run = promisify(execFile)

/** A built checkout. `remove` it when done; when the process ends before that, it removes itself. */
export interface BaseCheckout {
  readonly folder: string
  readonly commit: string
  remove(): void
}

/**
 * Checks `ref` out into a temporary git worktree and builds its `dist`. Packages are those of the working tree when the lock
 * file is the same, else they are installed.
 * @throws BenchError `MWAF_BENCH_BASE`; nothing is left behind.
 */
export async function checkOutBase(repository: string, ref: string): Promise<BaseCheckout> {
  const scratch = await mkdtemp(join(tmpdir(), 'mirrorwaf-base-'))
  const folder = join(scratch, 'tree')
  const remove = (): void => {
    process.removeListener('exit', remove)
    spawnSync('git', ['-C', repository, 'worktree', 'remove', '--force', folder])
    rmSync(scratch, { recursive: true, force: true })
  }
  process.once('exit', remove)
  try {
    await run('git', ['-C', repository, 'worktree', 'add', '--detach', folder, ref])
    const commit = (await run('git', ['-C', folder, 'rev-parse', 'HEAD'])).stdout.trim()
    await providePackages(repository, folder)
    await run(join(folder, 'node_modules', '.bin', 'tsc'), ['-b', 'tsconfig.json'], { cwd: folder })
    return { folder, commit, remove }
  } catch (cause) {
    remove()
    throw new BenchError('MWAF_BENCH_BASE', { ref, reason: reasonOf(cause) }, cause)
  }
}

async function providePackages(repository: string, folder: string): Promise<void> {
  const [mine, theirs] = await Promise.all(
    [repository, folder].map((each) => readFile(join(each, 'package-lock.json'))),
  )
  if (mine !== undefined && theirs !== undefined && mine.equals(theirs)) {
    await symlink(await realpath(join(repository, 'node_modules')), join(folder, 'node_modules'))
    return
  }
  await run('npm', ['ci', '--no-audit', '--no-fund'], { cwd: folder, maxBuffer: 64 * 1024 * 1024 })
}

/** The tools print their reasons on either stream; the message of the failed call has only the command. */
function reasonOf(cause: unknown): string {
  if (typeof cause !== 'object' || cause === null) return String(cause)
  const parts = ['stdout', 'stderr', 'message'].map((name) => Reflect.get(cause, name))
  return parts
    .filter((part) => typeof part === 'string' && part !== '')
    .join(' ')
    .slice(0, 2000)
}
