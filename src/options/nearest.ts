// Finds the name that was probably meant, for messages about unknown options.

/**
 * The accepted name that is nearest to `name`, or `undefined` when none is near: more than a third of it would have to change.
 */
export function nearestName(name: string, accepted: Iterable<string>): string | undefined {
  let nearest: string | undefined
  let fewestEdits = Math.ceil(name.length / 3)
  for (const candidate of accepted) {
    const edits = countEdits(name, candidate)
    if (edits < fewestEdits || (edits === fewestEdits && nearest === undefined)) {
      nearest = candidate
      fewestEdits = edits
    }
  }
  return nearest
}

/** Levenshtein distance with one row; names are short. */
function countEdits(from: string, to: string): number {
  let previous = Array.from({ length: to.length + 1 }, (_, index) => index)
  for (let row = 1; row <= from.length; row++) {
    const current = [row]
    for (let column = 1; column <= to.length; column++) {
      const substitution = (previous[column - 1] ?? 0) + (from[row - 1] === to[column - 1] ? 0 : 1)
      current.push(Math.min(substitution, (previous[column] ?? 0) + 1, (current[column - 1] ?? 0) + 1))
    }
    previous = current
  }
  return previous[to.length] ?? 0
}
