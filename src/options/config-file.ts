// The configuration file: one YAML (or JSON, which is YAML too) mapping from flag names to values or lists of values.
import { isAlias, isMap, isScalar, isSeq, type Node, parseDocument } from 'yaml'
import { MirrorwafError, reasonOf } from '../errors.js'
import { readTextFile } from '../read-text-file.js'

/** A configuration file as texts, so that one parser per kind reads flags, variables and files alike. */
export interface ConfigFile {
  readonly path: string
  /** Keys whose value is null are left out. */
  readonly values: ReadonlyMap<string, readonly string[]>
}

/** Last accepted size: some thousand times what all options with their comments take. */
export const configFileLimitBytes: number = 1024 * 1024

/**
 * Reads a configuration file. Whether keys and values are accepted is found out by `resolve`.
 * @throws MirrorwafError `MWAF_OPTIONS_FILE` when it cannot be read or is not a mapping of plain values.
 */
export async function readConfigFile(path: string): Promise<ConfigFile> {
  try {
    return parseConfigFile(path, await readTextFile(path, configFileLimitBytes))
  } catch (cause) {
    if (cause instanceof MirrorwafError) throw cause
    throw new MirrorwafError('MWAF_OPTIONS_FILE', { path, reason: reasonOf(cause) }, cause)
  }
}

/**
 * Reads the text of a configuration file.
 * @throws MirrorwafError `MWAF_OPTIONS_FILE`, with line and column when the syntax is wrong.
 */
export function parseConfigFile(path: string, text: string): ConfigFile {
  const refuse = (reason: string): never => {
    throw new MirrorwafError('MWAF_OPTIONS_FILE', { path, reason })
  }
  const document = parseDocument(text)
  const [fault] = document.errors
  if (fault !== undefined) refuse(fault.message.split('\n')[0]?.replace(/:$/, '') ?? fault.code)
  const resolve = (node: unknown): unknown => (isAlias(node) ? node.resolve(document) : node)
  const values = new Map<string, readonly string[]>()
  if (document.contents === null) return { path, values }
  if (!isMap(document.contents)) return refuse('it is not a mapping from option names to values')
  for (const { key, value } of document.contents.items) {
    const name = scalarText(key) ?? refuse('a key is not a plain word')
    const texts =
      textsOf(resolve(value), resolve) ?? refuse(`the value of key ${name} is not a plain value or a list of them`)
    if (texts !== 'unset') values.set(name, texts)
  }
  return { path, values }
}

function textsOf(node: unknown, resolve: (node: unknown) => unknown): readonly string[] | 'unset' | undefined {
  if (node === null || (isScalar(node) && node.value === null)) return 'unset'
  if (!isSeq<Node>(node)) {
    const text = scalarText(node)
    return text === undefined ? undefined : [text]
  }
  const texts = node.items.map((item) => scalarText(resolve(item)))
  return texts.every((text) => text !== undefined) ? texts : undefined
}

/** The text as written: `0660` is an octal mode to us and a decimal number to YAML. */
function scalarText(node: unknown): string | undefined {
  if (!isScalar(node) || node.value === null) return undefined
  return typeof node.value === 'string' ? node.value : (node.source ?? String(node.value))
}
