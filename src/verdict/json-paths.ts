// Paths into bodies whose values are secrets whatever they are called: `user.card.number`, `items[*].pin`, `$.a.*.b`.

/** Says whether the path of a matched value, as the engine gives it, is at or below one of the secret paths. */
export type PathCheck = (keyPath: readonly string[]) => boolean

/**
 * @param paths - as the option takes them: names between dots, `[3]` or `[*]` for list items, `*` for any name. Names are compared
 * without case: senders choose theirs.
 */
export function compileJsonPaths(paths: readonly string[]): PathCheck {
  const wanted = paths.map(cutPath)
  if (wanted.length === 0) return () => false
  return (keyPath) => wanted.some((steps) => isBelow(keyPath, steps))
}

/** `[*]` is no step: see `isBelow`. */
function cutPath(path: string): readonly string[] {
  const inner = path
    .replace(/^\$\.?/, '')
    .replaceAll('[*]', '')
    .replace(/\[(\d+)\]/g, '.$1')
  return inner
    .split('.')
    .filter((step) => step !== '')
    .map((step) => step.toLowerCase())
}

/** A number in the value's path may stand for no step: a sender that puts a value into a list must not make it visible. */
function isBelow(keyPath: readonly string[], steps: readonly string[]): boolean {
  let at = 0
  for (const key of keyPath) {
    const step = steps[at]
    if (step === undefined) return true
    if (step === '*' || step === key.toLowerCase()) at += 1
    else if (!/^\d+$/.test(key)) return false
  }
  return steps.slice(at).every((step) => step === '*')
}
