// The project's own text, for tests that hold rules on it.
import { execFileSync } from 'node:child_process'
import { globSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'

/** The folder that holds package.json. Compiled, this file stands four folders below it: build/test/source/support. */
export const repositoryRoot: string = resolve(import.meta.dirname, '../../../..')

export interface SourceFile {
  /** From the folder it was read in, e.g. `parser/llhttp.ts`. */
  readonly path: string
  readonly text: string
}

/** Every TypeScript file below a folder of the repository. */
export function readSourceFiles(folder: string): readonly SourceFile[] {
  const cwd = `${repositoryRoot}/${folder}`
  return globSync('**/*.ts', { cwd })
    .sort()
    .map((path) => ({ path, text: readFileSync(`${cwd}/${path}`, 'utf8') }))
}

/** The text of one file, from the repository's root. */
export function readText(path: string): string {
  return readFileSync(`${repositoryRoot}/${path}`, 'utf8')
}

/** Every file that git tracks, as latin1 text: binary files are searched too. */
export function readTrackedFiles(): readonly SourceFile[] {
  const list = execFileSync('git', ['ls-files', '-z'], { cwd: repositoryRoot, encoding: 'utf8' })
  const paths = list.split('\0').filter((path) => path !== '')
  return paths.map((path) => ({ path, text: readFileSync(`${repositoryRoot}/${path}`, 'latin1') }))
}
