// Habits that a reader relies on and no linter here holds.
import type { SourceFile } from './source-files.js'

/** A file longer than this is two files. */
export const lineLimit = 400

/** Files over the limit. Generated ones say so in their first line and may be as long as they are. */
export function findLongFiles(files: readonly SourceFile[]): readonly string[] {
  return files.flatMap(({ path, text }) => {
    const lineCount = text.split('\n').length - 1
    const isGenerated = /generated/i.test(text.slice(0, text.indexOf('\n')))
    return lineCount > lineLimit && !isGenerated ? [`${path} has ${lineCount} lines`] : []
  })
}

/** Files outside src/options that read the environment. A comment may speak of it. */
export function findEnvironmentReaders(files: readonly SourceFile[]): readonly string[] {
  return namesOf(
    files,
    ({ path, text }) => !path.startsWith('options/') && /\bprocess\s*\.\s*env\b/.test(withoutComments(text)),
  )
}

/** Files that export a default. */
export function findDefaultExports(files: readonly SourceFile[]): readonly string[] {
  return namesOf(files, ({ text }) => /^export default\b|^export\s*{[^}]*\bas default\b/m.test(text))
}

/** Files that do not begin with a comment that says what they are for. */
export function findHeadless(files: readonly SourceFile[]): readonly string[] {
  return namesOf(files, ({ text }) => !/^(#!.*\n)?\/\/ \S/.test(text))
}

/** Files whose name is not in kebab-case. */
export function findMisnamed(files: readonly SourceFile[]): readonly string[] {
  return namesOf(
    files,
    ({ path }) => !/^([a-z0-9]+(-[a-z0-9]+)*\/)*[a-z0-9]+(-[a-z0-9]+)*(\.d|\.test|\.bench)?\.ts$/.test(path),
  )
}

function namesOf(files: readonly SourceFile[], isFound: (file: SourceFile) => boolean): readonly string[] {
  return files.filter(isFound).map(({ path }) => path)
}

/** Comments go; a `//` inside a string goes too, which hides nothing that these rules look for. */
function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/\/\/.*$/gm, '')
}
