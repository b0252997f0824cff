// Runs test files, each in a process of its own.
// tap itself would put its TypeScript, mock and coverage hooks in front of every file and of every program that a file
// starts: more processor time than most files take, and for nothing, since what is tested is compiled already.
import type { Test } from 'tap'
import { repositoryRoot } from '../source/support/source-files.js'

export interface FileRun {
  /** Files that run side by side. */
  readonly jobs: number
  /** How long one file may take; a file may ask for more with `t.setTimeout`. */
  readonly timeoutMs: number
}

/** Makes each file (a path from the repository's root) a subtest; one that fails, crashes, hangs or tests nothing fails `t`. */
export async function runFiles(t: Test, files: readonly string[], { jobs, timeoutMs }: FileRun): Promise<void> {
  t.setTimeout(0)
  t.jobs = jobs
  t.plan(files.length + 1)
  // tap puts a hook into the NODE_OPTIONS of all it spawns. The file's own clock must not end before ours.
  const start = ['-u', 'NODE_OPTIONS', `TAP_TIMEOUT=${timeoutMs / 1000}`, process.execPath]
  const runs = files.map((file) =>
    t.spawn('env', [...start, file], { name: file, cwd: repositoryRoot, timeout: timeoutMs, buffered: jobs > 1 }),
  )
  const results = await Promise.all(runs)
  // To tap, a process that ends before its first test is done has merely nothing to say.
  const silent = files.filter((_, index) => (results[index]?.count ?? 0) === 0)
  t.strictSame(silent, [], 'every file tests something')
}
