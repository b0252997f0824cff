// Import cycles: a ring of files each of which needs the next to be ready first.
import { readImports, resolveImport } from './import-lines.js'
import type { SourceFile } from './source-files.js'

/**
 * One path around each ring that a search from the first file on meets, e.g. `a.ts > b.ts > a.ts`. Types count too;
 * what is loaded only when it is needed does not.
 */
export function findImportCycles(files: readonly SourceFile[]): readonly string[] {
  const targets = new Map(files.map((file) => [file.path, targetsOf(file)]))
  const done = new Set<string>()
  const cycles: string[] = []
  const visit = (path: string, trail: readonly string[]): void => {
    const start = trail.indexOf(path)
    if (start >= 0) cycles.push([...trail.slice(start), path].join(' > '))
    if (start >= 0 || done.has(path)) return
    for (const target of targets.get(path) ?? []) visit(target, [...trail, path])
    done.add(path)
  }
  for (const { path } of files) visit(path, [])
  return cycles
}

function targetsOf(file: SourceFile): readonly string[] {
  const atStart = readImports(file.text).filter(({ isLazy }) => !isLazy)
  return atStart.flatMap((line) => resolveImport(file, line) ?? [])
}
