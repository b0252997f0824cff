// Error codes: the catalogue and the code that throws hold the same set.
import type { SourceFile } from './source-files.js'

const codePattern = /\bMWAF_[A-Z0-9_]+\b/g

/** Where the codes are written down. */
const cataloguePath = 'errors.ts'

export interface CodeFindings {
  /** In the catalogue, but nothing uses them. */
  readonly unused: readonly string[]
  /** Used, but not in the catalogue. */
  readonly unknown: readonly string[]
}

/** Compares the catalogue with what the other files name. A mention in a comment is no use. */
export function compareErrorCodes(files: readonly SourceFile[]): CodeFindings {
  const catalogue = new Set<string>()
  const used = new Set<string>()
  for (const { path, text } of files) {
    const codes = path === cataloguePath ? catalogue : used
    for (const [code] of withoutCommentLines(text).matchAll(codePattern)) codes.add(code)
  }
  return { unused: [...catalogue.difference(used)], unknown: [...used.difference(catalogue)] }
}

function withoutCommentLines(text: string): string {
  return text
    .split('\n')
    .filter((line) => !/^\s*(\/\/|\/\*|\*)/.test(line))
    .join('\n')
}
