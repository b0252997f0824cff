// Reads import lines as text: enough for this project's style, which a formatter holds, and no compiler needed.
import { posix } from 'node:path'
import type { SourceFile } from './source-files.js'

export interface ImportLine {
  /** As written: `./spans.js`, `node:net`, `piscina`. */
  readonly specifier: string
  /** Nothing of it is left at run time. */
  readonly isTypeOnly: boolean
  /** `import('...')`: loaded when the code gets there, not before. */
  readonly isLazy: boolean
}

/** `import ... from '...'` and `export ... from '...'`, over several lines too. The clause holds nothing but names. */
const fromPattern = /^(?:import|export)\s+([\w\s{},*$]+?)\s+from\s+'([^']+)'/gm
/** `import '...'`, `import('...')`, `require('...')`, `require.resolve('...')`, `createRequire(...)('...')`. */
const loadPattern =
  /(?:^import\s+|\bimport\(|\brequire(?:\.resolve)?\(|createRequire\([^)]*\)(?:\.resolve)?\()'([^']+)'/gm

/** Everything a file imports or loads by name, in no particular order. */
export function readImports(text: string): readonly ImportLine[] {
  const imports: ImportLine[] = []
  for (const [, clause = '', specifier = ''] of text.matchAll(fromPattern)) {
    imports.push({ specifier, isTypeOnly: isTypeClause(clause), isLazy: false })
  }
  for (const [call, specifier = ''] of text.matchAll(loadPattern)) {
    imports.push({ specifier, isTypeOnly: false, isLazy: call.startsWith('import(') })
  }
  return imports
}

/** The file of the same folder tree that an import leads to, or `undefined` if it leads elsewhere. */
export function resolveImport(file: SourceFile, { specifier }: ImportLine): string | undefined {
  if (!specifier.startsWith('.')) return undefined
  return posix.join(posix.dirname(file.path), specifier).replace(/\.js$/, '.ts')
}

/** The package an import names, `undefined` for files and for Node's own modules. */
export function packageOf({ specifier }: ImportLine): string | undefined {
  if (/^(\.|#|node:)/.test(specifier)) return undefined
  const [scope = '', name = ''] = specifier.split('/')
  return scope.startsWith('@') ? `${scope}/${name}` : scope
}

function isTypeClause(clause: string): boolean {
  if (/^type\b/.test(clause)) return true
  const names = clause.match(/^{([^}]*)}$/)?.[1]?.split(',') ?? ['*']
  return names.every((name) => /^\s*(type\s|$)/.test(name))
}
