// The boundary rule: a stage imports only types of the stages it may know; values cross in wiring files and contracts alone.
import { type ImportLine, readImports, resolveImport } from './import-lines.js'
import type { SourceFile } from './source-files.js'
import { contracts, mayNameTypesOf, type Stage, stages, wiring } from './stages.js'

/** Each import that the rule forbids, in words. */
export function findBoundaryViolations(files: readonly SourceFile[]): readonly string[] {
  return files.flatMap((file) => {
    if (isWiring(file.path)) return []
    return readImports(file.text).flatMap((line) => violationOf(file, line) ?? [])
  })
}

function violationOf(file: SourceFile, line: ImportLine): string | undefined {
  const target = resolveImport(file, line)
  if (target === undefined) return undefined
  const from = folderOf(file.path)
  const to = folderOf(target)
  // Files beside the folders belong to no stage: the error catalogue and small helpers.
  if (to === from || (to === '' && !isWiring(target))) return undefined
  if (!isStage(to)) return `${file.path} imports ${target}, which is no stage`
  if (!isStage(from)) return undefined
  if (Object.hasOwn(contracts, target)) return undefined
  if (!line.isTypeOnly) return `${file.path} imports a value of ${target}`
  if (!mayNameTypesOf[from].includes(to)) return `${file.path} imports a type of ${target}; ${from} may not know ${to}`
  return undefined
}

function isWiring(path: string): boolean {
  return Object.hasOwn(wiring, path) || Object.hasOwn(wiring, `${folderOf(path)}/*`)
}

function isStage(folder: string): folder is Stage {
  return stages.some((stage) => stage === folder)
}

/** The first folder of a path; empty for a file that stands beside the folders. */
function folderOf(path: string): string {
  return path.includes('/') ? path.slice(0, path.indexOf('/')) : ''
}
