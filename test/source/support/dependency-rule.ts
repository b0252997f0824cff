// Dependencies: pinned to one version each, and each with a line in the README that says why it is there.

/** Names whose version is anything but one exact version. */
export function findUnpinned(versions: Readonly<Record<string, string>>): readonly string[] {
  return Object.keys(versions).filter((name) => !/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(versions[name] ?? ''))
}

/**
 * Names without a line `- \`name\`: reason` in the README's section "Dependencies", and names with a line that are none.
 */
export function findUnexplained(readme: string, names: readonly string[]): readonly string[] {
  const [, section = ''] = readme.split(/^#+ Dependencies$/m)
  const [lines = ''] = section.split(/^#/m)
  const explained = [...lines.matchAll(/^- `([^`]+)`: *\S.*$/gm)].map(([, name = '']) => name)
  const missing = names.filter((name) => !explained.includes(name))
  return [...missing, ...explained.filter((name) => !names.includes(name))]
}
